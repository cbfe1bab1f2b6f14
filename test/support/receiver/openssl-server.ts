import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../server/app.js';

/** Without `openssl`, the tests that need it are skipped, except in CI. */
export const LACKS_OPENSSL = !process.env['CI'] && spawnSync('openssl', ['version']).error !== undefined;

/**
 * The server of OpenSSL on a free loopback port. Unlike the server of Node, it sends an alert that states why it rejects a
 * certificate.
 *
 * @param options of `openssl s_server`; `files` are written to disk and passed as the options with their names
 */
export async function startOpensslServer(options: string[], files: Record<string, string>): Promise<{ url: string }> {
  const directory = temporaryDirectory();
  const given = Object.entries(files).flatMap(([name, content]) => {
    const file = join(directory, `${name}.pem`);
    writeFileSync(file, content);
    return [`-${name}`, file];
  });
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...given, ...options], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  await once(server, 'spawn');
  for await (const line of createInterface(server.stdout)) {
    const port = /^ACCEPT 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port) {
      server.stdout.resume();
      return { url: `https://127.0.0.1:${port}/` };
    }
  }
  throw new Error('openssl s_server did not start');
}
