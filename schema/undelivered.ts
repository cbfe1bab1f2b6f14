import * as api from '../src/api/undelivered.js';
import {
  type UndeliveredReason,
  type UndeliveredState,
  undeliveredReasons,
  undeliveredStates,
} from '../src/domain/undelivered.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { pageOf } from './page.js';

const MAX_PAGE = 100;

const stateDescriptions: Record<UndeliveredState, string> = {
  WAITING:
    'Delivered again by itself: after the next success of the webhook, or by a probe after 5 minutes, then 10, up to an hour.',
  REQUESTED: 'Someone asked for it: delivered again before all others.',
  NEEDS_ACTION: 'It waits for a person to call `redeliver` or `discardUndelivered`; `reason` says why.',
  DISCARDED: 'Someone decided that it is not needed.',
};

const UndeliveredStateEnum = builder.enumType('UndeliveredState', {
  description: 'What becomes of undelivered logins.',
  values: describedValues(undeliveredStates, stateDescriptions),
});

const reasonDescriptions: Record<UndeliveredReason, string> = {
  ABANDONED: 'Every try failed, or the receiver gave a final answer.',
  WEBHOOK_REMOVED: 'The webhook was removed before they were delivered.',
  TOO_LARGE: 'A single line that is too large for the receiver.',
  RECOVERIES_FAILED: 'Three recoveries failed.',
};

const UndeliveredReasonEnum = builder.enumType('UndeliveredReason', {
  description: 'Why logins were not delivered.',
  values: describedValues(undeliveredReasons, reasonDescriptions),
});

const UndeliveredRangeType = builder.objectRef<api.UndeliveredRange>('UndeliveredRange').implement({
  description: 'Logins of a portal that follow each other, were due, and have not been delivered.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'For `redeliver` and `discardUndelivered`. A range that is delivered in part gets a new one where it is cut.',
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    state: t.expose('state', { type: UndeliveredStateEnum, description: 'What becomes of them.' }),
    reason: t.expose('reason', { type: UndeliveredReasonEnum, description: 'Why they were not delivered.' }),
    loginCount: t.exposeInt('loginCount', { description: 'How many logins they are.' }),
    firstRecordedAt: t.expose('firstRecordedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the first of them was recorded.',
    }),
    lastRecordedAt: t.expose('lastRecordedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last of them was recorded.',
    }),
    abandonedAt: t.expose('abandonedAt', { type: 'DateTime', description: 'When they were given up.' }),
    lastResponseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status code of the last try; null if none was received.',
    }),
    lastResponseMessage: t.exposeString('message', {
      nullable: true,
      description: 'What the receiver said to the last try, or what kept it from speaking; cut short.',
    }),
    attempts: t.exposeInt('attempts', {
      description: 'How often they were tried, with all retries, recoveries and probes.',
    }),
    recoveries: t.exposeInt('recoveries', {
      description: 'How many recoveries failed; after three it waits for a person.',
    }),
    discardedAt: t.expose('discardedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they were discarded; null unless they were.',
    }),
    discardedBy: t.exposeString('discardedBy', {
      nullable: true,
      description: 'The name of the token that discarded them, or its id once it is revoked.',
    }),
    discardedReason: t.exposeString('discardedReason', { nullable: true, description: 'Why they were discarded.' }),
  }),
});

builder.queryField('undelivered', (t) =>
  t.connection(
    {
      type: UndeliveredRangeType,
      description: 'The logins of a portal that were due and given up, oldest first. At most 100 ranges a page.',
      args: {
        portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
        states: t.arg({
          type: [UndeliveredStateEnum],
          description: 'Only ranges in these states; without it all but the discarded ones.',
        }),
      },
      resolve: (_, args, context) =>
        pageOf(args, MAX_PAGE, api.undeliveredCursor, (page) =>
          api.undelivered({ ...page, portalId: args.portalId, states: args.states }, context),
        ),
    },
    { name: 'UndeliveredConnection', description: 'A page of undelivered ranges.' },
    { name: 'UndeliveredEdge', description: 'An undelivered range in a page.' },
  ),
);

const rangesSuccess = (name: string, description: string) =>
  builder.objectRef<{ ranges: api.UndeliveredRange[] }>(name).implement({
    description,
    fields: (t) => ({
      ranges: t.expose('ranges', {
        type: [UndeliveredRangeType],
        description: 'The ranges as they are now, but for those that are delivered meanwhile.',
      }),
    }),
  });

const RedeliverInput = builder.inputType('RedeliverInput', {
  description: 'Undelivered ranges to deliver again.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: 'Ids of ranges, from `undelivered`; at most 100.' }),
  }),
});

builder.mutationField('redeliver', (t) =>
  t.field({
    type: resultUnion(
      'Redeliver',
      rangesSuccess('RedeliverSuccess', 'The ranges are delivered again, before all others.'),
    ),
    description:
      'Delivers undelivered ranges again, at once and in turns with fresh logins, to the destination that the webhook has now. They get three recoveries anew.',
    args: { input: t.arg({ type: RedeliverInput, required: true, description: 'The ranges.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ ranges: await api.redeliver(input, context) })),
  }),
);

const DiscardUndeliveredInput = builder.inputType('DiscardUndeliveredInput', {
  description: 'Undelivered ranges that nobody needs to have delivered.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: 'Ids of ranges, from `undelivered`; at most 100.' }),
    reason: t.string({ required: true, description: 'Why; 1 to 256 characters. It is kept with your name.' }),
  }),
});

builder.mutationField('discardUndelivered', (t) =>
  t.field({
    type: resultUnion(
      'DiscardUndelivered',
      rangesSuccess('DiscardUndeliveredSuccess', 'The ranges are not delivered any more.'),
    ),
    description:
      'Gives undelivered ranges up for good. Who did it, when and why is kept; the logins stay for as long as others do, and a replay can still send them.',
    args: { input: t.arg({ type: DiscardUndeliveredInput, required: true, description: 'The ranges.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => ({ ranges: await api.discardUndelivered(input, context) })),
  }),
);
