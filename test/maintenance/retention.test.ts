import { cpSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { executeRecordLogins } from '../../src/api/record-logins.js';
import { createApp } from '../../src/app.js';
import { createDestination } from '../../src/delivery/kinds/input.js';
import type { Sender } from '../../src/delivery/transport/types.js';
import type { Outcome } from '../../src/domain/lane/attempt.js';
import { writeRangeId } from '../../src/domain/undelivered.js';
import { createLogger } from '../../src/runtime/logger.js';
import { createService } from '../../src/runtime/service.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { seededRandom } from '../support/clock/random.js';
import { LOGIN } from '../support/domain/events.js';
import { CAUSE, turn } from '../support/log/fixture.js';
import { temporaryDirectory, testConfig } from '../support/server/app.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The pause between two runs with the default settings: a hundredth of seven days. */
const PAUSE_MS = 0.07 * DAY_MS;

interface Options {
  directory?: string;
  clock?: FakeClock;
  env?: Record<string, string>;
  /** The current answer of the receiver. */
  verdict?: () => Outcome['verdict'];
}

/** A server with a fake clock, a portal, and a sender that returns `verdict`. */
async function startServer({
  directory = temporaryDirectory(),
  clock = new FakeClock(),
  env = {},
  verdict = () => 'DELIVERED',
}: Options = {}) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const send = (): Promise<Outcome> => {
    const facts = {
      retryAfterMs: null,
      attemptedAt: clock.now(),
      durationMs: 0,
      message: 'answer',
    };
    return Promise.resolve({ ...facts, verdict: verdict(), responseCode: verdict() === 'DELIVERED' ? 200 : 503 });
  };
  const sender: Sender = { ...createService('sender', { stop() {} }), send };
  const config = testConfig(directory, { AUDITWIRE_MASTER_KEY: Buffer.alloc(32, 3).toString('base64'), ...env });
  const random = seededRandom('retention');
  const app = await createApp(config, logger, { clock, random, createSender: () => sender });
  const { commands, log, models } = app.services;
  const until = async (condition: () => boolean) => {
    while (!condition()) await turn();
  };
  /** Waits until only timers are left to wait for. */
  const settled = () => turn(40);
  await settled();
  const existingId = models.portals.page({ limit: 1, inverted: false }, true)[0]?.id;
  const portalId = existingId ?? (await commands.execute('registerPortal', { name: 'Portal' }, CAUSE));
  return {
    app,
    clock,
    directory,
    log,
    models,
    portalId,
    until,
    settled,
    /** The lines about pruning in the log of the program. */
    pruningLines: () => lines.filter(({ msg }) => /prun|larger/.test(String(msg))),
    horizon: () => log.horizon(`login-${portalId}`).version,
    lane: () => models.lanes.get(portalId).lane,
    async record(count: number, keyed = false) {
      const logins = Array.from({ length: count }, (_, index) => ({
        ...LOGIN,
        idempotencyKey: keyed ? `${log.head()}-${index}` : undefined,
      }));
      await executeRecordLogins(commands, random, { portalId, logins }, CAUSE);
    },
    async turnWebhook(enabled: boolean) {
      const [destination] = models.destinations.page({ limit: 1, inverted: false });
      const wanted = createDestination.parse({ name: 'SIEM', endpoint: 'https://siem.example.com' });
      const destinationId = destination?.id ?? (await commands.execute('createDestination', wanted, CAUSE));
      await commands.execute('configureWebhook', { portalId, destinationId, enabled }, CAUSE);
    },
    async advance(ms: number) {
      clock.advance(ms);
      await settled();
    },
    /** The size of the database file with its free pages, without the write-ahead log. */
    fileBytes() {
      const file = new Database(join(config.dataDir, 'auditwire.db'), { readonly: true });
      const pages = Number(file.pragma('page_count', { simple: true })) * 4_096;
      file.close();
      return pages;
    },
    async stop() {
      await app.stop();
    },
  };
}

