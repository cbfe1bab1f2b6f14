import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** The command line as it is built: `npm test` builds it before it runs the tests. */
const CLI = join(ROOT, 'dist/src/cli.js');

export interface Run {
  child: ChildProcess;
  /** All of standard output and of standard error so far. */
  said(): string;
  complained(): string;
  /** Resolves when standard output contains a text; rejects if the program ends before. */
  until(text: string): Promise<void>;
  /** The exit code. */
  ended: Promise<number | null>;
}

/**
 * Runs `auditwire` in a directory, with these settings and no others.
 *
 * @param under the command line that runs the program: Node with other options, or a tracer before it
 */
export function auditwire(
  cwd: string,
  args: string[],
  env: Record<string, string> = {},
  under: readonly string[] = [process.execPath],
): Run {
  const [command = '', ...options] = under;
  return start(command, [...options, CLI, ...args], cwd, env);
}

/** Runs a script of package.json as a person does, but without the build before it. */
export function npmRun(script: string, args: string[], env: Record<string, string> = {}): Run {
  return start('npm', ['run', '--ignore-scripts', script, '--', ...args], ROOT, env);
}

function start(command: string, args: string[], cwd: string, env: Record<string, string>): Run {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, { cwd, env: { PATH, HOME, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    for (const check of waiting) check();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  return {
    child,
    said: () => out,
    complained: () => err,
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!out.includes(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        void ended.then((code) => reject(new Error(`ended with ${code} before it wrote "${text}": ${out}${err}`)));
        check();
      }),
    ended,
  };
}
