import { expect, it } from 'vitest';
import type { Context } from '../../src/api/context.js';
import { createDestination } from '../../src/api/destinations.js';
import { operation } from '../../src/api/operation.js';
import { registerPortal } from '../../src/api/portals.js';
import { CAUSE } from '../support/log/fixture.js';
import { startApp } from '../support/server/app.js';

async function aContext(tokenId: string): Promise<Context> {
  const { app } = await startApp();
  return { ...app.services, viewer: { tokenId, name: 'test' }, cause: CAUSE };
}

it('an operation gives plain data, without a surface', async () => {
  const context = await aContext('token-1');
  expect(await registerPortal({ name: 'Portal' }, context)).toMatchObject({ name: 'Portal', retiredAt: null });
});

it('an operation refuses bad input with the fields that are wrong', async () => {
  const context = await aContext('token-1');
  await expect(createDestination({ name: '', endpoint: 'ftp://x' }, context)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field: 'name' }, { field: 'endpoint' }],
  });
});

it('a destination leaves its operations without secrets', async () => {
  const context = await aContext('token-1');
  const input = { name: 'SIEM', endpoint: 'https://127.0.0.1/collector', authorization: 'Splunk 8a6b2f0c-secret' };
  const { destination, warnings } = await createDestination(input, context);
  expect(destination).toMatchObject({ hasAuthorization: true, hasClientKey: false });
  expect(warnings).toEqual([]);
  expect(Object.keys(destination)).not.toContain('authorization');
  expect(Object.keys(destination)).not.toContain('clientKey');
});

it('an operation without a caller does nothing', async () => {
  const context = await aContext('');
  const calls: string[] = [];
  const noted = operation('noted', (input: string) => void calls.push(input));
  expect(() => noted('input', context)).toThrow('without a caller');
  expect(calls).toEqual([]);
});