describe('pruning by age', () => {
  it('has no timer while there are no logins', async () => {
    const { clock, stop } = await startServer();
    expect(clock.nextTimer).toBe(null);
    await stop();
  });

  it('starts when the oldest login reaches its age, and then waits for the next one', async () => {
    const { clock, record, settled, horizon, advance, stop, pruningLines } = await startServer();
    const start = clock.now();
    await record(3);
    await settled();
    expect(clock.nextTimer).toBe(start + 7 * DAY_MS);
    await advance(DAY_MS);
    await record(2);
    await advance(6 * DAY_MS - 1);
    expect(horizon()).toBe(0);
    await advance(1);
    expect(horizon()).toBe(3);
    expect(clock.nextTimer).toBe(start + 8 * DAY_MS);
    expect(pruningLines()).toMatchObject([
      { msg: 'pruning' },
      { msg: 'pruned', portals: 1, logins: 3, deliveryEvents: 0 },
    ]);
    await stop();
  });

  it('does not run again at once, however many logins reach their age meanwhile', async () => {
    const { clock, record, horizon, advance, stop } = await startServer();
    for (let minute = 0; minute < 5; minute += 1) {
      await record(1);
      await advance(MINUTE_MS);
    }
    await advance(7 * DAY_MS - 5 * MINUTE_MS);
    const after = horizon();
    expect(clock.nextTimer).toBe(clock.now() + PAUSE_MS);
    await advance(PAUSE_MS);
    expect([after, horizon()]).toEqual([1, 5]);
    await stop();
  });

  it('keeps due logins until they expire, and then discards them', async () => {
    const { clock, turnWebhook, record, settled, horizon, lane, advance, stop, pruningLines } = await startServer({
      verdict: () => 'RETRYABLE',
    });
    await turnWebhook(true);
    const start = clock.now();
    await record(1);
    await settled();
    await turnWebhook(false);
    await advance(7 * DAY_MS);
    expect([horizon(), lane().totals.discarded]).toEqual([0, 0]);
    expect(clock.nextTimer).toBe(start + 30 * DAY_MS);
    await advance(23 * DAY_MS);
    expect(lane()).toMatchObject({ totals: { discarded: 1 }, first: { open: null }, backlog: { cursor: 1 } });
    expect(horizon()).toBe(1);
    expect(pruningLines().at(-1)).toMatchObject({ msg: 'pruned', expired: 1, logins: 1 });
    await stop();
  });

  it('prunes logins that were kept because they were due, soon after their delivery', async () => {
    const { clock, turnWebhook, record, until, settled, horizon, lane, advance, stop } = await startServer();
    await turnWebhook(true);
    // The logins are due, and are not delivered before the webhook is turned off.
    await Promise.all([record(3), turnWebhook(false)]);
    await advance(8 * DAY_MS);
    expect(horizon()).toBe(0);
    await turnWebhook(true);
    await until(() => lane().totals.delivered === 3);
    await settled();
    expect(clock.nextTimer).toBe(clock.now() + PAUSE_MS);
    await advance(PAUSE_MS);
    expect(horizon()).toBe(3);
    await stop();
  });

  it('prunes new logins at their age, although older ones of another portal are needed for longer', async () => {
    const { app, clock, log, turnWebhook, record, settled, horizon, advance, stop } = await startServer();
    const { commands } = app.services;
    await turnWebhook(true);
    await Promise.all([record(3), turnWebhook(false)]);
    await advance(8 * DAY_MS);
    const portalId = await commands.execute('registerPortal', { name: 'Another' }, CAUSE);
    const logins = [LOGIN, LOGIN];
    await executeRecordLogins(commands, seededRandom('another'), { portalId, logins }, CAUSE);
    await settled();
    expect(clock.nextTimer).toBe(clock.now() + 7 * DAY_MS);
    await commands.execute('registerPortal', { name: 'A third' }, CAUSE);
    await advance(7 * DAY_MS);
    expect([horizon(), log.horizon(`login-${portalId}`).version]).toEqual([0, 2]);
    await stop();
  });

  it('prunes logins that were kept because they were undelivered, soon after they are discarded', async () => {
    const { app, clock, models, portalId, turnWebhook, record, settled, horizon, advance, stop } = await startServer();
    const { commands } = app.services;
    await turnWebhook(true);
    await Promise.all([record(3), turnWebhook(false)]);
    await commands.execute('removeWebhook', { portalId }, CAUSE);
    await advance(8 * DAY_MS);
    expect(horizon()).toBe(0);
    const ranges = models.undelivered.page(portalId, ['WAITING'], { limit: 10, inverted: false });
    const ids = ranges.map(writeRangeId);
    await commands.execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE);
    await settled();
    expect(clock.nextTimer).toBe(clock.now() + PAUSE_MS);
    await advance(PAUSE_MS);
    expect(horizon()).toBe(3);
    await stop();
  });

  it('prunes logins that were kept because a replay sent them, soon after it is cancelled', async () => {
    const sent = { replay: () => {} };
    const { app, clock, portalId, turnWebhook, record, settled, horizon, lane, advance, stop } = await startServer({
      verdict() {
        sent.replay();
        return 'DELIVERED';
      },
    });
    const { commands } = app.services;
    await turnWebhook(true);
    await record(600);
    await advance(7 * DAY_MS - 1);
    // The webhook is turned off while the first of two batches is in flight.
    sent.replay = () => void turnWebhook(false);
    await commands.execute('requestReplay', { portalId, startAt: 0, endAt: clock.now(), scope: 'ALL' }, CAUSE);
    await settled();
    await advance(DAY_MS);
    expect(lane()).toMatchObject({ replay: { status: 'RUNNING' }, redelivery: { open: null } });
    const before = horizon();
    await commands.execute('cancelReplay', { portalId }, CAUSE);
    await settled();
    expect(clock.nextTimer).toBe(clock.now() + PAUSE_MS);
    await advance(PAUSE_MS);
    expect([before, horizon()]).toEqual([500, 600]);
    await stop();
  });

  it('continues after a kill and a restart', async () => {
    const killed = await startServer();
    for (let call = 0; call < 5; call += 1) await killed.record(1_000);
    await killed.settled();
    killed.clock.advance(7 * DAY_MS);
    await killed.until(() => killed.horizon() > 0);
    // The files as a kill during the run leaves them.
    const directory = temporaryDirectory();
    cpSync(join(killed.directory, 'data'), join(directory, 'data'), { recursive: true });
    await killed.stop();
    const opened = new Database(join(directory, 'data/auditwire.db'));
    const left = opened.prepare("SELECT count(*) FROM events WHERE type = 'LoginRecorded'").pluck().get();
    opened.close();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(5_000);

    const next = await startServer({ directory, clock: killed.clock });
    await next.until(() => next.horizon() === 5_000);
    await next.record(1);
    expect(next.log.range(`login-${next.portalId}`, 1, 9_999)).toMatchObject([{ version: 5_001 }]);
    await next.stop();
  });
});

