import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { areUpToDate, rebuild } from '../../src/projections/rebuild.js';
import { createLogger } from '../../src/runtime/logger.js';
import { dumpLog, dumpReadModels } from '../support/log/dump.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  DESTINATION,
  destinationCreated,
  loginRecorded,
  OTHER_PORTAL,
  PORTAL,
  portalRegistered,
  webhookConfigured,
} from '../support/log/events.js';
import { openLog } from '../support/log/fixture.js';
import { temporaryDirectory, testConfig } from '../support/server/app.js';

function withHistory(directory?: string) {
  const fixture = openLog(directory);
  const { given, connection, log, models, sqlite } = fixture;
  given(
    [`portal-${PORTAL}`, portalRegistered()],
    [`portal-${OTHER_PORTAL}`, portalRegistered('Other')],
    [`destination-${DESTINATION}`, destinationCreated({ authorization: 'sealed' })],
    [`webhook-${PORTAL}`, webhookConfigured(true)],
    [`login-${PORTAL}`, loginRecorded({ idempotencyKey: 'k' })],
    [`delivery-${PORTAL}`, batchStarted('d-1', { firstVersion: 1, lastVersion: 1 })],
    [`delivery-${PORTAL}`, batchDelivered('d-1')],
    [`login-${PORTAL}`, loginRecorded()],
    [`delivery-${PORTAL}`, batchStarted('d-2', { firstVersion: 2, lastVersion: 2 })],
    [`delivery-${PORTAL}`, batchAbandoned('d-2')],
    ['token-1', { type: 'TokenIssued', data: { name: 'admin', hash: 'hash' } }],
    ['organization-self', { type: 'OrganizationIdentified', data: { organizationId: 'org-1' } }],
    ['signing-1', { type: 'SigningKeyCreated', data: { signingKeyId: '1', publicKey: 'x', privateKey: 'sealed' } }],
  );
  const rows = dumpReadModels(sqlite);
  const again = (onProgress: (applied: number, total: number) => void = () => {}) =>
    rebuild(connection, log, models, onProgress);
  return { ...fixture, rows, again };
}

/** Stops after the first chunk, as a kill would. */
const interrupt = () => {
  throw new Error('killed');
};

it('has rows in every read model to compare', () => {
  for (const [table, rows] of Object.entries(withHistory().rows)) expect(rows, table).not.toEqual([]);
});

it('makes rows again that were lost, changed or made up', () => {
  const { again, sqlite, rows } = withHistory();
  sqlite.exec("DELETE FROM logins; UPDATE lanes SET state = '{}'; INSERT INTO organization VALUES ('made up')");
  sqlite.exec(
    "UPDATE portals SET name = 'changed'; DELETE FROM idempotency_keys; DELETE FROM destinations; DELETE FROM undelivered",
  );
  sqlite.exec("INSERT INTO login_portals VALUES (99, 'made up')");
  again();
  expect(dumpReadModels(sqlite)).toEqual(rows);
});

it('leaves the log and the keys as they are', () => {
  const { again, sqlite } = withHistory();
  sqlite.exec("INSERT INTO keys VALUES ('owner', x'00')");
  const log = dumpLog(sqlite);
  again();
  expect(dumpLog(sqlite)).toEqual(log);
  expect(sqlite.prepare('SELECT count(*) FROM keys').pluck().get()).toBe(1);
});

it('reports after each 10,000 events how far it is', () => {
  const { again, append, log } = withHistory();
  for (let count = 0; count < 11; count += 1) {
    append([{ stream: `login-${PORTAL}`, events: Array.from({ length: 1_000 }, () => loginRecorded()) }]);
  }
  const progress: number[][] = [];
  again((applied, total) => progress.push([applied, total]));
  expect(progress).toEqual([
    [10_000, 11_013],
    [11_013, 11_013],
  ]);
  expect(log.head()).toBe(11_013);
});

it('is noticed when it was interrupted, until it is repeated', () => {
  const { again, connection, sqlite, rows } = withHistory();
  again();
  expect(areUpToDate(connection.db)).toBe(true);
  expect(() => again(interrupt)).toThrow('killed');
  expect(areUpToDate(connection.db)).toBe(false);
  expect(() => again(interrupt)).toThrow('killed');
  again();
  expect(areUpToDate(connection.db)).toBe(true);
  expect(dumpReadModels(sqlite)).toEqual(rows);
});

describe('at the start of a server', () => {
  /** What the server says in its log while it starts and stops. */
  async function start(directory: string): Promise<string[]> {
    const said: { msg: string }[] = [];
    const logger = createLogger('info', { write: (line: string) => void said.push(JSON.parse(line)) });
    await (await createApp(testConfig(directory), logger)).stop();
    return said.map(({ msg }) => msg);
  }

  /** Does something to the read models of a server that has stopped, and gives back its rows as they were before. */
  async function startedAndThen(change: (opened: ReturnType<typeof openLog>) => void) {
    const directory = temporaryDirectory();
    await start(directory);
    const opened = openLog(testConfig(directory).dataDir);
    const rows = dumpReadModels(opened.sqlite);
    change(opened);
    opened.close();
    return { directory, rows };
  }

  function rowsOf(directory: string) {
    const opened = openLog(testConfig(directory).dataDir);
    const rows = dumpReadModels(opened.sqlite);
    opened.close();
    return rows;
  }

  it.each([
    ['of another version', "UPDATE meta SET value = '0' WHERE name = 'read_models_version'"],
    ['of before there were versions', "DELETE FROM meta WHERE name = 'read_models_version'"],
  ])('read models %s are rebuilt, once', async (_, change) => {
    const { directory, rows } = await startedAndThen(({ sqlite }) => {
      sqlite.exec(`${change}; DELETE FROM signing_keys; UPDATE organization SET id = 'made up'`);
    });
    expect(await start(directory)).toEqual([
      'the read models are those of another version, or not whole: they are rebuilt first',
      'rebuilding the read models',
    ]);
    expect(rowsOf(directory)).toEqual(rows);
    expect(await start(directory)).toEqual([]);
  });

  it('a rebuild that was interrupted is begun again', async () => {
    const { directory, rows } = await startedAndThen(({ connection, log, models }) => {
      expect(() => rebuild(connection, log, models, interrupt)).toThrow('killed');
    });
    expect(await start(directory)).toContain('rebuilding the read models');
    expect(rowsOf(directory)).toEqual(rows);
  });

  it('a new data directory has nothing to rebuild', async () => {
    expect(await start(temporaryDirectory())).toEqual([]);
  });
});

it('empties the read models of an empty log', () => {
  const { connection, log, models, sqlite } = openLog(join(temporaryDirectory()));
  sqlite.exec("INSERT INTO organization VALUES ('made up')");
  rebuild(connection, log, models, () => {});
  expect(dumpReadModels(sqlite)['organization']).toEqual([]);
  expect(areUpToDate(connection.db)).toBe(true);
});
