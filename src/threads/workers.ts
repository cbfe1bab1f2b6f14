/** Starts the writer and the delivery, in their own threads or in this one, behind the same functions. */

import { MessageChannel } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Connection } from '../../db/open.js';
import { type Commands, eventCount } from '../commands/handlers.js';
import { openLog } from '../commands/open-log.js';
import type { Config } from '../config.js';
import { logAttempt } from '../delivery/attempt-log.js';
import {
  createDeliveryServices,
  createRender,
  type DeliveryServices,
  type Reading,
} from '../delivery/delivery-service.js';
import type { AddressGuard } from '../delivery/egress/address-guard.js';
import { createSender } from '../delivery/transport/sender.js';
import type { Recorded } from '../domain/event.js';
import { commitHere, createQueue } from '../log/queue.js';
import type { Tail } from '../log/tail.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import { createService, type Service } from '../runtime/service.js';
import { connectCommands } from './channel.js';
import type { DeliveryData, FromDelivery, ToDelivery } from './delivery.js';
import { close, end, spawn } from './spawn.js';
import type { WriterData } from './writer.js';

interface Workers {
  commands: Commands;
  delivery: DeliveryServices;
  /** Must be stopped after the commands are closed. */
  writer: Service;
}

interface Options {
  config: Config;
  masterKey: Buffer;
  writing: Connection;
  tail: Tail;
  logger: Logger;
  onFatal: (error: unknown) => void;
}

const faultLogger = (logger: Logger) => (error: unknown, webhookId: string) =>
  logger.error({ err: error, webhookId }, 'a delivery step failed; the lane continues after a second');

/** Runs everything in this thread. */
export function runHere(
  options: Options & {
    reading: Reading;
    guard: AddressGuard;
    clock: Clock;
    random: Random;
    createSender?: typeof createSender;
    project?: (event: Recorded) => void;
    unsigned?: boolean;
  },
): Workers {
  const { config, masterKey, writing, reading, tail, guard, clock, random, logger, project, onFatal } = options;
  const { commit } = openLog({ connection: writing, masterKey, random, now: () => clock.now(), project });
  const commands: Commands = createQueue({
    commit: commitHere(commit, onFatal),
    groupsInFlight: 1,
    eventCount,
    clock,
    onCommit: tail.wake,
  });
  const render = createRender(reading, options.unsigned ?? false);
  const delivery = createDeliveryServices({
    ...reading,
    line: config.line,
    egressProxy: config.egressProxy,
    commands,
    tail,
    guard,
    clock,
    random,
    createSender: options.createSender ?? createSender,
    render: async (plan) => render(plan),
    renderers: 1,
    onRecorded: (event, portalId) => logAttempt(event, portalId, logger),
    onFault: faultLogger(logger),
  });
  return { commands, delivery, writer: createService('writer', { stop() {} }) };
}

/** Runs the writer, the delivery and the signing in their own threads. */
export function startThreads(options: Options & { unsigned: boolean }): Workers {
  const { config, masterKey, writing, tail, logger, onFatal, unsigned } = options;
  // This connection has migrated the tables and repaired the log. From now on, only the writer thread writes.
  writing.sqlite.close();
  const ofMain = new MessageChannel();
  const ofDelivery = new MessageChannel();
  const access = { dataDir: config.dataDir, masterKey };

  const writerData: WriterData = { ...access, ports: [ofMain.port2, ofDelivery.port2] };
  const writer = spawn('writer', writerData, [ofMain.port2, ofDelivery.port2], onFatal);
  writer.on('message', ({ fatal }: { fatal: unknown }) => onFatal(fatal));

  const { line, allowedAddresses, egressProxy } = config;
  const deliveryData: DeliveryData = {
    ...access,
    unsigned,
    port: ofDelivery.port1,
    line,
    allowedAddresses,
    egressProxy,
  };
  const thread = spawn('delivery', deliveryData, [ofDelivery.port1], onFatal);
  const onFault = faultLogger(logger);
  const stopped = new Promise<void>((resolve) => {
    thread.on('message', (message: FromDelivery) => {
      if (message === 'stopped') resolve();
      else if ('recorded' in message) logAttempt(message.recorded as Recorded, message.portalId, logger);
      else onFault(message.fault, message.webhookId);
    });
  });
  const send = (message: ToDelivery) => thread.postMessage(message);

  return {
    commands: connectCommands(ofMain.port1, systemClock, tail.wake),
    delivery: {
      engine: createService('delivery', {
        start: () => send('start'),
        stop() {
          send('stop');
          return stopped;
        },
      }),
      sender: createService('sender', { stop: () => end(thread) }),
    },
    writer: createService('writer', {
      async stop() {
        ofMain.port1.close();
        await close(writer);
      },
    }),
  };
}
