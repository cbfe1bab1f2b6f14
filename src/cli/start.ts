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
import { PROGRAM } from './run.js';

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
      process.stdout.write(banner(config, app, isNew, args['data-dir']));
    }),
});

/** Starts the app. If that fails, the app is stopped, which unlocks the data directory. */
async function start(app: App): Promise<void> {
  try {
    await app.start();
  } catch (error) {
    await app.stop();
    throw error;
  }
}

function banner(config: Config, app: App, isNew: boolean, dataDir: string | undefined): string {
  const origin = originOf(config.host, app.port());
  const rows: [string, string][] = [
    ['GraphQL', `${origin}${GRAPHQL_PATH}`],
    ['GraphiQL', `${origin}${GRAPHQL_PATH} in a browser`],
    ['Health', `${origin}${HEALTH_PATH}`],
    ['Signing keys', `${origin}${JWKS_PATH}`],
    ['Data', `${config.dataDir} (${isNew ? 'created' : `continues after position ${app.services.tail.head()}`})`],
    [
      'Master key',
      config.masterKey ? 'from AUDITWIRE_MASTER_KEY' : `${config.masterKeyFile} (back it up separately from the data)`,
    ],
    ['Organisation', app.organizationId],
  ];
  if (app.firstToken) rows.push(['Admin token', `${app.firstToken}   <- shown only once; keep it`]);
  // The command reads the same variables, but not the options of this one.
  const dataDirOption = dataDir === undefined ? '' : ` --data-dir ${JSON.stringify(dataDir)}`;
  const lines = rows.map(([name, value]) => `  ${name.padEnd(14)}${value}`);
  return `\nAuditwire ${VERSION} is ready.\n\n${lines.join('\n')}\n\n  Stop with Ctrl-C. To replace a lost token: ${PROGRAM} token${dataDirOption}\n\n`;
}

export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** How much longer than its deadline a stop may take, in ms. After that, the disk probably does not answer. */
const STUCK_MS = 5_000;

/** SIGKILL, because a thread that waits for the disk blocks every other way to end. As after a crash, acknowledged events are kept. */
function killProcess(reason: string): void {
  process.stderr.write(`auditwire: ${reason}; the process ends at once\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Stops the app at the first SIGINT or SIGTERM, then exits with `exitCode()`. Ends the process at once at the second signal. */
export function stopOnSignals(app: Pick<App, 'stop'>, deadlineMs: number, exitCode = () => 0): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return killProcess('second signal');
    stopping = true;
    setTimeout(() => killProcess('the stop took too long'), deadlineMs + STUCK_MS).unref();
    process.stderr.write(
      `auditwire: ${signal}; waiting for open calls and attempts (at most ${deadlineMs / 1000} s)\n`,
    );
    app.stop().then(
      () => process.exit(exitCode()),
      (error: unknown) => {
        process.stderr.write(`auditwire: the stop failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
