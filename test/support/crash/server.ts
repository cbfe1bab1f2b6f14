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
  /** The URL of GraphQL. */
  url: string;
  /** The administrator's token, on the first start of a data directory. */
  firstToken: string | null;
  /** The position of the last event when the log was opened. */
  head: number;
  /** The result of an action, once it is durable; null if the server ended before. */
  act(action: Action): Promise<Result | null>;
  /** From now on the server counts how often it reaches the crash point. */
  arm: () => void;
  /** Stops it normally. */
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
  exited: Promise<Exit>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The crash point where it killed itself, the time (`process.hrtime`), the delivery, and how often it had reached the point. */
  hit: { point: CrashPoint; hits: number; at: bigint; deliveryId?: string } | null;
}

const directories: string[] = [];
const running = new Set<ChildProcess>();

afterAll(() => {
  // The whole group: a server continues when only its tracer is killed.
  for (const { pid } of running) if (pid) process.kill(-pid, 'SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is deleted after the tests of the file. */
export function crashDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'auditwire-crash-'));
  directories.push(directory);
  return directory;
}

type ServerOptions = Omit<ChildOptions, 'processNumber' | 'deliver'> & Partial<ChildOptions>;

/**
 * Starts a server in its own process and waits until it listens.
 *
 * @param under a command line that runs it, such as strace with its options
 */
export async function startCrashServer(options: ServerOptions, under: string[] = []): Promise<CrashServer> {
  const { open } = await loadCrashServer({ under });
  return open(options);
}

/** A process that has loaded the program, which takes most of the time, and has not opened its data directory. */
export interface LoadedServer {
  open(options: ServerOptions): Promise<CrashServer>;
}

/** @param given.hasApi false: the server executes actions only, and is loaded in a third of the time */
export async function loadCrashServer(given: { under?: string[]; hasApi?: boolean } = {}): Promise<LoadedServer> {
  const line = [...(given.under ?? []), process.execPath, await crashBundle(given.hasApi ?? true)];
  const child = spawn(line[0] ?? '', line.slice(1), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true });
  running.add(child);
  const exited = exitOf(child);
  return { open: (options) => opened(child, exited, { processNumber: 0, deliver: true, ...options }) };
}

async function opened(child: ChildProcess, exited: Promise<Exit>, options: ChildOptions): Promise<CrashServer> {
  // The callback ignores the error: the server may end at any moment.
  const tell = (message: ToChild) => void child.send(message, () => {});
  tell({ open: options });
  const ready = await Promise.race([
    once(child, 'message').then(([message]: FromChild[]) => message),
    exited.then(({ code, signal }) =>
      Promise.reject(new Error(`The server ended with ${code ?? signal} while it started`)),
    ),
  ]);
  if (!ready) throw new Error('The server sent no message');
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
  const [output, [code, signal]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  running.delete(child);
  const hit: { point: CrashPoint; hits: number; at: string; deliveryId?: string } | null = output
    ? JSON.parse(output)
    : null;
  return { code, signal, hit: hit && { ...hit, at: BigInt(hit.at) } };
}
