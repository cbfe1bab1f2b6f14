import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Format } from '../../../src/domain/formats/entry.js';
import type * as Index from '../../../src/domain/formats/index.js';

const ROOT = join(import.meta.dirname, '../../..');

/** What a file of a new format would contain. */
const line: Format = {
  description: 'One word in each line.',
  write: (entry) => `login:${entry.request}`,
  attach: (text, signature) => `${text};${signature}`,
};

/** What a line in `formats/index.ts` would add. */
vi.mock('../../../src/domain/formats/index.js', async (original) => {
  const index = await original<typeof Index>();
  const formats = { ...index.formats, LINE: line };
  return { ...index, formats, logFormats: Object.keys(formats) };
});

it('a new format needs its file and its registration alone: it can be chosen, sent, tested and verified', async () => {
  const { startApp, connectPortal } = await import('../../support/server/app.js');
  const { startReceiver } = await import('../../support/receiver/receiver.js');
  const { dataOf, mutate } = await import('../../support/graphql/calls.js');
  const { logIn } = await import('../../support/engine/portal.js');
  const receiver = await startReceiver();
  const test = await startApp();
  const { portalId, destinationId: id } = await connectPortal(test, receiver);

  const updated = await mutate(test, 'updateDestination', { id, logFormat: 'LINE' });
  expect(updated).toMatchObject({ destination: { logFormat: 'LINE' } });
  expect(await mutate(test, 'testDestination', { id })).toMatchObject({ delivered: true });
  await logIn(test, portalId, '/1', '/2');
  await receiver.until(({ accepted }) => accepted.length === 3);
  expect(receiver.accepted.map((text) => text.replace(/;.*/, ''))).toEqual(['login:', 'login:/1', 'login:/2']);
  expect(receiver.accepted.every((text) => /;[\w-]{86}$/.test(text))).toBe(true);

  const { __type } = await dataOf<{ __type: { enumValues: unknown[] } }>(
    test,
    '{ __type(name: "LogFormat") { enumValues { name description } } }',
  );
  expect(__type.enumValues).toContainEqual({ name: 'LINE', description: line.description });
  await receiver.down();
});

it('no other file of the product names a format', () => {
  const files = ['src', 'schema', 'db'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('generated') && !file.startsWith('domain/formats'))
      .map((file) => join(folder, file)),
  );
  const naming = files.filter((file) => /'(CEF|JSON|CPS)'/.test(readFileSync(join(ROOT, file), 'utf8')));
  // The demo and an example of GraphiQL show one format.
  expect(naming).toEqual(['src/demo/demo.ts', 'src/http/graphql/graphiql/examples.ts']);
});
