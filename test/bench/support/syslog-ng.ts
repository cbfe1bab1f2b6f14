/** syslog-ng with lines in its reliable disk buffer, and an http() destination that delivers them. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Running } from './backlog.js';
import type { Receiver } from './receiver.js';

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const FILL_DEADLINE_MS = 60_000;

/** @returns why it cannot run here, or null */
export function missingSyslogNg(): string | null {
  try {
    const version = execFileSync('syslog-ng', ['--version'], { env, encoding: 'utf8', stdio: 'pipe' });
    return /^Available-Modules:.*\bhttp\b/m.test(version) ? null : 'syslog-ng has no module http';
  } catch {
    return 'syslog-ng is not installed';
  }
}

/** Leaves lines in the disk buffers in `directory`, one buffer for each worker. They work at this path only. */
export async function fillSyslogNg(directory: string, workers: number, lines: readonly string[], ca: string) {
  writeFileSync(join(directory, 'ca.pem'), ca);
  const input = writeLines(directory, lines);
  // Nobody listens on port 1: everything stays in the buffers.
  const source = sourceOf(input);
  const running = await start(directory, { workers, source, url: 'https://127.0.0.1:444/' });
  const deadline = Date.now() + FILL_DEADLINE_MS;
  while (queued(directory) < lines.length) {
    if (Date.now() > deadline) throw new Error(`syslog-ng has ${queued(directory)} of ${lines.length} lines`);
    await setTimeout(50);
  }
  await running.stop();
  for (const left of [input, join(directory, 'control')]) rmSync(left, { force: true });
}

function writeLines(directory: string, lines: readonly string[]): string {
  const input = join(directory, 'lines');
  writeFileSync(input, lines.map((line) => `${line}\n`).join(''));
  return input;
}

const sourceOf = (file: string) => `file("${file}" flags(no-parse) log-fetch-limit(1000) log-iw-size(100000));`;

/** Starts it over a file of lines, which go through its disk buffer to the receiver. */
export function streamThroughSyslogNg(
  directory: string,
  workers: number,
  lines: readonly string[],
  { url, ca }: Receiver,
): Promise<Running> {
  writeFileSync(join(directory, 'ca.pem'), ca);
  return start(directory, { workers, source: sourceOf(writeLines(directory, lines)), url });
}

/** Starts it again, with the receiver up. */
export function startSyslogNg(directory: string, workers: number, { url }: Receiver): Promise<Running> {
  // It needs a source; this one stays empty.
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
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let stopping = false;
  const ended = once(child, 'exit').then(([code]) => {
    if (!stopping) throw new Error(`syslog-ng ended with ${code}: ${said}`);
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

/** How many lines wait in the buffers; 0 while it starts. */
function queued(directory: string): number {
  try {
    const control = ['stats', '--control', join(directory, 'control')];
    const stats = execFileSync('syslog-ng-ctl', control, { env, encoding: 'utf8', stdio: 'pipe' });
    return Number(/^dst\.http;.*;queued;(\d+)$/m.exec(stats)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
