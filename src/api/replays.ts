import { parse } from '../domain/input.js';
import { cancelReplay as cancelInput, requestReplay as requestInput } from '../domain/replay.js';
import { streamOf } from '../domain/stream.js';
import { type ReplayJob, replayJobOf } from '../queries/replay-jobs.js';
import type { Context } from './context.js';
import { statesOfWebhooks } from './live.js';
import type { RecordedLogin } from './logins.js';
import { operation } from './operation.js';
import { parsePosition } from './page.js';
import { chosenScope, existingWebhook, type WebhookChoice } from './webhooks.js';

/** A replay job, and the position of the event that last changed it or its lane. */
export interface ReplayJobAt {
  replayJob: ReplayJob;
  webhookId: string;
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

/** The last replay of a webhook, in progress or ended. */
export const replayJob = operation('replayJob', (choice: WebhookChoice, context) =>
  jobOf(existingWebhook(choice, context).id, context),
);

/** The job of each chosen webhook now, and again after every change. */
export const replayJobChanges = operation(
  'replayJobChanges',
  (input: WebhookChoice & { after?: string | null | undefined }, context): AsyncIterableIterator<ReplayJobAt> =>
    statesOfWebhooks(
      chosenScope(input, context),
      parsePosition(input.after, context.tail.head()),
      context,
      (webhookId) => {
        const { lane, position } = context.models.lanes.get(webhookId);
        const portalId = context.models.webhooks.portalIdOf(webhookId);
        return { webhookId, portalId, position, replayJob: replayJobOf(webhookId, lane) };
      },
      (state) => state.replayJob,
    ),
);

/** The logins that the receiver rejected, as far as the job lists them and they are retained. */
export const rejectedLogins = operation(
  'rejectedLogins',
  ({ webhookId, rejectedVersions }: ReplayJob, { log, models }): RecordedLogin[] => {
    if (!rejectedVersions.length) return [];
    const stream = streamOf('login', models.webhooks.portalIdOf(webhookId));
    return rejectedVersions
      .flatMap((version) => log.range(stream, version, version))
      .filter((event) => event.type === 'LoginRecorded');
  },
);

const jobOf = (webhookId: string, { models }: Context): ReplayJob =>
  replayJobOf(webhookId, models.lanes.get(webhookId).lane);
