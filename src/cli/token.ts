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
    description:
      'Issue a new admin token and revoke all others, for example after the token is lost. The server must be stopped.',
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
      process.stdout.write(`Admin token   ${token}\nIt is shown only once. All other tokens are revoked.\n`);
    }),
});
