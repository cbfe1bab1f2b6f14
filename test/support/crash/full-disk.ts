/** Ways to put a data directory on a disk that is full for some time. */
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
/** The disk is filled in steps of this size: less room than a commit needs is left. */
const STEP_BYTES = 4_096;

const mount = (target: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0700`, 'tmpfs', target]).status === 0;
const unmount = (target: string) => spawnSync('umount', ['--lazy', target]).status === 0;

/** Whether this process may mount a file system. Most containers may not. */
export function mayMount(): boolean {
  const target = join('/tmp', `auditwire-mount-${process.pid}`);
  mkdirSync(target);
  const isAllowed = mount(target) && unmount(target);
  rmSync(target, { recursive: true });
  return isAllowed;
}

/** A file system of 24 MB. A file fills it. */
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

/** A directory for which strace makes every write to the database fail with ENOSPC. */
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
      let output = '';
      await new Promise<void>((resolve, reject) => {
        tracer.once('exit', () => reject(new Error(`strace ended: ${output}`)));
        tracer.stderr.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes(`with ${threads} threads`)) resolve();
        });
      });
    },
    free,
  };
}
