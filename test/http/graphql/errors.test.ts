import { describe, expect, it } from 'vitest';
import { mutate, mutationOf, post } from '../../support/graphql/calls.js';
import { openAuthorizedSocket } from '../../support/graphql/socket.js';
import { startApp } from '../../support/server/app.js';

const masked = { message: 'Unexpected error.', path: ['registerPortal'], extensions: { code: 'INTERNAL' } };

/** A server that fails to record a portal. */
const startFailing = (error: Error) =>
  startApp({
    appOptions: {
      project: (event) => {
        if (event.type === 'PortalRegistered') throw error;
      },
    },
  });

describe('an unexpected error', () => {
  it('is masked over HTTP', async () => {
    const test = await startFailing(new Error('row 7 of /var/lib'));

    const { text, body } = await post(test, mutationOf('registerPortal'), { input: { name: 'Portal' } });

    expect(body.errors).toMatchObject([masked]);
    expect(text).not.toContain('row 7');
    expect(text).not.toMatch(/\bat .*\.[jt]s/);
  });

  it('is masked over WebSocket', async () => {
    const test = await startFailing(new Error('row 7 of /var/lib'));
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', mutationOf('registerPortal'), { input: { name: 'Portal' } });

    expect(await socket.next()).toMatchObject({ type: 'next', payload: { errors: [masked] } });
  });
});

describe('a full disk', () => {
  it('is answered as Unavailable', async () => {
    const test = await startFailing(Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }));

    expect(await mutate(test, 'registerPortal', { name: 'Portal' })).toEqual({
      __typename: 'Unavailable',
      code: 'UNAVAILABLE',
      message: expect.stringContaining('disk of the server is full'),
      fields: [],
    });
  });

  it('no longer has an effect after the next successful write', async () => {
    let full = true;
    const test = await startApp({
      appOptions: {
        project: (event) => {
          if (full && event.type === 'PortalRegistered')
            throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
        },
      },
    });
    await mutate(test, 'registerPortal', { name: 'Portal' });

    full = false;

    expect(await mutate(test, 'registerPortal', { name: 'Portal' })).toMatchObject({
      __typename: 'RegisterPortalSuccess',
    });
    expect((await fetch(`${test.origin}/health`)).status).toBe(200);
  });
});
