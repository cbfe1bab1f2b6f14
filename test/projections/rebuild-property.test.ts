import type { Database } from 'better-sqlite3';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { openWriter } from '../../db/open.js';
import { createLogReader } from '../../src/log/sqlite/read.js';
import { createReadModels } from '../../src/projections/read-models.js';
import { rebuild } from '../../src/projections/rebuild.js';
import { dumpReadModels } from '../support/log/dump.js';
import { play, type Step } from '../support/log/history.js';

const portal = fc.nat(1);
const destination = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('record' as const), portal, count: fc.constantFrom(1, 2, 5, 40) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('configure' as const), portal, destination, enabled: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('configure' as const),
      portal,
      destination,
      enabled: fc.constant(true),
      catchUp: fc.constantFrom('SINCE_LAST_ON' as const, 'SINCE' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('create webhook' as const),
      portal,
      destination,
      catchUp: fc.constantFrom('SINCE_LAST_ON' as const, 'SINCE' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'remove webhook' as const), portal }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('redeliver' as const, 'discard' as const),
      portal,
      ranges: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('request replay' as const),
      portal,
      scope: fc.constantFrom('ALL' as const, 'UNDELIVERED' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel replay' as const), portal }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retire' as const), portal: fc.constant(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change destination' as const),
      destination,
      what: fc.constantFrom('format' as const, 'endpoint' as const, 'authorization' as const, 'delete' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 2_000, 30_000, 60_000) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('let run' as const), turns: fc.nat(12) }) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        portal,
        ageMs: fc.constantFrom(0, 1_000, 45_000),
        longer: fc.constantFrom(0, 60_000),
        steps: fc.nat(6),
      })
      .map(({ longer, ...prune }) => ({ do: 'prune' as const, ...prune, undeliveredAgeMs: prune.ageMs + longer })),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), afterEvents: fc.nat(6) }) },
);

/** Two histories that together make every event. The first one waits for the end of each step, the second does not. */
const everything: Step[] = [
  { do: 'record', portal: 0, count: 3 },
  { do: 'configure', portal: 0, destination: 0, enabled: true },
  { do: 'configure', portal: 1, destination: 1, enabled: true },
  ...Array.from({ length: 12 }, (_, round): Step[] => [
    { do: 'record', portal: round % 2, count: 4 },
    { do: 'change destination', destination: round % 2, what: 'format' },
    { do: 'wait', ms: 60_000 },
    { do: 'request replay', portal: round % 2, scope: round % 3 ? 'ALL' : 'UNDELIVERED' },
    { do: round % 3 ? 'redeliver' : 'discard', portal: round % 2, ranges: 1 },
    ...(round % 4 ? [] : [{ do: 'crash', afterEvents: round } as const]),
  ]).flat(),
  { do: 'create webhook', portal: 0, destination: 2, catchUp: 'SINCE_LAST_ON' },
  { do: 'record', portal: 0, count: 5 },
  { do: 'prune', portal: 0, ageMs: 120_000, undeliveredAgeMs: 600_000, steps: 2 },
  { do: 'remove webhook', portal: 0 },
  { do: 'record', portal: 0, count: 40 },
  { do: 'configure', portal: 0, destination: 2, enabled: false },
  { do: 'record', portal: 0, count: 40 },
  { do: 'prune', portal: 0, ageMs: 0, undeliveredAgeMs: 0, steps: 4 },
  { do: 'configure', portal: 0, destination: 0, enabled: true },
  { do: 'record', portal: 0, count: 40 },
  // While the webhook is off, a replay waits: the first one is cancelled, the second one ends with the webhook.
  { do: 'configure', portal: 0, destination: 0, enabled: false },
  { do: 'request replay', portal: 0, scope: 'ALL' },
  { do: 'cancel replay', portal: 0 },
  { do: 'request replay', portal: 0, scope: 'ALL' },
  { do: 'remove', portal: 0 },
  { do: 'record', portal: 1, count: 40 },
  { do: 'retire', portal: 1 },
  { do: 'change destination', destination: 2, what: 'delete' },
];

const overlapping: Step[] = [
  { do: 'record', portal: 0, count: 3 },
  { do: 'configure', portal: 0, destination: 0, enabled: true, catchUp: 'SINCE_LAST_ON' },
  { do: 'let run', turns: 40 },
  { do: 'request replay', portal: 0, scope: 'ALL' },
  { do: 'cancel replay', portal: 0 },
  { do: 'record', portal: 0, count: 40 },
  { do: 'request replay', portal: 0, scope: 'ALL' },
  { do: 'remove', portal: 0 },
];
/** The retention is so short that servers also prune by themselves when the clock advances. */
const retention = { AUDITWIRE_RETENTION_DAYS: '0.001', AUDITWIRE_UNDELIVERED_RETENTION_DAYS: '0.003' };

it('a rebuild gives the same rows as applying the events one by one', { timeout: 120_000 }, async () => {
  const seen = new Set<string>();
  let pruned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 8, maxLength: 40, size: 'max' }),
      fc.boolean(),
      async (steps, settle) => {
        const { dataDir, faults, types } = await play(steps, { settle, retention });
        expect(faults).toEqual([]);
        const connection = openWriter(dataDir);
        const log = createLogReader(connection.db);
        const before = dumpReadModels(connection.sqlite);
        rebuild(connection, log, createReadModels(connection.db), () => {});
        expect(dumpReadModels(connection.sqlite)).toEqual(before);
        pruned += expectWhole(connection.sqlite);
        for (const type of types) seen.add(type);
        connection.sqlite.close();
      },
    ),
    {
      numRuns: 20,
      examples: [
        [everything, true],
        [overlapping, false],
      ],
    },
  );
  expect(pruned).toBeGreaterThan(100);
  // The histories contain every event of a delivery.
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'BatchStarted',
      'BatchDelivered',
      'RetryScheduled',
      'BatchAbandoned',
      'BatchSplit',
      'DeliverySuperseded',
      'LoginsSkipped',
      'LoginsUndelivered',
      'RedeliveryRequested',
      'LoginsDiscarded',
      'ReplayRequested',
      'ReplayStarted',
      'ReplayCompleted',
      'ReplayFailed',
      'ReplayCancelled',
      'LaneSnapshotted',
      'LoginsExpired',
      'WebhookCreated',
      'WebhookRemoved',
      'DestinationHealthChanged',
      'PortalRetired',
      'DestinationUpdated',
      'DestinationDeleted',
    ]),
  );
});

/** Checks that each stream continues after its horizon without a gap. Returns the number of pruned events. */
function expectWhole(sqlite: Database): number {
  const streams = sqlite
    .prepare<[], { pruned: number; first: number; last: number; kept: number }>(
      `SELECT pruned_version AS pruned, min(version) AS first, max(version) AS last, count(*) AS kept
        FROM streams JOIN events ON stream_id = id GROUP BY id`,
    )
    .all();
  for (const { pruned, first, last, kept } of streams) expect([first, last]).toEqual([pruned + 1, pruned + kept]);
  return streams.reduce((sum, { pruned }) => sum + pruned, 0);
}
