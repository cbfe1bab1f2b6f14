/** A backlog of waiting logins. It is made once and copied for each run, so that every run begins with the same files. */
import { closeSync, cpSync, fsyncSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Filled, fill } from './fill.js';
import { type Receiver, startReceiver } from './receiver.js';

const DRAIN_DEADLINE_MS = 120_000;

/** A program in its own process. */
export interface Running {
  stop(): Promise<void>;
}

export interface Backlog {
  /** Read only: runs use copies. */
  directory: string;
  filled: Filled;
  receiver: Receiver;
  /** Starts a program that delivers the logins of a copy of the data directory, and measures it until the last line. */
  drain(start: (directory: string) => Running | Promise<Running>): Promise<{ perSecond: number }>;
  close(): Promise<void>;
}

/** Records logins of portals that deliver to a running receiver, but does not deliver them. */
export async function makeBacklog(size: { portals: number; logins: number }): Promise<Backlog> {
  const receiver = await startReceiver();
  const original = temporaryDirectory();
  const close = async () => {
    await receiver.stop();
    remove(original);
  };
  try {
    const filled = await fill(original, { ...size, receiver });
    return {
      directory: original,
      filled,
      receiver,
      drain: (start) => withCopy(original, (copy) => drain(receiver, size.logins, () => start(copy))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs `use` with a copy of a directory, at `target` or a new path, and deletes the copy afterwards. */
export async function withCopy<T>(
  original: string,
  use: (directory: string) => Promise<T>,
  target: string = temporaryDirectory(),
): Promise<T> {
  const directory = copyOf(original, target);
  try {
    return await use(directory);
  } finally {
    remove(directory);
  }
}

/** Copies a directory. The caller must delete the copy. */
export function copyOf(original: string, target: string = temporaryDirectory()): string {
  cpSync(original, target, { recursive: true });
  // Otherwise the first sync of the run would also write the copy.
  syncFiles(target);
  return target;
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'auditwire-bench-'));
  process.once('exit', () => remove(directory));
  return directory;
}

export const remove = (directory: string): void => rmSync(directory, { recursive: true, force: true });

function syncFiles(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const descriptor = openSync(join(entry.parentPath, entry.name), 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
}

/** Starts a program that delivers lines to the receiver. Returns how many arrive per second, from the first batch to the last. */
export async function drain(
  receiver: Receiver,
  lines: number,
  start: () => Running | Promise<Running>,
): Promise<{ perSecond: number }> {
  const before = (await receiver.counts()).lines;
  const arrived = Promise.all([
    receiver.until(before + 1, DRAIN_DEADLINE_MS),
    receiver.until(before + lines, DRAIN_DEADLINE_MS),
  ]);
  const running = await start();
  try {
    const [first, last] = await arrived;
    return { perSecond: (before + lines - first.lines) / ((last.lastAt - first.lastAt) / 1_000) };
  } finally {
    await running.stop();
  }
}
