/** Faults that the simulation must find. Each replaces a piece of text in one compiled module. */
import type { Invariant } from './invariants.js';
import { connectionFaults } from './network/planted-faults.js';

export interface PlantedFault {
  name: string;
  /** The compiled module, relative to `dist`. */
  file: string;
  /** The text to replace, which the module contains exactly once. */
  find: string;
  replace: string;
  /** The invariants that may be violated. */
  caughtBy: readonly Invariant[];
  /** The first seed to try; left out: 1. Few runs reach the code of some faults. */
  from?: number;
}

export const plantedFaults: readonly PlantedFault[] = [
  {
    name: 'the cursor moves when a batch starts',
    file: 'src/domain/lane/evolve.js',
    find: '{ ...started, lastStarted:',
    replace:
      "{ ...started, ...(purpose === 'FIRST' && { backlog: { ...lane.backlog, cursor: delivery.lastVersion } }), lastStarted:",
    caughtBy: ['retention', 'order', 'figures', 'nothing is lost', 'progress'],
  },
  {
    name: 'callers are answered before the commit',
    file: 'src/log/sqlite/commit.js',
    find: 'commit.run();',
    replace: 'setImmediate(() => { try { commit.run(); } catch { /* The caller does not learn of it. */ } });',
    caughtBy: ['attempts', 'acknowledged', 'log first', 'progress', 'healthy', 'nothing is lost'],
  },
  {
    name: 'a request has a delivery id that is not in the log',
    file: 'src/delivery/lane-runner.js',
    find: 'sender.send(target, batch)',
    replace: 'sender.send(target, { ...batch, deliveryId: randomUuid(random) })',
    caughtBy: ['log first'],
  },
  {
    name: 'an open delivery includes newer logins',
    file: 'src/delivery/lane-runner.js',
    find: 'prefetch.take(webhookId, view.planOf(webhookId, delivery));\n        if (rendered.lastVersion !== delivery.lastVersion)',
    replace:
      'prefetch.take(webhookId, { ...view.planOf(webhookId, delivery), lastVersion: context.log.lastVersion(`login-${context.models.webhooks.portalIdOf(webhookId)}`) });\n        if (false)',
    caughtBy: ['identical', 'nothing too much'],
  },
  {
    name: 'a delivery has five retries',
    file: 'src/domain/lane/backoff.js',
    find: 'MAX_RETRIES = 4',
    replace: 'MAX_RETRIES = 5',
    caughtBy: ['retries'],
  },
  {
    name: 'a commit wakes only the first of its lanes',
    file: 'src/log/tail.js',
    find: 'watch(touched);',
    replace: 'watch(touched.slice(0, 1));',
    caughtBy: ['progress', 'nothing is lost', 'recovery', 'replay'],
  },
  {
    name: 'the end of a request admits no other portal',
    file: 'src/delivery/limiter.js',
    find: 'limits.undebited = false;\n                admit(id, limits);',
    replace: 'limits.undebited = false;',
    caughtBy: ['progress', 'nothing is lost', 'recovery', 'replay', 'announced'],
  },
  {
    name: 'a retry does not wait',
    file: 'src/domain/lane/next-step.js',
    find: 'const dueAt = plausible(delivery.retryDueAt, now, MAX_RETRY_WAIT_MS);',
    replace: 'const dueAt = now;',
    caughtBy: ['waits', 'capacity'],
  },
  {
    name: 'an outcome that could not be recorded is dropped',
    file: 'src/delivery/recorder.js',
    find: 'await new Promise((resolve) => clock.at(clock.now() + RECORD_AGAIN_MS, resolve));',
    replace: 'return;',
    caughtBy: ['attempts'],
  },
  {
    name: 'the logins of a superseded delivery are not sent again',
    file: 'src/domain/lane/evolve.js',
    find: 'return delivery ? withOpen(lane, delivery, null) : lane;',
    replace: 'return delivery ? closed(lane, delivery) : lane;',
    caughtBy: ['order', 'figures', 'nothing is lost'],
  },
  {
    name: 'a webhook that is off sends',
    file: 'src/domain/lane/next-step.js',
    find: '!sender?.enabled || !destination',
    replace: '!sender || !destination',
    caughtBy: ['as configured', 'progress'],
  },
  {
    name: 'an abandoned batch is not listed as undelivered',
    file: 'src/projections/undelivered.js',
    find: 'add(event, delivery, { ...outcome',
    replace: 'void (event, delivery, { ...outcome',
    caughtBy: ['recovery', 'figures', 'retention'],
  },
  {
    name: 'a recovery is sent between two attempts of a first delivery',
    file: 'src/domain/lane/next-step.js',
    find: 'if (first.open?.failedAttempts)\n        return [];',
    replace: '',
    caughtBy: ['turns', 'one at a time'],
  },
  {
    name: 'a rejected batch is abandoned',
    file: 'src/domain/lane/decide.js',
    find: "verdict === 'REJECTED' || verdict === 'TOO_LARGE'",
    replace: 'false',
    caughtBy: ['narrowing'],
  },
  {
    name: 'a rejected batch is sent again as a whole',
    file: 'src/domain/lane/narrowing.js',
    find: 'Math.ceil(lines / 2)',
    replace: 'Math.max(1, lines - 1)',
    caughtBy: ['narrowing', 'batches'],
  },
  {
    name: 'a person has to mend what a receiver that rejected everything left',
    file: 'src/projections/undelivered.js',
    find: 'event.data.released ?? []',
    replace: '[]',
    caughtBy: ['recovery'],
  },
  {
    name: 'a receiver that rejects everything after a success is not found out',
    file: 'src/domain/lane/decide.js',
    find: 'rejectedLines.length >= MAX_REJECTED_LINES',
    replace: 'false',
    caughtBy: ['narrowing'],
  },
  {
    name: 'a success does not show that a receiver takes other lines',
    file: 'src/domain/lane/lane-changes.js',
    find: 'taken: true',
    replace: 'taken: false',
    caughtBy: ['narrowing'],
  },
  {
    name: 'a Retry-After pauses only one lane',
    file: 'src/domain/lane/decide.js',
    find: 'return attemptedAt + durationMs + boundedRetryMs(retryAfterMs);',
    replace: 'return null;',
    caughtBy: ['capacity'],
  },
  {
    name: 'a projection reads the clock',
    file: 'src/projections/webhooks.js',
    find: 'configuredAt: event.recordedAt',
    replace: 'configuredAt: Math.floor(performance.now() * 1_000)',
    caughtBy: ['rebuild'],
  },
  {
    name: 'a timer is not cancelled',
    file: 'src/delivery/engine.js',
    find: 'await Promise.resolve();\n        timers.get(webhookId)?.();',
    replace: 'await Promise.resolve();',
    caughtBy: ['memory'],
  },
  {
    name: 'undelivered logins are pruned',
    file: 'src/domain/retention.js',
    find: 'waiting(lane, lastLogin)[0]?.firstVersion,\n        firstLogin,',
    replace: 'waiting(lane, lastLogin)[0]?.firstVersion,',
    caughtBy: ['retention', 'healthy', 'recovery'],
  },
  {
    name: 'a login with a known idempotency key is recorded again',
    file: 'src/commands/login.js',
    find: 'firsts[index] ? [] : [recorded(',
    replace: 'false ? [] : [recorded(',
    caughtBy: ['acknowledged', 'healthy'],
  },
  {
    name: 'a delivery of a webhook is recorded in the lane of another one',
    file: 'src/commands/delivery.js',
    find: "{ stream: streamOf('delivery', webhookId), events }",
    replace:
      "{ stream: streamOf('delivery', events[0]?.type === 'BatchDelivered' ? models.webhooks.portalIdOf(webhookId) : webhookId), events }",
    caughtBy: ['order', 'figures', 'nothing is lost', 'progress', 'log first', 'one at a time', 'healthy', 'attempts'],
  },
  {
    name: 'logins are pruned that another webhook of the portal needs',
    file: 'src/queries/retention.js',
    find: 'needed.length ? Math.min(...needed) : null',
    replace: 'needed.length ? Math.max(...needed) : null',
    from: 401,
    caughtBy: ['retention', 'healthy', 'recovery', 'nothing is lost'],
  },
  {
    name: 'a new webhook begins at the first login, which may be pruned',
    file: 'src/domain/lane/evolve.js',
    find: 'return laneFrom(event.data.loginsThrough);',
    replace: 'return laneFrom(0);',
    caughtBy: ['order', 'healthy', 'nothing too much', 'figures', 'progress', 'nothing is lost'],
  },
  {
    name: 'two webhooks of a portal that are on share a destination',
    file: 'src/domain/webhook.js',
    find: 'sibling.enabled && sibling.destinationId === destinationId',
    replace: 'false',
    caughtBy: ['one destination'],
  },
  {
    name: 'the health of a destination is kept under another key',
    file: 'src/commands/delivery.js',
    find: "stream: streamOf('health', destinationId)",
    replace: "stream: streamOf('health', [...models.lanes.webhookIds()][0])",
    caughtBy: ['health', 'narrowing', 'capacity', 'waits', 'announced', 'healthy'],
  },
  {
    name: 'a redelivery through another webhook is forgotten',
    file: 'src/projections/undelivered.js',
    find: 'const throughWebhookId = event.data.throughWebhookId ?? null;',
    replace: 'const throughWebhookId = null;',
    from: 1_001,
    caughtBy: ['recovery', 'as configured', 'healthy', 'log first', 'progress'],
  },
  {
    name: 'the status does not know the pause of a destination',
    file: 'src/queries/status.js',
    find: 'nextStep(lane, laneContext(webhookId, lane, { log, models, now: now() }))',
    replace:
      '((context) => nextStep(lane, { ...context, destination: context.destination && { ...context.destination, pausedUntil: null } }))(laneContext(webhookId, lane, { log, models, now: now() }))',
    from: 301,
    caughtBy: ['announced'],
  },
  ...connectionFaults,
];
