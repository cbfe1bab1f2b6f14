/** Logins as BullMQ jobs on a Redis that syncs every write, and a worker in its own process. */
import { Queue } from 'bullmq';
import type { Login } from '../../../src/domain/login.js';
import { drain } from './backlog.js';
import { startProcess } from './bare-drain.js';
import type { LoginOfPortal } from './lines.js';
import type { Receiver } from './receiver.js';
import { startRedis } from './redis.js';

export const QUEUE = 'deliveries';

/** The argument of queue-process.ts, as JSON. */
export interface QueueWork {
  socket: string;
  organizationId: string;
  url: string;
  ca: string;
}

/** The data of a job. */
export interface Job {
  portalId: string;
  logins: Login[];
}

const JOBS_IN_A_CALL = 1_000;

/** Enqueues jobs of up to `size` logins, then starts the worker and measures it. */
export async function drainQueue(
  logins: readonly LoginOfPortal[],
  size: number,
  receiver: Receiver,
  organizationId: string,
): Promise<{ perSecond: number }> {
  const redis = await startRedis();
  try {
    const queue = new Queue(QUEUE, { connection: { path: redis.socket } });
    const jobs = jobsOf(logins, size);
    while (jobs.length) {
      const some = jobs.splice(0, JOBS_IN_A_CALL);
      await queue.addBulk(some.map((data) => ({ name: 'deliver', data, opts: { removeOnComplete: true } })));
    }
    await queue.close();
    const { url, ca } = receiver;
    const work: QueueWork = { socket: redis.socket, organizationId, url, ca };
    return await drain(receiver, logins.length, () => startProcess('queue-process.js', work));
  } finally {
    await redis.stop();
  }
}

/** Jobs with logins of one portal each, like batches. */
function jobsOf(logins: readonly LoginOfPortal[], size: number): Job[] {
  const open = new Map<string, Job>();
  const jobs: Job[] = [];
  for (const { portalId, login } of logins) {
    let job = open.get(portalId);
    if (!job || job.logins.length >= size) {
      job = { portalId, logins: [] };
      open.set(portalId, job);
      jobs.push(job);
    }
    job.logins.push(login);
  }
  return jobs;
}
