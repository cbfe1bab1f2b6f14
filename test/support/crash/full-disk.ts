/** Ways to have a data directory on a disk that is full for a while. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../server/app.js';

export interface SmallDisk {
  directory: string;
  /** @param pid of the server that writes to it */
  fill(pid: number): Promise<void>;
  free(): Promise<void>;
}

const DISK_MB = 24;
/** So little room that a commit does not fit. */
const STEP_BYTES = 4_096;

const mount = (target: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0700`, 'tmpfs', target]).status === 0;
const unmount = (target: string) => spawnSync('umount', ['--lazy', target]).status === 0;

/** Whether this process may mount a file system: containers mostly may not. */
export function mayMount(): boolean {
  const target = join('/tmp', `auditwire-mount-${process.pid}`);
  mkdirSync(target);
  const may = mount(target) && unmount(target);
  rmSync(target, { recursive: true });
  return may;
}

/** A file system of a few MB, filled up with a file. */
export function smallFileSystem(): SmallDisk {
  const directory = temporaryDirectory();
  mount(directory);
  onTestFinished(() => void unmount(directory));
  const ballast = join(directory, 'ballast');
  return {
    directory,
    async fill() {
      const file = openSync(ballast, 'a');
      const chunk = Buffer.alloc(STEP_BYTES, 'x');
      try {
        for (;;) writeSync(file, chunk);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    async free() {
      rmSync(ballast);
    },
  };
}

/** A directory whose database the system has no room for, as strace tells the server. */
export function refusedWrites(): SmallDisk {
  const directory = temporaryDirectory();
  let strace: ChildProcess | null = null;
  const free = async () => {
    const ended = new Promise((resolve) => strace?.once('exit', resolve));
    strace?.kill('SIGINT');
    await ended;
    strace = null;
  };
  return {
    directory,
    async fill(pid) {
      const files = ['auditwire.db', 'auditwire.db-wal'].flatMap((file) => ['-P', join(directory, 'data', file)]);
      const inject = ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=ENOSPC'];
      const tracer = spawn('strace', ['-f', ...files, ...inject, '-o', '/dev/null', '-p', String(pid)]);
      strace = tracer;
      onTestFinished(() => void tracer.kill('SIGINT'));
      const threads = readdirSync(`/proc/${pid}/task`).length;
      let said = '';
      await new Promise<void>((resolve, reject) => {
        tracer.once('exit', () => reject(new Error(`strace ended: ${said}`)));
        tracer.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes(`with ${threads} threads`)) resolve();
        });
      });
    },
    free,
  };
}
