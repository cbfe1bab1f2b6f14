import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';
import type { ChildOptions, CrashPoint, FromChild, ToChild } from './crash-child.js';

export interface CrashServer {
  pid: number;
  /** Of GraphQL. */
  url: string;
  /** The administrator's token, on the first start of a data directory. */
  firstToken: string | null;
  /** Where the log ended when it was opened. */
  head: number;
  /** From now on, coming by the crash point counts. */
  arm: () => void;
  /** Closes it in order. */
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
  exited: Promise<Exit>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Where it ended itself, when by the clock of `process.hrtime`, with which delivery, and how often it had come by. */
  hit: { point: CrashPoint; hits: number; at: bigint; deliveryId?: string } | null;
}

const CHILD = join(import.meta.dirname, 'crash-child.ts');

const directories: string[] = [];
const running = new Set<ChildProcess>();

afterAll(() => {
  // The group: a tracer that is killed lets the server live on.
  for (const { pid } of running) if (pid) process.kill(-pid, 'SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone after the tests of the file. */
export function crashDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'auditwire-crash-'));
  directories.push(directory);
  return directory;
}

/**
 * Starts a server in a process of its own and waits until it listens.
 *
 * @param under a command line to run it under, such as strace with its options
 */
export async function startCrashServer(
  options: Omit<ChildOptions, 'life' | 'deliver'> & Partial<ChildOptions>,
  under: string[] = [],
): Promise<CrashServer> {
  const given: ChildOptions = { life: 0, deliver: true, ...options };
  const line = [...under, process.execPath, '--import', 'tsx', CHILD, JSON.stringify(given)];
  const child = spawn(line[0] ?? '', line.slice(1), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true });
  running.add(child);
  const exited = exitOf(child);
  const tell = (message: ToChild) => void child.send(message);
  const ready = await Promise.race([
    once(child, 'message').then(([message]: FromChild[]) => message),
    exited.then(({ code, signal }) =>
      Promise.reject(new Error(`The server ended with ${code ?? signal} at its start`)),
    ),
  ]);
  if (!ready) throw new Error('The server said nothing');
  const { pid, port, firstToken, head } = ready;
  return {
    pid,
    url: `http://127.0.0.1:${port}/graphql`,
    firstToken,
    head,
    arm: () => tell('arm'),
    stop() {
      tell('stop');
      return exited;
    },
    kill() {
      process.kill(pid, 'SIGKILL');
      return exited;
    },
    exited,
  };
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const [said, [code, signal]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  running.delete(child);
  const hit: { point: CrashPoint; hits: number; at: string; deliveryId?: string } | null = said
    ? JSON.parse(said)
    : null;
  return { code, signal, hit: hit && { ...hit, at: BigInt(hit.at) } };
}
