import { once } from 'node:events';
import { type MessagePort, Worker } from 'node:worker_threads';
import { openReader } from '../../db/open.js';
import type { Reading } from '../delivery/delivery-service.js';
import { createLogReader } from '../log/sqlite/read.js';
import { createReadModels } from '../projections/read-models.js';
import { systemRandom } from '../runtime/random.js';
import { createSecrets } from '../vault/secrets.js';
import { createSigners } from '../vault/signing-keys.js';

/** What a thread needs to read the data directory by itself. */
export interface DataAccess {
  dataDir: string;
  masterKey: Uint8Array;
}

/** Opens a connection that reads. It stays open until the thread ends. */
export function openReading({ dataDir, masterKey }: DataAccess): Reading {
  const { db } = openReader(dataDir);
  const models = createReadModels(db);
  const secrets = createSecrets(db, Buffer.from(masterKey), systemRandom);
  return { log: createLogReader(db), models, secrets, signers: createSigners(models.issuer.signingKey, secrets) };
}

/**
 * Rendering and sending make many short-lived objects. By default, V8 lets each thread collect 48 MB of them before it frees
 * memory.
 */
const LIMITS = {
  writer: {},
  delivery: { maxYoungGenerationSizeMb: 8 },
  signer: { maxYoungGenerationSizeMb: 8 },
};

/**
 * Starts a thread from its file beside this one.
 *
 * @param onExit called if it ends by itself, which is always an error: nothing works without it
 */
export function spawn(
  name: keyof typeof LIMITS,
  workerData: object,
  transfer: readonly MessagePort[],
  onExit: (error: unknown) => void,
): Worker {
  const file = new URL(`./${name}.js`, import.meta.url);
  const thread = new Worker(file, { name, workerData, transferList: [...transfer], resourceLimits: LIMITS[name] });
  thread.once('error', onExit);
  thread.once('exit', (code) => onExit(new Error(`The ${name} thread ended with exit code ${code}`)));
  return thread;
}

/** Ends a thread at once. */
export async function end(thread: Worker): Promise<void> {
  thread.removeAllListeners('exit');
  await thread.terminate();
}

/** Sends a thread the message to close, and waits until it has ended. */
export async function close(thread: Worker): Promise<void> {
  thread.removeAllListeners('exit');
  thread.postMessage('close');
  await once(thread, 'exit');
}
