import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { type App, createApp } from '../app.js';
import { type Config } from '../config.js';
import { GRAPHQL_PATH } from '../http/graphql/server.js';
import { HEALTH_PATH, JWKS_PATH } from '../http/server.js';
import { createLogger } from '../runtime/logger.js';
import { VERSION } from '../runtime/version.js';
import { configOf, listenArgs, runOverDirectory } from './directory-command.js';

export const startCommand = defineCommand({
  meta: { name: 'start', description: 'Start the server.' },
  args: listenArgs,
  run: ({ args }) =>
    runOverDirectory(args, listenArgs, async () => {
      const config = configOf(args);
      const isNew = !existsSync(join(config.dataDir, 'auditwire.db'));
      const app = await createApp(config, createLogger(config.logLevel), { threads: true });
      await start(app);
      stopOnSignals(app, config.shutdownMs);
      process.stdout.write(banner(config, app, isNew));
    }),
});

/** Starts, or gives the data directory back before the error goes on. */
async function start(app: App): Promise<void> {
  try {
    await app.start();
  } catch (error) {
    await app.stop();
    throw error;
  }
}

function banner(config: Config, app: App, isNew: boolean): string {
  const origin = originOf(config.host, app.port());
  const rows: [string, string][] = [
    ['GraphQL', `${origin}${GRAPHQL_PATH}`],
    ['GraphiQL', `${origin}${GRAPHQL_PATH} in a browser`],
    ['Health', `${origin}${HEALTH_PATH}`],
    ['Signing keys', `${origin}${JWKS_PATH}`],
    ['Data', `${config.dataDir} (${isNew ? 'created' : `continues after position ${app.services.tail.head()}`})`],
    [
      'Master key',
      config.masterKey ? 'from AUDITWIRE_MASTER_KEY' : `${config.masterKeyFile} (back it up apart from the data)`,
    ],
    ['Organisation', app.organizationId],
  ];
  if (app.firstToken) rows.push(['Admin token', `${app.firstToken}   <- shown this once; keep it`]);
  const lines = rows.map(([name, value]) => `  ${name.padEnd(14)}${value}`);
  return `\nAuditwire ${VERSION} is ready.\n\n${lines.join('\n')}\n\n  Stop with Ctrl-C. A lost token is replaced by: npm run --silent auditwire -- token\n\n`;
}

export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** How much later than its deadline a stop may be, in ms: longer, and the disk does not answer. */
const STUCK_MS = 5_000;

/** A thread that waits for the disk holds up every other way to end. As after any crash, nothing acknowledged is lost. */
function cutOff(reason: string): void {
  process.stderr.write(`auditwire: ${reason}, ending at once\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Closes at the first SIGINT or SIGTERM, and exits with what `exitCode` says then; at once at the second. */
export function stopOnSignals(app: Pick<App, 'stop'>, deadlineMs: number, exitCode = () => 0): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return cutOff('a second signal');
    stopping = true;
    setTimeout(() => cutOff('no end in time'), deadlineMs + STUCK_MS).unref();
    process.stderr.write(`auditwire: ${signal}, finishing what is under way (at most ${deadlineMs / 1000} s)\n`);
    app.stop().then(
      () => process.exit(exitCode()),
      (error: unknown) => {
        process.stderr.write(`auditwire: could not stop in order: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
