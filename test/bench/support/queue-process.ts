/** A BullMQ worker that does with a job what Auditwire does with a batch. Started by queue.ts. */
import { Worker } from 'bullmq';
import { cef } from '../../../src/domain/formats/cef.js';
import { entryOf } from '../../../src/domain/formats/entry.js';
import { compressed, createPost, createSignText, IN_FLIGHT } from './deliver.js';
import { lineSettings } from './lines.js';
import { type Job, QUEUE, type QueueWork } from './queue.js';

const { socket, organizationId, url, ca }: QueueWork = JSON.parse(process.argv[2] ?? '');
const line = lineSettings(organizationId);
const post = createPost(url, ca);
const signText = createSignText('node:crypto');
process.on('disconnect', () => process.exit(0));

const worker = new Worker<Job>(QUEUE, ({ data }) => deliver(data), {
  connection: { path: socket },
  concurrency: IN_FLIGHT,
});
worker.on('error', (error) => process.stderr.write(`${error.stack}\n`));
worker.on('failed', (_, error) => process.stderr.write(`${error.stack}\n`));

async function deliver({ portalId, logins }: Job): Promise<void> {
  const text = await signText(logins.map((login) => cef.write(entryOf(login, portalId, line))));
  // Compressing one line gains nothing.
  await post(logins.length > 1 ? await compressed(text) : text);
}
