import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { errorCode } from '../../db/open.js';
import { type App, createApp } from '../app.js';
import { createClient } from '../client/client.js';
import type { Config } from '../config.js';
import { runDemo } from '../demo/demo.js';
import { GRAPHQL_PATH } from '../http/graphql/server.js';
import { createLogger } from '../runtime/logger.js';
import { configOf, listenArgs, runOverDirectory } from './directory-command.js';
import { endWithReader } from './output.js';
import { originOf, stopOnSignals } from './start.js';

const { host: _, 'data-dir': __, ...portArgs } = listenArgs;
const args = {
  ...portArgs,
  once: {
    type: 'boolean',
    description: 'End by itself, with exit code 0 if every login arrived and every signature was right',
  },
} as const;

export const demoCommand = defineCommand({
  meta: {
    name: 'demo',
    description:
      'Show a whole run with a temporary data directory: logins reach a receiver that stops and starts again.',
  },
  args,
  run: (context) =>
    runOverDirectory(context.args, args, async () => {
      endWithReader();
      // Otherwise a signal ends the process without `exit`, and the directory stays.
      const end = () => process.exit(1);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
      const directory = mkdtempSync(join(tmpdir(), 'auditwire-demo-'));
      process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
      const config = configOf(
        { port: context.args.port },
        { AUDITWIRE_DATA_DIR: join(directory, 'data'), AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8' },
      );
      const isPortGiven = Boolean(context.args.port ?? process.env['AUDITWIRE_PORT']);
      const { app, port } = await startOnFreePort({ ...config, logLevel: 'error' }, isPortGiven);
      const origin = originOf(config.host, port);
      const say = (text: string) => process.stdout.write(`${text}\n`);

      if (!isPortGiven && port !== config.port) say(`\nPort ${config.port} is in use; the demo uses port ${port}.`);
      say(`\nAuditwire listens at ${origin}${GRAPHQL_PATH}\nIts data is in ${directory} and is deleted at the end.`);
      const client = createClient(`${origin}${GRAPHQL_PATH}`, app.firstToken ?? '');
      let isComplete = false;
      stopOnSignals(app, config.shutdownMs, () => (isComplete ? 0 : 1));
      // Not before: Node loses a signal that arrives while it has no listener.
      process.off('SIGINT', end).off('SIGTERM', end);
      isComplete = await runDemo(client, origin, say);
      client.close();
      if (context.args.once || !isComplete) {
        await app.stop();
        process.exit(isComplete ? 0 : 1);
      }
      say(`\nTo use its API, open ${origin}${GRAPHQL_PATH} in a browser and paste this token:\n`);
      say(`  ${app.firstToken}\n\nStop with Ctrl-C.`);
    }),
});

/**
 * Listens on the port of the settings, or on any free port if that port is in use.
 *
 * @param isPortGiven no other port will do: a person named this one
 */
async function startOnFreePort(config: Config, isPortGiven: boolean): Promise<{ app: App; port: number }> {
  const app = await createApp(config, createLogger(config.logLevel), { threads: true });
  try {
    await app.start();
    return { app, port: app.port() };
  } catch (error) {
    await app.stop();
    if (errorCode(error) !== 'EADDRINUSE' || isPortGiven) throw error;
    return startOnFreePort({ ...config, port: 0 }, true);
  }
}
