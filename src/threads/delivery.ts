/** The delivery thread: the engine and the connections to the receivers, over a connection of its own that reads. */
import { availableParallelism } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Config } from '../config.js';
import type { Render } from '../delivery/batch/render.js';
import { createDeliveryServices, createRender } from '../delivery/delivery-service.js';
import { createAddressGuard } from '../delivery/egress/address-guard.js';
import { createSender } from '../delivery/transport/sender.js';
import { loginCount } from '../domain/login-range.js';
import { createTail } from '../log/tail.js';
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
export type FromDelivery = { recorded: object } | { fault: unknown; portalId: string } | 'stopped';

/** Two keep two cores busy with the signatures of a single portal; more than eight have nothing to do. */
const SIGNERS = Math.min(8, Math.max(2, availableParallelism() - 1));

/** So few lines are rendered sooner than another thread has woken. */
const FEW_LINES = 8;

const { port, line, allowedAddresses, egressProxy, ...data } = workerData as DeliveryData;
const say = (message: FromDelivery) => parentPort?.postMessage(message);

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
  onRecorded: (recorded) => say({ recorded }),
  onFault: (fault, portalId) => say({ fault: serializableError(fault), portalId }),
});

parentPort?.on('message', (message: ToDelivery) => {
  if (message === 'start') void engine.start();
  else void engine.stop().then(() => say('stopped'));
});
