import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A script of this folder in a process of its own, which says something when it is ready, and then answers. */
export interface Child<Ready> {
  process: ChildProcess;
  ready: Ready;
  /** One question at a time. */
  ask<Answer>(question: object): Promise<Answer>;
  /** The script must end when its parent lets go of it. */
  stop(): Promise<void>;
}

/** @param script such as `receiver-process.js`, compiled */
export async function startChild<Ready>(script: string, ...args: string[]): Promise<Child<Ready>> {
  const child = fork(join(import.meta.dirname, script), args, { execArgv: [] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const message = <T>() =>
    new Promise<T>((resolve, reject) => {
      child.once('message', (answer) => resolve(answer as T));
      void ended.then((code) => reject(new Error(`${script} ended with ${code}`)));
    });
  const ready = await message<Ready>();
  return {
    process: child,
    ready,
    ask(question) {
      const answer = message<never>();
      child.send(question);
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
