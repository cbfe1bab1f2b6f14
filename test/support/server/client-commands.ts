import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import type { TestApp } from './app.js';
import { auditwire } from './cli.js';

interface Ended {
  code: number | null;
  /** Standard output and standard error. */
  out: string;
  err: string;
}

interface Given {
  env?: Record<string, string>;
  /** Standard input; without it, it is empty. */
  input?: string;
  cwd?: string;
}

/** Runs a command of the built program to its end. */
export async function call(args: string[], { env = {}, input = '', cwd = tmpdir() }: Given = {}): Promise<Ended> {
  const { child, ended, said, complained } = auditwire(cwd, args, env);
  child.stdin?.end(input);
  return { code: await ended, out: said(), err: complained() };
}

/** The command line of a person who has a token for a server. */
export function commandLineOf({ url, token }: Pick<TestApp, 'url' | 'token'>) {
  const settings = { AUDITWIRE_URL: url, AUDITWIRE_TOKEN: token };
  const run = (args: string[], given: Given = {}) => call(args, { ...given, env: { ...settings, ...given.env } });
  /** What a command that succeeds says on standard output; hints go to standard error. */
  const text = async (args: string[], given?: Given): Promise<string> => {
    const { code, out, err } = await run(args, given);
    expect(err).not.toContain('auditwire: ');
    expect(code).toBe(0);
    return out;
  };
  /** What a command that succeeds says to a script. */
  const json = async (args: string[], given?: Given) => {
    const { code, out, err } = await run([...args, '--json'], given);
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out);
  };
  return { run, text, json };
}
