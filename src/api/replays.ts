import { parse } from '../domain/input.js';
import { cancelReplay as cancelInput, requestReplay as requestInput } from '../domain/replay.js';
import { streamOf } from '../domain/stream.js';
import { type ReplayJob, replayJobOf } from '../queries/replay-jobs.js';
import type { Context } from './context.js';
import { stateChanges } from './live.js';
import { operation } from './operation.js';
import { parsePosition } from './page.js';
import { existingPortal } from './portals.js';

/** A replay job, and the position of the event that last changed it or its lane. */
export interface ReplayJobAt {
  replayJob: ReplayJob;
  portalId: string;
  position: number;
}

/** @returns the job as it is now */
export const requestReplay = operation('requestReplay', async (input: unknown, context) =>
  jobOf(await context.commands.execute('requestReplay', parse(requestInput, input), context.cause), context),
);

/** @returns the job as it is now */
export const cancelReplay = operation('cancelReplay', async (input: unknown, context) =>
  jobOf(await context.commands.execute('cancelReplay', parse(cancelInput, input), context.cause), context),
);

/** The last replay of a portal, in progress or ended. */
export const replayJob = operation('replayJob', (portalId: unknown, context) =>
  jobOf(existingPortal(portalId, context), context),
);

/** The job now, and again after every change. */
export const replayJobChanges = operation(
  'replayJobChanges',
  (input: { portalId: unknown; after?: string | null | undefined }, context): AsyncIterableIterator<ReplayJobAt> => {
    const id = existingPortal(input.portalId, context);
    return stateChanges(
      [streamOf('webhook', id), streamOf('delivery', id), streamOf('replay', id)],
      parsePosition(input.after, context.tail.head()),
      context,
      () => {
        const { lane, position } = context.models.lanes.get(id);
        return { portalId: id, position, replayJob: replayJobOf(lane) };
      },
      (state) => state.replayJob,
    );
  },
);

const jobOf = (portalId: string, { models }: Context): ReplayJob => replayJobOf(models.lanes.get(portalId).lane);
