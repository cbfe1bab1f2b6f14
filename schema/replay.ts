import * as api from '../src/api/replays.js';
import { type ReplayScope, replayScopes } from '../src/domain/replay.js';
import { type ReplayJob, type ReplayJobStatus, replayJobStatuses } from '../src/queries/replay-jobs.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { LoginType } from './login.js';
import { choiceOf, WebhookChoiceInput, webhookIdDescription, webhooksDescription } from './webhook-choice.js';

const statusDescriptions: Record<ReplayJobStatus, string> = {
  UNCONFIGURED: 'A replay was never requested for the webhook.',
  ACCEPTED: 'The replay was requested and starts at once.',
  PENDING: 'The replay waits until the webhook is turned on.',
  RUNNING: 'The logins are being sent. The batches alternate with first deliveries.',
  COMPLETED: 'All logins were sent, except those that the receiver rejects (`rejectedLogins`).',
  FAILED: 'A batch of the replay was abandoned (after the last retry or a final answer), or the webhook was removed.',
  CANCELLED: 'A person cancelled the replay.',
};

const ReplayJobStatusEnum = builder.enumType('ReplayJobStatus', {
  description: 'The status of a replay.',
  values: describedValues(replayJobStatuses, statusDescriptions),
});

const scopeDescriptions: Record<ReplayScope, string> = {
  ALL: 'Every login of that time, also those that were delivered, skipped or discarded.',
  UNDELIVERED: 'Only undelivered logins.',
};

const ReplayScopeEnum = builder.enumType('ReplayScope', {
  description: 'Which logins of the time range a replay sends.',
  values: describedValues(replayScopes, scopeDescriptions),
});

const ReplayJobType = builder.objectRef<ReplayJob>('ReplayJob').implement({
  description: 'The last replay that was requested for a webhook.',
  fields: (t) => ({
    id: t.exposeID('id', {
      nullable: true,
      description: 'The UUID of the replay; null if a replay was never requested.',
    }),
    status: t.expose('status', { type: ReplayJobStatusEnum, description: 'The status of the replay.' }),
    startAt: t.expose('startAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The replay sends logins that were recorded at this time or later.',
    }),
    endAt: t.expose('endAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The replay sends logins that were recorded at this time or earlier.',
    }),
    scope: t.expose('scope', {
      type: ReplayScopeEnum,
      nullable: true,
      description: 'Which logins of the time range it sends.',
    }),
    total: t.exposeInt('total', { description: 'The number of logins to send; 0 until the replay starts.' }),
    sent: t.exposeInt('sent', { description: 'The number of logins that the receiver accepted.' }),
    rejected: t.exposeInt('rejected', {
      description: 'The number of logins that are left out because the receiver rejects each of them alone.',
    }),
    rejectedLogins: t.field({
      type: [LoginType],
      description: 'The logins that are left out: the first 100 of them that are still retained.',
      resolve: (job, _, context) => api.rejectedLogins(job, context),
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why the replay failed; null if it did not fail.',
    }),
    requestedAt: t.expose('requestedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the replay was requested.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the replay last changed or made progress.',
    }),
  }),
});

builder.queryField('replayJob', (t) =>
  t.field({
    type: ReplayJobType,
    description: 'The last replay of a webhook, in progress or ended.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      webhookId: t.arg.id({ description: webhookIdDescription }),
    },
    resolve: (_, args, context) => api.replayJob(args, context),
  }),
);

const replaySuccess = (name: string, description: string) =>
  builder.objectRef<{ replayJob: ReplayJob }>(name).implement({
    description,
    fields: (t) => ({
      replayJob: t.expose('replayJob', { type: ReplayJobType, description: 'The job as it is now.' }),
    }),
  });

const RequestReplayInput = builder.inputType('RequestReplayInput', {
  description: 'Which logins to send again.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    webhookId: t.id({ description: webhookIdDescription }),
    startAt: t.field({
      type: 'DateTime',
      required: true,
      description:
        'Send logins that were recorded at this time or later. If logins were pruned, it must be later than the newest of them.',
    }),
    endAt: t.field({
      type: 'DateTime',
      required: true,
      description: 'Send logins that were recorded at this time or earlier.',
    }),
    scope: t.field({ type: ReplayScopeEnum, description: 'Which logins of the time range to send; ALL by default.' }),
  }),
});

builder.mutationField('requestReplay', (t) =>
  t.field({
    type: resultUnion('RequestReplay', replaySuccess('RequestReplaySuccess', 'The replay is accepted.')),
    description:
      'Sends the logins of a time range again, to the destination that the webhook has at the time of sending. A webhook has one replay at a time. Pending logins are left out, because they are delivered anyway.',
    args: { input: t.arg({ type: RequestReplayInput, required: true, description: 'The portal and the time range.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ replayJob: await api.requestReplay(input, context) })),
  }),
);

const CancelReplayInput = builder.inputType('CancelReplayInput', {
  description: 'The replay to cancel.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    webhookId: t.id({ description: webhookIdDescription }),
  }),
});

builder.mutationField('cancelReplay', (t) =>
  t.field({
    type: resultUnion('CancelReplay', replaySuccess('CancelReplaySuccess', 'The replay is cancelled.')),
    description: 'Cancels the replay of a webhook. The logins that it has sent stay delivered.',
    args: { input: t.arg({ type: CancelReplayInput, required: true, description: 'The replay.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ replayJob: await api.cancelReplay(input, context) })),
  }),
);

const ReplayJobChanged = builder.objectRef<api.ReplayJobAt>('ReplayJobChanged').implement({
  description: 'The replay of a webhook after a change.',
  fields: (t) => ({
    position: t.string({
      description: 'The position of this payload. Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    webhookId: t.exposeID('webhookId', { description: 'The UUID of the webhook.' }),
    replayJob: t.expose('replayJob', { type: ReplayJobType, description: 'The job as it is now.' }),
  }),
});

builder.subscriptionField('replayJobChanged', (t) =>
  t.field({
    type: ReplayJobChanged,
    description:
      'Sends the replay of a webhook (or of all webhooks of a portal) as it is now, then after each change and with its progress. A slow client gets the latest state, not every one.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      webhooks: t.arg({ type: WebhookChoiceInput, description: webhooksDescription }),
      after: t.arg.string({
        description: 'The last `position` that you received. The first payload is left out if nothing changed since.',
      }),
    },
    subscribe: (_, args, context) => api.replayJobChanges({ ...choiceOf(args), after: args.after }, context),
    resolve: (payload) => payload,
  }),
);
