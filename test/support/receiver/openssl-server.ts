import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../server/app.js';

/** Where it is not installed, tests of it are skipped; not in CI. */
export const LACKS_OPENSSL = !process.env['CI'] && spawnSync('openssl', ['version']).error !== undefined;

/**
 * The server of OpenSSL on a free port of the loopback. Unlike the one of Node it says in an alert why it takes no certificate.
 *
 * @param options of `openssl s_server`; `files` are written down and passed as the options of their names
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
