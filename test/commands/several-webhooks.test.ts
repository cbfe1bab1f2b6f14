import { describe, expect, it } from 'vitest';
import { pending } from '../../src/domain/lane/lane.js';
import { nextStep } from '../../src/domain/lane/next-step.js';
import { MAX_WEBHOOKS } from '../../src/domain/webhook.js';
import { rebuild } from '../../src/projections/rebuild.js';
import { laneContext } from '../../src/queries/lane-context.js';
import { statusOf } from '../../src/queries/status.js';
import { webhooksOf } from '../../src/queries/webhooks.js';
import { batchStarted, success, unauthorized } from '../support/domain/events.js';
import { openCommands } from '../support/log/commands.js';
import { dumpReadModels } from '../support/log/dump.js';
import { CAUSE, RETENTION } from '../support/log/fixture.js';

const EVERYTHING = { recordedBefore: Number.MAX_SAFE_INTEGER, throughPosition: 0, expireBefore: 0 };

type Given = { destinationId: string; enabled?: boolean; catchUp?: 'SINCE_LAST_ON' | 'SINCE'; since?: number };

/** A portal whose webhook `default` is on, and three destinations. */
async function aPortal() {
  const commands = openCommands();
  const { execute, models, log, connection, sqlite, now } = commands;
  const portalId = await commands.registerPortal();
  const [first = '', second = '', third = ''] = await Promise.all(
    ['A', 'B', 'C'].map((name) => commands.createDestination({ name, endpoint: 'https://siem.example.com' })),
  );
  await commands.configureWebhook(portalId, { destinationId: first, enabled: true });
  const lane = (webhookId = portalId) => models.lanes.get(webhookId).lane;
  const lastLogin = () => log.lastVersion(`login-${portalId}`);

  /** Starts a batch of a lane as the engine does, and records the outcome of its only attempt. */
  async function deliver(
    webhookId: string,
    firstVersion: number,
    lastVersion: number,
    outcome = success,
    through?: string,
  ) {
    const deliveryId = `d-${log.head()}`;
    const to = lane(webhookId).webhook ?? lane(through).webhook;
    const { data } = batchStarted(deliveryId, firstVersion, lastVersion, { destinationId: to?.destinationId ?? '' });
    const batch = through ? { ...data, purpose: 'RECOVERY' as const, throughWebhookId: through } : data;
    await execute('advanceDelivery', { webhookId, command: { type: 'StartBatch', batch } }, CAUSE);
    const ended = { ...outcome, attemptedAt: now(), durationMs: 0 };
    const command = { type: 'RecordOutcome', deliveryId, attemptNumber: 1, outcome: ended, random: 0 } as const;
    return execute('advanceDelivery', { webhookId, command }, CAUSE);
  }

  return {
    ...commands,
    portalId,
    destinations: { first, second, third },
    lane,
    deliver,
    create: (name: string, { destinationId, enabled = true, ...given }: Given) =>
      execute('createWebhook', { portalId, name, destinationId, enabled, ...given }, CAUSE),
    configure: (webhookId: string, given: Partial<Given>) =>
      execute(
        'configureWebhook',
        { portalId, webhookId, destinationId: undefined, enabled: undefined, ...given },
        CAUSE,
      ),
    rename: (webhookId: string, name: string) => execute('renameWebhook', { portalId, webhookId, name }, CAUSE),
    remove: (webhookId: string) => execute('removeWebhook', { portalId, webhookId }, CAUSE),
    names: () => webhooksOf(portalId, models).map(({ name }) => name),
    login: (count: number) => commands.record(portalId, ...Array.from({ length: count }, () => ({}))),
    pending: (webhookId?: string) => pending(lane(webhookId), lastLogin()),
    status: (webhookId = portalId) => statusOf(webhookId, { models, log, retention: RETENTION, now }).status,
    ids: (webhookId: string) =>
      models.undelivered
        .page(webhookId, ['WAITING', 'REQUESTED', 'NEEDS_ACTION'], { limit: 100, inverted: false })
        .map((row) => Buffer.from(`${row.webhookId}.${row.lastVersion}.${row.position}`).toString('base64url')),
    async prune(cut = EVERYTHING): Promise<number> {
      const prunable = await execute('snapshotLanes', { portalId, cut }, CAUSE);
      if (!prunable) return 0;
      return (await execute('pruneHistory', { portalId, ...prunable, limit: 1_000 }, CAUSE)).logins;
    },
    /** The rows now, and the rows after a rebuild. */
    rebuilt() {
      const before = dumpReadModels(sqlite);
      rebuild(connection, log, models, () => {});
      return [dumpReadModels(sqlite), before];
    },
  };
}

