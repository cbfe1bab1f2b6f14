import type { Bench } from '../row.js';

type Own = <T extends { stop(): Promise<void> }>(started: T) => T;

/** Prepares the two sides of a row. Everything given to `own` is stopped, last first, when the row is closed or cannot be prepared. */
export async function owning(make: (own: Own) => Promise<Omit<Bench, 'close'>>): Promise<Bench> {
  const owned: { stop(): Promise<void> }[] = [];
  const close = async () => {
    for (let last = owned.pop(); last; last = owned.pop()) await last.stop();
  };
  try {
    const sides = await make((started) => {
      owned.push(started);
      return started;
    });
    return { ...sides, close };
  } catch (error) {
    await close();
    throw error;
  }
}
