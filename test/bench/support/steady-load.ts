import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Endpoint } from './connection.js';

export interface SteadyLoad {
  endpoint: Endpoint;
  portalId: string;
  /** Logins per second, even if the last one is not answered yet. */
  perSecond: number;
  forSeconds: number;
  /** Most calls at a time. */
  connections: number;
}

/**
 * Runs `work` while another process (steady-load-process.ts) records logins.
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
