/** Receivers that are the servers of others, from Debian packages, each on a free loopback port with a configuration of the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { turn } from '../log/fixture.js';
import { temporaryDirectory } from '../server/app.js';
import { freePort } from './raw-receiver.js';

/** Without these programs, the tests that need them are skipped, except in CI. */
const lacks = (program: string, option: string) =>
  !process.env['CI'] && spawnSync(program, [option]).error !== undefined;
export const LACKS_NGINX = lacks('/usr/sbin/nginx', '-v');
export const LACKS_APACHE = lacks('/usr/sbin/apache2', '-v');
export const LACKS_HAPROXY = lacks('/usr/sbin/haproxy', '-v');

interface RealServer {
  url: string;
  port: number;
  directory: string;
}

/** A directory that the server may read, whatever user it runs as. */
function openDirectory(): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o777);
  return directory;
}

/** Runs a server until the end of the test. Resolves when it accepts connections. */
async function run(program: string, options: string[], port: number): Promise<void> {
  // Apache stops its whole process group.
  const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  onTestFinished(() => ended(child));
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    await turn();
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });

/** @param server directives of its server block */
export async function startNginx(server: string): Promise<RealServer> {
  const directory = openDirectory();
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const configuration = `
    daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr;
    events {}
    http { access_log off; ${paths.join(' ')} server { listen 127.0.0.1:${port}; ${server} } }`;
  writeFileSync(join(directory, 'nginx.conf'), configuration);
  await run('/usr/sbin/nginx', ['-e', 'stderr', '-c', join(directory, 'nginx.conf')], port);
  return { url: `http://127.0.0.1:${port}/collector`, port, directory };
}

/**
 * @param cgi a shell script that answers each request to /collector
 * @param directives of the whole server
 */
export async function startApache(cgi: string, directives = ''): Promise<RealServer> {
  const directory = openDirectory();
  const port = await freePort();
  mkdirSync(join(directory, 'cgi'));
  writeFileSync(join(directory, 'cgi', 'collector'), `#!/bin/sh\n${cgi}\n`, { mode: 0o755 });
  const modules = ['mpm_prefork', 'authz_core', 'cgi', 'alias', 'deflate', 'filter', 'mime', 'setenvif'];
  const configuration = `
    ServerRoot ${directory}
    ServerName 127.0.0.1
    Listen 127.0.0.1:${port}
    PidFile ${directory}/pid
    DefaultRuntimeDir ${directory}
    ErrorLog ${directory}/error.log
    ${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n    ')}
    User www-data
    Group www-data
    TypesConfig /dev/null
    ScriptAlias /collector ${directory}/cgi/collector
    <Directory ${directory}/cgi>
      Require all granted
    </Directory>
    ${directives}
  `;
  writeFileSync(join(directory, 'apache.conf'), configuration);
  await run('/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', join(directory, 'apache.conf')], port);
  return { url: `http://127.0.0.1:${port}/collector`, port, directory };
}

/** @param frontend directives of its frontend, which listens on a free port */
export async function startHaproxy(frontend: string): Promise<RealServer> {
  const directory = openDirectory();
  const port = await freePort();
  const configuration = `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend collector
  bind 127.0.0.1:${port}
  ${frontend}
`;
  writeFileSync(join(directory, 'haproxy.cfg'), configuration);
  await run('/usr/sbin/haproxy', ['-db', '-q', '-f', join(directory, 'haproxy.cfg')], port);
  return { url: `http://127.0.0.1:${port}/collector`, port, directory };
}

/** Carries connections to a port, and tells when they end. */
export async function startRelay(to: number) {
  const open = new Set<Socket>();
  const waiting = new Set<() => void>();
  const relay = { url: '', connections: 0, closed: (): Promise<void> => untilClosed() };
  const server = createServer((client) => {
    relay.connections += 1;
    const upstream = connect(to, '127.0.0.1');
    open.add(client);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('close', () => {
      upstream.destroy();
      open.delete(client);
      for (const check of waiting) check();
    });
  });
  const untilClosed = () =>
    new Promise<void>((resolve) => {
      const check = () => !open.size && resolve();
      waiting.add(check);
      check();
    });
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  relay.url = `http://127.0.0.1:${port}/collector`;
  return relay;
}
