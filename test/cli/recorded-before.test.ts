import { expect, it } from 'vitest';
import { commandLineOf } from '../support/server/client-commands.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();

it('a login that was recorded before is not said to be recorded again', async () => {
  const { text, json, run } = commandLineOf(app());
  const { id } = await json(['portal', 'register', 'Shop']);
  const record = ['login', 'record', id, '--source-address', '192.0.2.7', '--idempotency-key', 'one'];
  const first = await text(record);
  expect(first).toMatch(/^Recorded login \d+, trace [\da-f]{32}\.\n$/);
  const which = first.slice('Recorded '.length, -2);
  expect(await text(record)).toBe(`This login was recorded before, as ${which}; nothing is recorded now.\n`);

  const named = await run(['portal', 'register', 'ev\u001b[31mil']);
  expect(named.err).toContain('NAME: must not contain control characters; remove them: character 3 is U+001B');
  const range = ['--start-at', '2026-02-01T00:00:00Z', '--end-at', '2026-01-01T00:00:00Z'];
  const replay = await run(['replay', 'start', id, ...range]);
  expect(replay.err).not.toContain('startAt');
});
