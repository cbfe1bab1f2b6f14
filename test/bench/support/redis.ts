import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Running, remove, temporaryDirectory } from './backlog.js';

const STARTS_WITHIN_MS = 10_000;

/** @returns why Redis cannot run here, or null */
export function missingRedis(): string | null {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'redis-server is not installed';
  }
}

/** Starts an empty Redis on a Unix socket. Like Auditwire, it syncs every write before it answers. */
export async function startRedis(): Promise<Running & { socket: string }> {
  const directory = temporaryDirectory();
  const socket = join(directory, 'redis.sock');
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const place = ['--port', '0', '--unixsocket', socket, '--dir', directory];
  const child = spawn('redis-server', [...place, ...durable], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill());
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    remove(directory);
  };
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (!existsSync(socket)) {
    if (Date.now() > deadline) {
      await stop();
      throw new Error('redis-server did not start');
    }
    await setTimeout(20);
  }
  return { socket, stop };
}
