import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Endpoint } from './connection.js';

export interface SteadyLoad {
  endpoint: Endpoint;
  portalId: string;
  /** Logins, whether the last one is answered or not. A server that is slower than this has them waiting all the time. */
  perSecond: number;
  forSeconds: number;
  /** As many at a time. */
  connections: number;
}

/**
 * Does `work` while another process records logins; starts steady-load-process.ts for it.
 *
 * @throws if a login was not recorded
 */
export async function underSteadyLoad<T>(load: SteadyLoad, work: () => Promise<T>): Promise<T> {
  const child = fork(join(import.meta.dirname, 'steady-load-process.js'), { execArgv: [] });
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`The load ended with ${String(code)}`);
  });
  try {
    const { url, token } = load.endpoint;
    child.send({ ...load, endpoint: { url, token } });
    await Promise.race([once(child, 'message'), ended]);
    const [result] = await Promise.all([work(), ended]);
    return result;
  } finally {
    child.kill();
    await ended.catch(() => {});
  }
}
