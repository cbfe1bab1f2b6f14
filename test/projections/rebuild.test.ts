import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { unknownHealth } from '../../src/domain/destination-health.js';
import { areUpToDate, rebuild } from '../../src/projections/rebuild.js';
import { createLogger } from '../../src/runtime/logger.js';
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
  webhookOn,
} from '../support/domain/events.js';
import { dumpLog, dumpReadModels } from '../support/log/dump.js';
import { openLog } from '../support/log/fixture.js';
import { temporaryDirectory, testConfig } from '../support/server/app.js';

function withHistory(directory?: string) {
  const fixture = openLog(directory);
  const { given, connection, log, models, sqlite } = fixture;
  given(
    [`portal-${PORTAL}`, portalRegistered()],
    [`portal-${OTHER_PORTAL}`, portalRegistered('Other')],
    [`destination-${DESTINATION}`, destinationCreated({ authorization: 'sealed' })],
    [`webhook-${PORTAL}`, webhookOn()],
    [`login-${PORTAL}`, loginRecorded({ idempotencyKey: 'k', clientTraceId: 't' })],
    [`delivery-${PORTAL}`, batchStarted('d-1', 1, 1)],
    [`delivery-${PORTAL}`, batchDelivered('d-1')],
    [`health-${DESTINATION}`, { type: 'DestinationHealthChanged', data: { ...unknownHealth, healthySince: 1_000 } }],
    [`login-${PORTAL}`, loginRecorded()],
    [`delivery-${PORTAL}`, batchStarted('d-2', 2, 2)],
    [`delivery-${PORTAL}`, batchAbandoned('d-2')],
    ['token-1', { type: 'TokenIssued', data: { name: 'admin', hash: 'hash' } }],
    ['organization-self', { type: 'OrganizationIdentified', data: { organizationId: 'org-1' } }],
    ['signing-1', { type: 'SigningKeyCreated', data: { signingKeyId: '1', publicKey: 'x', privateKey: 'sealed' } }],
  );
  const rows = dumpReadModels(sqlite);
  const rebuildAll = (onProgress: (applied: number, total: number) => void = () => {}) =>
    rebuild(connection, log, models, onProgress);
  return { ...fixture, rows, rebuildAll };
}

/** Fails after the first chunk, as if the process was killed there. */
const interrupt = () => {
  throw new Error('killed');
};

it('the history has rows in every read model', () => {
  for (const [table, rows] of Object.entries(withHistory().rows)) expect(rows, table).not.toEqual([]);
});

it('a rebuild restores rows that were lost or changed, and deletes rows that no event made', () => {
  const { rebuildAll, sqlite, rows } = withHistory();
  sqlite.exec("DELETE FROM logins; UPDATE lanes SET state = '{}'; INSERT INTO organization VALUES ('made up')");
  sqlite.exec(
    "UPDATE portals SET name = 'changed'; DELETE FROM idempotency_keys; DELETE FROM destinations; DELETE FROM undelivered",
  );
  sqlite.exec("INSERT INTO login_portals VALUES (99, 'made up')");
  rebuildAll();
  expect(dumpReadModels(sqlite)).toEqual(rows);
});

it('a rebuild does not change the log or the keys', () => {
  const { rebuildAll, sqlite } = withHistory();
  sqlite.exec("INSERT INTO keys VALUES ('owner', x'00')");
  const log = dumpLog(sqlite);
  rebuildAll();
  expect(dumpLog(sqlite)).toEqual(log);
  expect(sqlite.prepare('SELECT count(*) FROM keys').pluck().get()).toBe(1);
});

it('a rebuild reports its progress after each 10,000 events', () => {
  const { rebuildAll, append, log } = withHistory();
  for (let count = 0; count < 11; count += 1) {
    append([{ stream: `login-${PORTAL}`, events: Array.from({ length: 1_000 }, () => loginRecorded()) }]);
  }
  const progress: number[][] = [];
  rebuildAll((applied, total) => progress.push([applied, total]));
  expect(progress).toEqual([
    [10_000, 11_014],
    [11_014, 11_014],
  ]);
  expect(log.head()).toBe(11_014);
});

it('an interrupted rebuild is detected until it is repeated', () => {
  const { rebuildAll, connection, sqlite, rows } = withHistory();
  rebuildAll();
  expect(areUpToDate(connection.db)).toBe(true);
  expect(() => rebuildAll(interrupt)).toThrow('killed');
  expect(areUpToDate(connection.db)).toBe(false);
  expect(() => rebuildAll(interrupt)).toThrow('killed');
  rebuildAll();
  expect(areUpToDate(connection.db)).toBe(true);
  expect(dumpReadModels(sqlite)).toEqual(rows);
});

describe('at the start of a server', () => {
  /** Starts and stops a server. Returns the messages that it logged. */
  async function start(directory: string): Promise<string[]> {
    const lines: { msg: string }[] = [];
    const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
    await (await createApp(testConfig(directory), logger)).stop();
    return lines.map(({ msg }) => msg);
  }

  /** Starts and stops a server, then changes its read models. Returns the rows as they were before the change. */
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
    ['without a version', "DELETE FROM meta WHERE name = 'read_models_version'"],
  ])('read models %s are rebuilt once', async (_, change) => {
    const { directory, rows } = await startedAndThen(({ sqlite }) => {
      sqlite.exec(`${change}; DELETE FROM signing_keys; UPDATE organization SET id = 'made up'`);
    });
    expect(await start(directory)).toEqual([
      'the read models are of another version or incomplete: they are rebuilt first',
      'rebuilding the read models',
    ]);
    expect(rowsOf(directory)).toEqual(rows);
    expect(await start(directory)).toEqual([]);
  });

  it('an interrupted rebuild is started again', async () => {
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

it('a rebuild of an empty log empties the read models', () => {
  const { connection, log, models, sqlite } = openLog(join(temporaryDirectory()));
  sqlite.exec("INSERT INTO organization VALUES ('made up')");
  rebuild(connection, log, models, () => {});
  expect(dumpReadModels(sqlite)['organization']).toEqual([]);
  expect(areUpToDate(connection.db)).toBe(true);
});
