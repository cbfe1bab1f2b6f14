/** The writer thread: it has the only connection that writes. If the disk is slow, only this thread waits for it. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openWriter } from '../../db/open.js';
import { openLog } from '../commands/open-log.js';
import { systemRandom } from '../runtime/random.js';
import { serveGroups } from './channel.js';
import { serializableError } from './serializable-error.js';
import type { DataAccess } from './spawn.js';

export interface WriterData extends DataAccess {
  ports: MessagePort[];
}

const { dataDir, masterKey, ports } = workerData as WriterData;
const connection = openWriter(dataDir);
const { commit } = openLog({
  connection,
  masterKey: Buffer.from(masterKey),
  random: systemRandom,
  now: () => Date.now(),
});
serveGroups(ports, commit, (error) => parentPort?.postMessage({ fatal: serializableError(error) }));
parentPort?.on('message', () => {
  connection.sqlite.close();
  process.exit();
});
