import * as api from '../src/api/replays.js';
import { type ReplayScope, replayScopes } from '../src/domain/replay.js';
import { type ReplayJob, type ReplayJobStatus, replayJobStatuses } from '../src/queries/replay-jobs.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';

const statusDescriptions: Record<ReplayJobStatus, string> = {
  UNCONFIGURED: 'No replay was ever requested for the portal.',
  ACCEPTED: 'Requested; it starts at once.',
  PENDING: 'It waits for the webhook to be turned on.',
  RUNNING: 'Its logins are being sent, in turns with fresh ones.',
  COMPLETED: 'All of them were sent.',
  FAILED: 'A part of it was given up, after the last retry or a final answer, or the webhook was removed.',
  CANCELLED: 'Someone ended it.',
};

const ReplayJobStatusEnum = builder.enumType('ReplayJobStatus', {
  description: 'Where a replay stands.',
  values: describedValues(replayJobStatuses, statusDescriptions),
});

const scopeDescriptions: Record<ReplayScope, string> = {
  ALL: 'Every login of that time, whether it was delivered, passed over or given up.',
  UNDELIVERED: 'Only those that are undelivered.',
};

const ReplayScopeEnum = builder.enumType('ReplayScope', {
  description: 'Which logins of a time a replay sends.',
  values: describedValues(replayScopes, scopeDescriptions),
});

const ReplayJobType = builder.objectRef<ReplayJob>('ReplayJob').implement({
  description: 'The last replay that was requested for a portal.',
  fields: (t) => ({
    id: t.exposeID('id', { nullable: true, description: 'Its UUID; null where there never was one.' }),
    status: t.expose('status', { type: ReplayJobStatusEnum, description: 'Where it stands.' }),
    startAt: t.expose('startAt', {
      type: 'DateTime',
      nullable: true,
      description: 'It sends logins that were recorded at this time or later,',
    }),
    endAt: t.expose('endAt', { type: 'DateTime', nullable: true, description: 'and at this time or earlier.' }),
    scope: t.expose('scope', { type: ReplayScopeEnum, nullable: true, description: 'Which of them.' }),
    total: t.exposeInt('total', { description: 'How many logins it sends; 0 until it starts.' }),
    sent: t.exposeInt('sent', { description: 'How many of them the receiver took.' }),
    refused: t.exposeInt('refused', {
      description: 'Lines that were passed over because the receiver finds each of them too large.',
    }),
    message: t.exposeString('message', { nullable: true, description: 'Why it failed; null unless it did.' }),
    requestedAt: t.expose('requestedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was requested.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last changed or made progress.',
    }),
  }),
});

builder.queryField('replayJob', (t) =>
  t.field({
    type: ReplayJobType,
    description: 'The last replay of a portal, under way or ended.',
    args: { portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }) },
    resolve: (_, { portalId }, context) => api.replayJob(portalId, context),
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
  description: 'Which logins to send once more.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    startAt: t.field({
      type: 'DateTime',
      required: true,
      description: 'Logins that were recorded at this time or later; must be within what is retained.',
    }),
    endAt: t.field({
      type: 'DateTime',
      required: true,
      description: 'Logins that were recorded at this time or earlier.',
    }),
    scope: t.field({ type: ReplayScopeEnum, description: 'Which of them; ALL by default.' }),
  }),
});

builder.mutationField('requestReplay', (t) =>
  t.field({
    type: resultUnion('RequestReplay', replaySuccess('RequestReplaySuccess', 'The replay is accepted.')),
    description:
      'Sends the logins of a time once more, to the destination that the webhook has when they are sent. One replay a portal at a time. What is still pending is left out: it is delivered anyway.',
    args: { input: t.arg({ type: RequestReplayInput, required: true, description: 'The time.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ replayJob: await api.requestReplay(input, context) })),
  }),
);

const CancelReplayInput = builder.inputType('CancelReplayInput', {
  description: 'The replay to end.',
  fields: (t) => ({ portalId: t.id({ required: true, description: 'The UUID of its portal.' }) }),
});

builder.mutationField('cancelReplay', (t) =>
  t.field({
    type: resultUnion('CancelReplay', replaySuccess('CancelReplaySuccess', 'The replay is ended.')),
    description: 'Ends the replay of a portal. What it has sent stays sent.',
    args: { input: t.arg({ type: CancelReplayInput, required: true, description: 'The replay.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ replayJob: await api.cancelReplay(input, context) })),
  }),
);

const ReplayJobChanged = builder.objectRef<api.ReplayJobAt>('ReplayJobChanged').implement({
  description: 'The replay of a portal at a moment.',
  fields: (t) => ({
    position: t.string({
      description: 'Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    replayJob: t.expose('replayJob', { type: ReplayJobType, description: 'The job as it is now.' }),
  }),
});

builder.subscriptionField('replayJobChanged', (t) =>
  t.field({
    type: ReplayJobChanged,
    description:
      'State: the replay of a portal now, then with each change and all progress. A client that is slow gets the latest, not every one.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      after: t.arg.string({
        description: 'The last `position` you saw: the first payload is left out if nothing changed since.',
      }),
    },
    subscribe: (_, args, context) => api.replayJobChanges(args, context),
    resolve: (payload) => payload,
  }),
);
