import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';
import type { Action, Result } from './actions.js';
import { crashBundle } from './bundle.js';
import type { Answered, ChildOptions, FromChild, ToChild } from './child.js';
import type { CrashPoint } from './points.js';

export interface CrashServer {
  pid: number;
  /** Of GraphQL. */
  url: string;
  /** The administrator's token, on the first start of a data directory. */
  firstToken: string | null;
  /** Where the log ended when it was opened. */
  head: number;
  /** What an action came to, once it is durable; null if the server ended before it said so. */
  act(action: Action): Promise<Result | null>;
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

type Wanted = Omit<ChildOptions, 'life' | 'deliver'> & Partial<ChildOptions>;

/**
 * Starts a server in a process of its own and waits until it listens.
 *
 * @param under a command line to run it under, such as strace with its options
 */
export async function startCrashServer(options: Wanted, under: string[] = []): Promise<CrashServer> {
  const { open } = await loadCrashServer({ under });
  return open(options);
}

/** A server that is loaded, which takes the longest, and has not opened its data directory. */
export interface LoadedServer {
  open(options: Wanted): Promise<CrashServer>;
}

/** @param given.hasApi false: it knows actions only, and is loaded in a third of the time */
export async function loadCrashServer(given: { under?: string[]; hasApi?: boolean } = {}): Promise<LoadedServer> {
  const line = [...(given.under ?? []), process.execPath, await crashBundle(given.hasApi ?? true)];
  const child = spawn(line[0] ?? '', line.slice(1), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true });
  running.add(child);
  const exited = exitOf(child);
  return { open: (options) => opened(child, exited, { life: 0, deliver: true, ...options }) };
}

async function opened(child: ChildProcess, exited: Promise<Exit>, options: ChildOptions): Promise<CrashServer> {
  // It may end at any moment.
  const tell = (message: ToChild) => void child.send(message, () => {});
  tell({ open: options });
  const ready = await Promise.race([
    once(child, 'message').then(([message]: FromChild[]) => message),
    exited.then(({ code, signal }) =>
      Promise.reject(new Error(`The server ended with ${code ?? signal} at its start`)),
    ),
  ]);
  if (!ready) throw new Error('The server said nothing');
  const { pid, port, firstToken, head } = ready;
  const answers = new Map<number, (result: Result) => void>();
  child.on('message', ({ answered, result }: Answered) => {
    answers.get(answered)?.(result);
    answers.delete(answered);
  });
  let calls = 0;
  return {
    pid,
    url: `http://127.0.0.1:${port}/graphql`,
    firstToken,
    head,
    act(action) {
      calls += 1;
      const answer = new Promise<Result>((resolve) => answers.set(calls, resolve));
      if (child.connected) tell({ call: calls, action });
      return Promise.race([answer, exited.then(() => null)]);
    },
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
