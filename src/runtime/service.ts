/** The contract of everything that starts and stops. */

/**
 * - `start` resolves when the service works; calls while it starts or works give the same promise. After `stop` it does nothing.
 * - `stop` ends new work, lets work that has begun end, and gives back what the service holds; every call gives the same promise.
 *   While the service starts, it waits for that first. Before `start`, the service never starts.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Makes a service that keeps the contract.
 *
 * @param work `start` is called once at most; `stop` once, even if the service never started
 */
export function createService(
  name: string,
  work: { start?: () => void | Promise<void>; stop: () => void | Promise<void> },
): Service {
  let started: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;
  let isStarting = false;

  async function start(): Promise<void> {
    isStarting = true;
    try {
      await work.start?.();
    } finally {
      isStarting = false;
    }
  }

  async function stop(): Promise<void> {
    if (isStarting) await started?.catch(() => {});
    await work.stop();
  }

  return {
    name,
    start() {
      if (stopped && !started) return Promise.resolve();
      started ??= start();
      return started;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/**
 * Stops services at the same time.
 *
 * @param deadlineMs how long to wait for them; services that take longer go on stopping
 * @returns the names of the services that had not stopped by then
 */
export async function stopAll(services: readonly Service[], deadlineMs = Number.POSITIVE_INFINITY): Promise<string[]> {
  const late = new Set(services.map(({ name }) => name));
  const all = Promise.all(services.map((service) => service.stop().then(() => late.delete(service.name))));
  if (deadlineMs === Number.POSITIVE_INFINITY) {
    await all;
    return [];
  }
  let timer: NodeJS.Timeout | undefined;
  // A service that fails after the deadline must not end the process.
  all.catch(() => {});
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([all, passed]);
  clearTimeout(timer);
  return [...late];
}
