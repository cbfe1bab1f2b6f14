import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Endpoint } from './connection.js';

export interface SteadyLoad {
  endpoint: Endpoint;
  portalId: string;
  /** Logins, whether the last one is answered or not. */
  perSecond: number;
  forSeconds: number;
  /** As many at a time. */
  connections: number;
}

/** The least part of the rate that must have been recorded for the load to have been what it is called. */
const KEPT = 0.9;

/**
 * Does `work` while another process records logins; starts steady-load-process.ts for as long.
 *
 * @throws if a login was not recorded, or not all of them at about the rate asked for
 */
export async function underSteadyLoad<T>(load: SteadyLoad, work: () => Promise<T>): Promise<T> {
  const child = fork(join(import.meta.dirname, 'steady-load-process.js'), { execArgv: [] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const failed = ended.then((code) => Promise.reject(new Error(`The load ended with ${code}`)));
  const next = () => Promise.race([new Promise<unknown>((resolve) => child.once('message', resolve)), failed]);
  try {
    child.send({ ...load, endpoint: { url: load.endpoint.url, token: load.endpoint.token } });
    await next();
    const recorded = next();
    const [result] = await Promise.all([work(), recorded]);
    const perSecond = Number(await recorded);
    if (perSecond < load.perSecond * KEPT) {
      throw new Error(
        `${Math.round(perSecond)} logins/s were recorded of ${load.perSecond}: the server is too slow for this`,
      );
    }
    return result;
  } finally {
    failed.catch(() => {});
    if (child.connected) child.disconnect();
    child.kill();
    await ended;
  }
}
