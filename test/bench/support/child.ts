import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A script of this folder in its own process. It sends a message when it is ready, and then one answer for each question. */
export interface Child<Ready> {
  process: ChildProcess;
  ready: Ready;
  /** Only one question at a time is allowed. */
  ask<Answer>(question: object): Promise<Answer>;
  /** Disconnects: the script must end then. */
  stop(): Promise<void>;
}

/** @param script a compiled file, such as `receiver-process.js` */
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
