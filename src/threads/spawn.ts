import { once } from 'node:events';
import { type MessagePort, Worker } from 'node:worker_threads';
import { openReader } from '../../db/open.js';
import type { Reading } from '../delivery/delivery-service.js';
import { createLogReader } from '../log/sqlite/read.js';
import { createReadModels } from '../projections/read-models.js';
import { systemRandom } from '../runtime/random.js';
import { createSecrets } from '../vault/secrets.js';

/** What every thread needs to read the data directory by itself. */
export interface DataAccess {
  dataDir: string;
  masterKey: Uint8Array;
}

/** Opens a connection that reads, for as long as the thread lives. */
export function openReading({ dataDir, masterKey }: DataAccess): Reading {
  const { db } = openReader(dataDir);
  return {
    log: createLogReader(db),
    models: createReadModels(db),
    secrets: createSecrets(db, Buffer.from(masterKey), systemRandom),
  };
}

/**
 * Whoever renders and sends leaves much behind that lives for a moment only; left to itself, V8 lets each thread pile up 48 MB
 * of it before it looks.
 */
const LIMITS = {
  writer: {},
  delivery: { maxYoungGenerationSizeMb: 3 },
  signer: { maxYoungGenerationSizeMb: 3 },
};

/**
 * Starts a thread from its file beside this one.
 *
 * @param onDead called if it ends by itself, which it never should: nothing works without it
 */
export function spawn(
  name: keyof typeof LIMITS,
  workerData: object,
  transfer: readonly MessagePort[],
  onDead: (error: unknown) => void,
): Worker {
  const file = new URL(`./${name}.js`, import.meta.url);
  const thread = new Worker(file, { name, workerData, transferList: [...transfer], resourceLimits: LIMITS[name] });
  thread.once('error', onDead);
  thread.once('exit', (code) => onDead(new Error(`The ${name} thread ended with ${code}`)));
  return thread;
}

/** Cuts a thread off. */
export async function end(thread: Worker): Promise<void> {
  thread.removeAllListeners('exit');
  await thread.terminate();
}

/** Lets a thread that closes at its first message end by itself. */
export async function close(thread: Worker): Promise<void> {
  thread.removeAllListeners('exit');
  thread.postMessage('close');
  await once(thread, 'exit');
}
