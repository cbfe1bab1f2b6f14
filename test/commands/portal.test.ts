import { expect, it } from 'vitest';
import { OTHER_PORTAL, PORTAL } from '../support/domain/events.js';
import { openCommands } from '../support/log/commands.js';
import { CAUSE } from '../support/log/fixture.js';

it('a portal is registered with the given id, or with a new one', async () => {
  const { execute, models } = openCommands();
  expect(await execute('registerPortal', { id: PORTAL, name: 'Acme' }, CAUSE)).toBe(PORTAL);
  const made = await execute('registerPortal', { name: 'Acme' }, CAUSE);
  expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([PORTAL, made].map((id) => models.portals.get(id)?.name)).toEqual(['Acme', 'Acme']);
});

it('registering a portal again changes nothing, and its id with another name is refused', async () => {
  const { execute, typesAfter } = openCommands();
  const register = (name: string) => execute('registerPortal', { id: PORTAL, name }, CAUSE);
  await register('Acme');
  await register('Acme');
  await expect(register('Other')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(typesAfter(0)).toEqual(['PortalRegistered']);
});

it('a portal is renamed once for each new name', async () => {
  const { execute, typesAfter, models } = openCommands();
  await execute('registerPortal', { id: PORTAL, name: 'Acme' }, CAUSE);
  for (const name of ['Umbrella', 'Umbrella']) await execute('renamePortal', { id: PORTAL, name }, CAUSE);
  expect(typesAfter(1)).toEqual(['PortalRenamed']);
  expect(models.portals.get(PORTAL)?.name).toBe('Umbrella');
  await expect(execute('renamePortal', { id: OTHER_PORTAL, name: 'x' }, CAUSE)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

it('an event stores its cause', async () => {
  const { execute, log } = openCommands();
  await execute('registerPortal', { id: PORTAL, name: 'Acme' }, { actor: 'token-7', traceId: 'trace-7' });
  expect(log.after(0, 1)).toMatchObject([{ actor: 'token-7', traceId: 'trace-7' }]);
});
