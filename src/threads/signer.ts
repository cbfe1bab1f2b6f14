/** A signing thread: renders one batch per message. Ed25519 limits the speed of signed delivery. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Plan } from '../delivery/batch/render.js';
import { createRender } from '../delivery/delivery-service.js';
import { serializableError } from './serializable-error.js';
import { type DataAccess, openReading } from './spawn.js';

export interface SignerData extends DataAccess {
  unsigned: boolean;
}

const data = workerData as SignerData;
const render = createRender(openReading(data), data.unsigned);

parentPort?.on('message', ({ id, plan }: { id: number; plan: Plan }) => {
  try {
    parentPort?.postMessage({ id, rendered: render(plan) });
  } catch (error) {
    parentPort?.postMessage({ id, error: serializableError(error) });
  }
});
