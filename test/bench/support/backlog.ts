/** Logins that wait, made once and copied for each run, so that every run begins with the same files. */
import { closeSync, cpSync, fsyncSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Filled, fill } from './fill.js';
import { type Receiver, startReceiver } from './receiver.js';

const DRAIN_DEADLINE_MS = 120_000;

/** Something in a process of its own. */
export interface Running {
  stop(): Promise<void>;
}

export interface Backlog {
  /** Is only read and copied. */
  directory: string;
  filled: Filled;
  receiver: Receiver;
  /** Starts what delivers the logins, in a copy of the data directory, and measures it to the last line. */
  drain(start: (directory: string) => Running | Promise<Running>): Promise<{ perSecond: number }>;
  close(): Promise<void>;
}

/** Logins of portals whose webhooks point at a receiver that runs, recorded while nothing delivered them. */
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

/** Gives `use` a copy of a directory, at a path of its own unless told, and removes it afterwards. */
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

/** A copy of a directory, for the caller to remove. */
export function copyOf(original: string, target: string = temporaryDirectory()): string {
  cpSync(original, target, { recursive: true });
  // Or the first sync of the run would write the copy, too.
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

/** Starts what delivers `lines` lines to the receiver: how many arrive per second, from the first batch to the last. */
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
