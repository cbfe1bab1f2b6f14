/** A BullMQ worker that does with a job what Auditwire does with a batch. Started by queue.ts. */
import { Worker } from 'bullmq';
import { cef } from '../../../src/domain/formats/cef.js';
import { entryOf } from '../../../src/domain/formats/entry.js';
import { compressed, createPost, IN_FLIGHT, signed } from './deliver.js';
import { lineSettings } from './lines.js';
import { type Job, QUEUE, type QueueWork } from './queue.js';

const { socket, organizationId, url, ca }: QueueWork = JSON.parse(process.argv[2] ?? '');
const line = lineSettings(organizationId);
const post = createPost(url, ca);
process.on('disconnect', () => process.exit(0));

const worker = new Worker<Job>(QUEUE, ({ data }) => deliver(data), {
  connection: { path: socket },
  concurrency: IN_FLIGHT,
});
worker.on('error', (error) => process.stderr.write(`${error.stack}\n`));
worker.on('failed', (_, error) => process.stderr.write(`${error.stack}\n`));

async function deliver({ portalId, logins }: Job): Promise<void> {
  const lines = logins.map((login) => signed(cef.write(entryOf(login, portalId, line))));
  const text = (await Promise.all(lines)).join('\n');
  // Compressing one line gains nothing.
  await post(lines.length > 1 ? await compressed(text) : text);
}
