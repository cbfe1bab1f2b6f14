/** The delivery thread: the engine and the connections to the receivers. It has its own connection that reads the database. */
import { availableParallelism } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Config } from '../config.js';
import type { Render } from '../delivery/batch/render.js';
import { createDeliveryServices, createRender } from '../delivery/delivery-service.js';
import { createAddressGuard } from '../delivery/egress/address-guard.js';
import { createSender } from '../delivery/transport/sender.js';
import { loginCount } from '../domain/login-range.js';
import { createTail } from '../log/tail.js';
import { isAttempt } from '../queries/deliveries.js';
import { systemClock } from '../runtime/clock.js';
import { systemRandom } from '../runtime/random.js';
import { connectCommands } from './channel.js';
import { serializableError } from './serializable-error.js';
import type { SignerData } from './signer.js';
import { createSigningPool } from './signing-pool.js';
import { openReading } from './spawn.js';

export interface DeliveryData extends SignerData, Pick<Config, 'line' | 'allowedAddresses' | 'egressProxy'> {
  port: MessagePort;
}

export type ToDelivery = 'start' | 'stop';
export type FromDelivery = { recorded: object; portalId: string } | { fault: unknown; webhookId: string } | 'stopped';

/** Two threads keep two cores busy with the signatures of one portal; more than eight would have nothing to do. */
const SIGNERS = Math.min(8, Math.max(2, availableParallelism() - 1));

/** At most this many lines are rendered here, because that is faster than to wake another thread. */
const FEW_LINES = 8;

const { port, line, allowedAddresses, egressProxy, ...data } = workerData as DeliveryData;
const report = (message: FromDelivery) => parentPort?.postMessage(message);

const reading = openReading(data);
const tail = createTail(reading.log);
const renderHere = createRender(reading, data.unsigned);
const renderInPool = createSigningPool(SIGNERS, data, (error) => {
  throw error;
});
const render: Render = async (plan) => (loginCount(plan) <= FEW_LINES ? renderHere(plan) : renderInPool(plan));

const { engine } = createDeliveryServices({
  ...reading,
  line,
  tail,
  commands: connectCommands(port, systemClock, tail.wake),
  guard: createAddressGuard(allowedAddresses),
  egressProxy,
  clock: systemClock,
  random: systemRandom,
  createSender,
  render,
  renderers: SIGNERS,
  onRecorded(recorded, portalId) {
    // Each message wakes the main thread, which only logs attempts.
    if (isAttempt(recorded)) report({ recorded, portalId });
  },
  onFault: (fault, webhookId) => report({ fault: serializableError(fault), webhookId }),
});

parentPort?.on('message', (message: ToDelivery) => {
  if (message === 'start') void engine.start();
  else void engine.stop().then(() => report('stopped'));
});