describe('a new webhook', () => {
  it('gets the logins that are recorded from now on, and the other webhooks get them, too', async () => {
    const portal = await aPortal();
    await portal.login(3);
    const archive = await portal.create('archive', { destinationId: portal.destinations.second });
    await portal.login(2);
    expect([portal.pending(), portal.pending(archive)]).toEqual([5, 2]);
    await portal.deliver(archive, 4, 5);
    expect([portal.pending(), portal.pending(archive)]).toEqual([5, 0]);
    expect([portal.status().deliveredTotal, portal.status(archive).deliveredTotal]).toEqual([0, 2]);
  });

  it('catches up with all retained logins, or with those since a time', async () => {
    const portal = await aPortal();
    await portal.login(3);
    portal.wait(60_000);
    await portal.login(2);
    const { second, third } = portal.destinations;
    const all = await portal.create('all', { destinationId: second, catchUp: 'SINCE_LAST_ON' });
    const late = await portal.create('late', { destinationId: third, catchUp: 'SINCE', since: portal.now() });
    expect([portal.pending(all), portal.pending(late)]).toEqual([5, 2]);
  });

  it('begins after the pruned logins', async () => {
    const portal = await aPortal();
    await portal.login(5);
    await portal.deliver(portal.portalId, 1, 4);
    portal.wait(1);
    expect(await portal.prune()).toBe(4);
    const { second, third } = portal.destinations;
    const all = await portal.create('all', { destinationId: second, catchUp: 'SINCE_LAST_ON' });
    expect(portal.lane(all).backlog).toEqual({ cursor: 4, dueThrough: null, skipped: [] });
    const off = await portal.create('off', { destinationId: third, enabled: false });
    expect(portal.lane(off).backlog).toEqual({ cursor: 4, dueThrough: 4, skipped: [] });
    expect(portal.rebuilt()[0]).toEqual(portal.rebuilt()[1]);
  });

  it('has a name of its own within the portal; `default` is taken', async () => {
    const portal = await aPortal();
    const { second, third } = portal.destinations;
    const archive = await portal.create('archive', { destinationId: second });
    expect(portal.names()).toEqual(['default', 'archive']);
    for (const name of ['archive', 'default']) {
      await expect(portal.create(name, { destinationId: third })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    }
    await portal.rename(archive, 'cold');
    expect(portal.names()).toEqual(['default', 'cold']);
    const next = await portal.create('archive', { destinationId: third });
    await expect(portal.rename(next, 'cold')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(portal.rename(portal.portalId, 'main')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('that is not of the portal is not found', async () => {
    const portal = await aPortal();
    const other = await portal.registerPortal();
    const archive = await portal.create('archive', { destinationId: portal.destinations.second });
    const input = { portalId: other, webhookId: archive, destinationId: undefined, enabled: false };
    await expect(portal.execute('configureWebhook', input, CAUSE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is refused beyond the limit of a portal', async () => {
    const portal = await aPortal();
    const { second } = portal.destinations;
    for (let nth = 1; nth < MAX_WEBHOOKS; nth += 1) {
      await portal.create(`webhook ${nth}`, { destinationId: second, enabled: false });
    }
    const more = () => portal.create('one more', { destinationId: second, enabled: false });
    await expect(more()).rejects.toMatchObject({ code: 'TOO_MANY_WEBHOOKS' });
    const [, removed = ''] = webhooksOf(portal.portalId, portal.models).map(({ id }) => id);
    await portal.remove(removed);
    await more();
    expect(portal.names()).toHaveLength(MAX_WEBHOOKS);
  });

  it('has an id that no portal can get', async () => {
    const portal = await aPortal();
    const id = await portal.create('archive', { destinationId: portal.destinations.second });
    const register = portal.execute('registerPortal', { id, name: 'Impostor' }, CAUSE);
    await expect(register).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});

describe('two webhooks of a portal', () => {
  it('that are on do not send to one destination; the refusal names the other one', async () => {
    const portal = await aPortal();
    const { first, second } = portal.destinations;
    const refused = { code: 'DESTINATION_IN_USE_BY_PORTAL', message: expect.stringContaining('"default"') };
    await expect(portal.create('archive', { destinationId: first })).rejects.toMatchObject(refused);
    expect(portal.names()).toEqual(['default']);
    const off = await portal.create('archive', { destinationId: first, enabled: false });
    await expect(portal.configure(off, { enabled: true })).rejects.toMatchObject(refused);
    await portal.configure(off, { destinationId: second, enabled: true });
    await expect(portal.configure(off, { destinationId: first })).rejects.toMatchObject(refused);
    await portal.configure(portal.portalId, { enabled: false });
    await portal.configure(off, { destinationId: first });
    await expect(portal.configure(portal.portalId, { enabled: true })).rejects.toMatchObject({
      code: 'DESTINATION_IN_USE_BY_PORTAL',
      message: expect.stringContaining('"archive"'),
    });
  });

  it('keep a login from being pruned until both have delivered it', async () => {
    const portal = await aPortal();
    const archive = await portal.create('archive', { destinationId: portal.destinations.second });
    await portal.login(4);
    portal.wait(1);
    await portal.login(1);
    await portal.deliver(portal.portalId, 1, 5);
    await portal.deliver(archive, 1, 2);
    expect([portal.status().holdsLoginsSince, portal.status(archive).holdsLoginsSince]).toEqual([
      null,
      portal.now() - 1,
    ]);
    expect(await portal.prune()).toBe(2);
    await portal.deliver(archive, 3, 5);
    expect(await portal.prune()).toBe(3);
    expect(portal.rebuilt()[0]).toEqual(portal.rebuilt()[1]);
  });

  it('have a snapshot each before logins are pruned, also if they are off; a webhook that is gone has none', async () => {
    const portal = await aPortal();
    const { second, third } = portal.destinations;
    const off = await portal.create('off', { destinationId: second, enabled: false });
    const gone = await portal.create('gone', { destinationId: third });
    await portal.remove(gone);
    await portal.login(3);
    await portal.deliver(portal.portalId, 1, 3);
    expect(await portal.prune()).toBe(3);
    expect(portal.lane(off).backlog).toMatchObject({ cursor: 3, dueThrough: 3 });
    expect(portal.stream(`delivery-${gone}`)).toEqual([]);
    expect(portal.rebuilt()[0]).toEqual(portal.rebuilt()[1]);
    await portal.configure(off, { enabled: true, catchUp: 'SINCE_LAST_ON' });
    expect(portal.pending(off)).toBe(0);
  });

  it('cost nothing once they are removed and gone', async () => {
    const portal = await aPortal();
    for (let nth = 0; nth < 20; nth += 1) {
      await portal.remove(await portal.create(`webhook ${nth}`, { destinationId: portal.destinations.second }));
    }
    expect(portal.models.webhooks.ofPortal(portal.portalId)).toHaveLength(1);
    await portal.login(3);
    await portal.deliver(portal.portalId, 1, 3);
    const head = portal.log.head();
    await portal.prune();
    expect(portal.typesAfter(head).length).toBeLessThan(3);
  });

  it('keep logins of a webhook that is created between the snapshots and the pruning', async () => {
    const portal = await aPortal();
    await portal.login(3);
    await portal.deliver(portal.portalId, 1, 3);
    const { portalId } = portal;
    const prunable = await portal.execute('snapshotLanes', { portalId, cut: EVERYTHING }, CAUSE);
    if (!prunable) throw new Error('nothing can be pruned');
    const off = await portal.create('off', { destinationId: portal.destinations.second, enabled: false });
    expect(await portal.execute('pruneHistory', { portalId, ...prunable, limit: 100 }, CAUSE)).toMatchObject({
      logins: 0,
    });
    await portal.configure(off, { enabled: true, catchUp: 'SINCE_LAST_ON' });
    expect(portal.pending(off)).toBe(3);
  });
});

describe('a removed webhook', () => {
  /** A portal with a removed webhook `archive` that has 2 undelivered logins. */
  async function withRemoved() {
    const portal = await aPortal();
    const archive = await portal.create('archive', { destinationId: portal.destinations.second });
    await portal.login(2);
    await portal.remove(archive);
    return { ...portal, archive };
  }

  it('can be read until nothing of it is undelivered', async () => {
    const portal = await withRemoved();
    expect(portal.names()).toEqual(['default', 'archive']);
    expect(portal.status(portal.archive)).toMatchObject({ state: 'UNCONFIGURED', undeliveredTotal: 2 });
    const ids = portal.ids(portal.archive);
    await portal.execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE);
    expect(portal.names()).toEqual(['default']);
    await expect(portal.configure(portal.archive, { enabled: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await portal.create('archive', { destinationId: portal.destinations.second })).not.toBe(portal.archive);
  });

  it('continues when its name is created again', async () => {
    const portal = await withRemoved();
    await portal.login(1);
    const again = await portal.create('archive', { destinationId: portal.destinations.third });
    expect(again).toBe(portal.archive);
    expect(portal.status(again)).toMatchObject({ enabled: true, undeliveredTotal: 2, pending: 0 });
  });

  it('has its logins redelivered through another webhook of the portal, and counts them itself', async () => {
    const portal = await withRemoved();
    const { archive, portalId } = portal;
    const ids = portal.ids(archive);
    await expect(portal.execute('redeliver', { ids }, CAUSE)).rejects.toMatchObject({ code: 'WEBHOOK_UNCONFIGURED' });
    await portal.execute('redeliver', { ids, webhookId: portalId }, CAUSE);
    await portal.deliver(archive, 1, 2, success, portalId);
    expect(portal.status(archive)).toMatchObject({ deliveredTotal: 2, undeliveredTotal: 0 });
    expect(portal.status()).toMatchObject({ deliveredTotal: 0, pending: 2 });
    expect(portal.names()).toEqual(['default']);
    expect(portal.rebuilt()[0]).toEqual(portal.rebuilt()[1]);
  });

  it('waits after a redelivery through another webhook failed, as a webhook of its own would', async () => {
    const portal = await withRemoved();
    const { archive, portalId } = portal;
    await portal.execute('redeliver', { ids: portal.ids(archive), webhookId: portalId }, CAUSE);
    await portal.deliver(archive, 1, 2, unauthorized, portalId);
    expect(portal.lane(archive).redelivery).toMatchObject({ recovering: false, abandonedInARow: 1 });
    expect(portal.status(archive).nextAttemptAt).toBe(portal.lane(archive).redelivery.probeDueAt);
  });

  it('does not send through another webhook that is itself configured for the range, or of another portal', async () => {
    const portal = await aPortal();
    const archive = await portal.create('archive', { destinationId: portal.destinations.second });
    await portal.login(1);
    await portal.deliver(archive, 1, 1, unauthorized);
    const ids = portal.ids(archive);
    const redeliver = (webhookId: string) => portal.execute('redeliver', { ids, webhookId }, CAUSE);
    await expect(redeliver(portal.portalId)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await portal.remove(archive);
    await expect(redeliver(await portal.registerPortal())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('retiring a portal removes all its webhooks', async () => {
  const portal = await aPortal();
  const archive = await portal.create('archive', { destinationId: portal.destinations.second });
  await portal.login(2);
  await portal.retirePortal(portal.portalId);
  for (const id of [portal.portalId, archive]) {
    expect(portal.status(id)).toMatchObject({ state: 'UNCONFIGURED', undeliveredTotal: 2 });
  }
});

it('a destination of any webhook cannot be deleted; the refusal names the webhook', async () => {
  const portal = await aPortal();
  await portal.create('archive', { destinationId: portal.destinations.second, enabled: false });
  await expect(portal.deleteDestination(portal.destinations.second)).rejects.toMatchObject({
    code: 'DESTINATION_IN_USE',
    message: expect.stringContaining('"archive" of Portal'),
  });
});

describe('a redelivery through another webhook', () => {
  /** A removed webhook with two undelivered ranges of one login, and two other webhooks. */
  async function withTwoSenders() {
    const portal = await aPortal();
    const removed = await portal.create('removed', { destinationId: portal.destinations.second });
    await portal.login(2);
    await portal.deliver(removed, 1, 1, unauthorized);
    await portal.deliver(removed, 2, 2, unauthorized);
    await portal.remove(removed);
    const other = await portal.create('other', { destinationId: portal.destinations.third });
    const redeliver = (ids: string[], webhookId: string) => portal.execute('redeliver', { ids, webhookId }, CAUSE);
    const next = () => {
      const lane = portal.lane(removed);
      return nextStep(lane, laneContext(removed, lane, { log: portal.log, models: portal.models, now: portal.now() }));
    };
    return { ...portal, removed, other, redeliver, next };
  }
  const unavailable = { ...unauthorized, verdict: 'RETRYABLE' as const, responseCode: 503 };

  it('ends if a person asks for a third webhook, or if the sending webhook is turned off', async () => {
    const { removed, other, portalId, redeliver, next, ids, deliver, configure } = await withTwoSenders();
    await redeliver(ids(removed), portalId);
    await deliver(removed, 1, 1, unavailable, portalId);
    expect(next()).toMatchObject({ type: 'WAIT' });
    await redeliver(ids(removed), other);
    expect(next()).toMatchObject({ type: 'END' });
    await redeliver(ids(removed), portalId);
    expect(next()).toMatchObject({ type: 'ATTEMPT' });
    await configure(portalId, { enabled: false });
    expect(next()).toMatchObject({ type: 'END' });
  });

  it('does not wait for a webhook whose receiver is dead', async () => {
    const { removed, other, portalId, redeliver, next, ids, deliver, wait } = await withTwoSenders();
    const [first = '', second = ''] = ids(removed);
    await redeliver([first], portalId);
    await redeliver([second], other);
    await deliver(removed, 1, 1, unauthorized, portalId);
    wait(1_000);
    expect(next()).toMatchObject({ type: 'START', range: { firstVersion: 2 } });
  });
});
