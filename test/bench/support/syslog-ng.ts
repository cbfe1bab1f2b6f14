/** syslog-ng with a reliable disk buffer and an http() destination. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Running } from './backlog.js';
import type { Receiver } from './receiver.js';

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const FILL_DEADLINE_MS = 60_000;

/** @returns why syslog-ng cannot run here, or null */
export function missingSyslogNg(): string | null {
  try {
    const version = execFileSync('syslog-ng', ['--version'], { env, encoding: 'utf8', stdio: 'pipe' });
    return /^Available-Modules:.*\bhttp\b/m.test(version) ? null : 'syslog-ng has no module http';
  } catch {
    return 'syslog-ng is not installed';
  }
}

/** Fills the disk buffers in `directory` with lines, one buffer for each worker. The buffers work only at this path. */
export async function fillSyslogNg(directory: string, workers: number, lines: readonly string[], ca: string) {
  writeFileSync(join(directory, 'ca.pem'), ca);
  const input = writeLines(directory, lines);
  // No server listens on port 444, so all lines stay in the buffers.
  const source = sourceOf(input);
  const running = await start(directory, { workers, source, url: 'https://127.0.0.1:444/' });
  const deadline = Date.now() + FILL_DEADLINE_MS;
  while (queued(directory) < lines.length) {
    if (Date.now() > deadline) throw new Error(`syslog-ng has ${queued(directory)} of ${lines.length} lines`);
    await setTimeout(50);
  }
  await running.stop();
  for (const file of [input, join(directory, 'control')]) rmSync(file, { force: true });
}

function writeLines(directory: string, lines: readonly string[]): string {
  const input = join(directory, 'lines');
  writeFileSync(input, lines.map((line) => `${line}\n`).join(''));
  return input;
}

const sourceOf = (file: string) => `file("${file}" flags(no-parse) log-fetch-limit(1000) log-iw-size(100000));`;

/** Starts syslog-ng with a file of lines, which it sends to the receiver through its disk buffer. */
export function streamThroughSyslogNg(
  directory: string,
  workers: number,
  lines: readonly string[],
  { url, ca }: Receiver,
): Promise<Running> {
  writeFileSync(join(directory, 'ca.pem'), ca);
  return start(directory, { workers, source: sourceOf(writeLines(directory, lines)), url });
}

/** Starts syslog-ng with filled disk buffers. */
export function startSyslogNg(directory: string, workers: number, { url }: Receiver): Promise<Running> {
  // A configuration needs a source. This one stays empty.
  return start(directory, { workers, source: `unix-stream("${join(directory, 'input')}");`, url });
}

interface Configuration {
  workers: number;
  source: string;
  url: string;
}

async function start(directory: string, { workers, source, url }: Configuration): Promise<Running> {
  const at = (name: string) => join(directory, name);
  writeFileSync(
    at('syslog-ng.conf'),
    `@version: 3.38
options { threaded(yes); stats-freq(0); stats-level(1); };
source s_lines { ${source} };
destination d_siem {
  http(
    url("${url}") method("POST") headers("Authorization: Bench", "Content-Type: text/plain") body("$MSG")
    workers(${workers}) batch-lines(500) time-reopen(1) persist-name("siem")
    tls(ca-file("${at('ca.pem')}") peer-verify(yes))
    disk-buffer(reliable(yes) disk-buf-size(2147483648) mem-buf-size(67108864) dir("${directory}"))
  );
};
log { source(s_lines); destination(d_siem); flags(flow-control); };
`,
  );
  const files = ['-f', at('syslog-ng.conf'), '-R', at('persist'), '-c', at('control'), '-p', at('pid')];
  const child = spawn('syslog-ng', ['--foreground', '--no-caps', ...files], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill());
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  let stopping = false;
  const ended = once(child, 'exit').then(([code]) => {
    if (!stopping) throw new Error(`syslog-ng ended with ${code}: ${output}`);
  });
  ended.catch(() => {});
  return {
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** How many lines are in the buffers; 0 while syslog-ng starts. */
function queued(directory: string): number {
  try {
    const control = ['stats', '--control', join(directory, 'control')];
    const stats = execFileSync('syslog-ng-ctl', control, { env, encoding: 'utf8', stdio: 'pipe' });
    return Number(/^dst\.http;.*;queued;(\d+)$/m.exec(stats)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
