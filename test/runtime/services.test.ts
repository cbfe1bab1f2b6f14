import { describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.js';
import { createDeliveryServices, createRender } from '../../src/delivery/delivery-service.js';
import { createAddressGuard } from '../../src/delivery/egress/address-guard.js';
import { createSender } from '../../src/delivery/transport/sender.js';
import { createHttpServer } from '../../src/http/server.js';
import { createQueue } from '../../src/log/queue.js';
import { createTail } from '../../src/log/tail.js';
import { createRetention } from '../../src/maintenance/retention.js';
import { systemClock } from '../../src/runtime/clock.js';
import { createLogger } from '../../src/runtime/logger.js';
import { systemRandom } from '../../src/runtime/random.js';
import type { Service } from '../../src/runtime/service.js';
import { createSecrets } from '../../src/vault/secrets.js';
import { createSigners } from '../../src/vault/signing-keys.js';
import { openLog } from '../support/log/fixture.js';
import { temporaryDirectory, testConfig } from '../support/server/app.js';

const logger = createLogger('silent');
const sender = () =>
  createSender({ guard: createAddressGuard([]), clock: systemClock, userAgent: 'test', egressProxy: null });

const anApp = (): Promise<App> => createApp(testConfig(temporaryDirectory()), logger);

function aQueue() {
  const committed = { head: 0, touched: [], writable: true };
  return createQueue({
    commit: async (group) => ({ ...committed, results: group.map(() => ({ result: null })) }),
    groupsInFlight: 1,
    eventCount: () => 1,
    clock: systemClock,
    onCommit: () => {},
  });
}

function anEngine(): Service {
  const { log, models, connection } = openLog();
  const secrets = createSecrets(connection.db, Buffer.alloc(32), systemRandom);
  const reading = { log, models, secrets, signers: createSigners(models.issuer.signingKey, secrets) };
  const render = createRender(reading, false);
  return createDeliveryServices({
    ...reading,
    line: testConfig('unused').line,
    egressProxy: null,
    commands: aQueue(),
    tail: createTail(log),
    guard: createAddressGuard([]),
    clock: systemClock,
    random: systemRandom,
    createSender: sender,
    render: async (plan) => render(plan),
    renderers: 1,
    onRecorded: () => {},
    onFault: () => {},
  }).engine;
}

/** Every service of a server that runs in one thread. Each opens only what it needs. */
const services: Record<string, () => Service | Promise<Service>> = {
  app: anApp,
  commands: aQueue,
  delivery: anEngine,
  sender,
  tail: () => createTail(openLog().log),
  async http() {
    const { services: shared } = await anApp();
    return createHttpServer(shared, { host: '127.0.0.1', port: 0 }, logger);
  },
  async retention() {
    const { services: shared } = await anApp();
    const settings = { ageMs: 1, undeliveredAgeMs: 1, sizeBytes: null };
    return createRetention({ ...shared, logger, settings, usedBytes: () => 0 });
  },
};

describe.each(Object.entries(services))('%s', (_, open) => {
  it('starts and stops, and does both once however often it is asked to', async () => {
    const service = await open();
    await Promise.all([service.start(), service.start()]);
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
  });

  it('never starts after it was stopped before its start', async () => {
    const service = await open();
    await service.stop();
    await service.start();
    if ('port' in service) expect((service as App).port()).toBe(0);
  });

  it('stops while it starts', async () => {
    const service = await open();
    const started = service.start();
    await service.stop();
    await started;
    if ('port' in service) expect((service as App).port()).toBe(0);
  });
});
