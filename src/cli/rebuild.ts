import { defineCommand } from 'citty';
import { lockDataDirectory, openWriter } from '../../db/open.js';
import { createLogReader } from '../log/sqlite/read.js';
import { createReadModels } from '../projections/read-models.js';
import { rebuild } from '../projections/rebuild.js';
import { count } from '../runtime/count.js';
import { assertExists, configOf, directoryArgs, runOverDirectory } from './directory-command.js';

export const rebuildCommand = defineCommand({
  meta: {
    name: 'rebuild',
    description: 'Compute all read models again from the event log. The server must be stopped.',
  },
  args: directoryArgs,
  run: ({ args }) =>
    runOverDirectory(args, directoryArgs, async () => {
      const config = configOf(args);
      assertExists(config);
      const { dataDir } = config;
      const unlock = lockDataDirectory(dataDir);
      const connection = openWriter(dataDir);
      const { db, sqlite } = connection;
      const started = Date.now();
      let events = 0;
      rebuild(connection, createLogReader(db), createReadModels(db), (applied, total) => {
        events = total;
        process.stdout.write(
          `applied ${applied} of ${count(total, 'event')} (${Math.floor((100 * applied) / total)} %)\n`,
        );
      });
      sqlite.close();
      unlock();
      process.stdout.write(
        `Computed all read models again from ${count(events, 'event')} in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`,
      );
    }),
});
