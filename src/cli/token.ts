import { defineCommand } from 'citty';
import { createApp } from '../app.js';
import { SYSTEM } from '../domain/stream.js';
import { createLogger } from '../runtime/logger.js';
import { randomTraceId, systemRandom } from '../runtime/random.js';
import { makeToken } from '../vault/access-tokens.js';
import { assertExists, configOf, directoryArgs, runOverDirectory } from './directory-command.js';

export const tokenCommand = defineCommand({
  meta: {
    name: 'token',
    description: 'Replace a lost admin token: issues a new one and revokes all others. The server must not run.',
  },
  args: directoryArgs,
  run: ({ args }) =>
    runOverDirectory(args, directoryArgs, async () => {
      const config = configOf(args);
      assertExists(config);
      const app = await createApp(config, createLogger(config.logLevel), { deliver: false });
      const { token, hash } = makeToken(systemRandom);
      const cause = { actor: SYSTEM, traceId: randomTraceId(systemRandom) };
      await app.services.commands.execute('issueToken', { name: 'admin', hash, revokeOthers: true }, cause);
      await app.stop();
      process.stdout.write(`Admin token   ${token}\nIt is shown this once; every other token is revoked.\n`);
    }),
});