describe('pruning by size', () => {
  it('prunes the oldest logins until the rest fits, and a file under constant load stops growing', {
    timeout: 60_000,
  }, async () => {
    const { record, until, horizon, stop, pruningLines, fileBytes, log } = await startServer({
      env: { AUDITWIRE_RETENTION_SIZE: '10MB' },
    });
    const sizes: number[] = [];
    const pruned = () => pruningLines().filter(({ msg }) => msg === 'pruned').length;
    for (let round = 0; round < 12; round += 1) {
      const before = pruned();
      for (let call = 0; call < 10; call += 1) await record(1_000, true);
      if (round > 3) await until(() => pruned() > before);
      sizes.push(fileBytes());
    }
    const megabytes = sizes.map((bytes) => (bytes / 1024 ** 2).toFixed(1));
    process.stdout.write(`${megabytes.join(', ')} MB after each 10,000 logins; ${horizon()} are pruned\n`);
    expect(log.head()).toBeGreaterThan(120_000);
    expect(horizon()).toBeGreaterThan(60_000);
    expect(Math.max(...sizes.slice(6))).toBeLessThanOrEqual(Math.max(...sizes.slice(0, 6)));
    await stop();
  });

  it('prunes no due logins, however large they are', async () => {
    const { record, turnWebhook, until, horizon, stop, pruningLines } = await startServer({
      env: { AUDITWIRE_RETENTION_SIZE: '10MB' },
    });
    await turnWebhook(true);
    await Promise.all([record(1), turnWebhook(false)]);
    for (let call = 0; call < 50; call += 1) await record(1_000);
    await until(() => pruningLines().length > 0);
    expect(pruningLines().map(({ msg }) => msg)).toEqual([
      'the data exceeds its size limit, and nothing can be pruned',
    ]);
    expect(horizon()).toBe(0);
    await stop();
  });
});

describe('the tests of a destination', () => {
  const outcome: Outcome = {
    verdict: 'DELIVERED',
    retryAfterMs: null,
    attemptedAt: 0,
    durationMs: 1,
    responseCode: 200,
    message: 'OK',
  };

  it('are pruned when they reach their age, without any login, and go with their destination', async () => {
    const { app, clock, log, settled, advance, turnWebhook, stop } = await startServer();
    const { commands, models } = app.services;
    await turnWebhook(false);
    const id = models.destinations.page({ limit: 1, inverted: false })[0]?.id ?? '';
    const record = () => commands.execute('recordTest', { id, outcome }, CAUSE);
    const horizon = () => log.horizon(`test-${id}`).version;
    await record();
    await record();
    await settled();
    expect(clock.nextTimer).toBe(clock.now() + 7 * DAY_MS);
    await advance(DAY_MS);
    await record();
    await commands.execute('registerPortal', { name: 'Another' }, CAUSE);
    await advance(6 * DAY_MS);
    expect([horizon(), log.lastVersion(`test-${id}`)]).toEqual([2, 3]);
    await advance(DAY_MS);
    expect(horizon()).toBe(3);

    await record();
    await commands.execute(
      'removeWebhook',
      { portalId: models.portals.page({ limit: 1, inverted: false }, true)[0]?.id ?? '' },
      CAUSE,
    );
    await commands.execute('deleteDestination', { id }, CAUSE);
    expect(horizon()).toBe(4);
    await record();
    expect(log.lastVersion(`test-${id}`)).toBe(4);
    await stop();
  });
});
