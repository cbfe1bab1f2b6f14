/** The contract of everything that starts and stops. */

/**
 * - `start` resolves when the service works. Every call returns the same promise. After a `stop`, it starts nothing.
 * - `stop` accepts no new work, waits for work in progress, and frees the resources of the service. Every call returns the
 *   same promise. If the service is starting, `stop` waits for that first. If `stop` is called first, the service never starts.
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
 * @param deadlineMs how long to wait for them; services that take longer continue to stop
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
