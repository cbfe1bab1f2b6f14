import * as api from '../src/api/undelivered.js';
import {
  type UndeliveredReason,
  type UndeliveredState,
  undeliveredReasons,
  undeliveredStates,
} from '../src/domain/undelivered.js';
import { excerptDescription, lastMessageDescription } from './answer.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { NodeInterface } from './node.js';
import { pageOf } from './page.js';
import { choiceOf, WebhookChoiceInput, webhooksDescription } from './webhook-choice.js';

const MAX_PAGE = 100;

const stateDescriptions: Record<UndeliveredState, string> = {
  WAITING:
    'Auditwire delivers the range again by itself: after the next success of the webhook, or with a probe after 5 minutes, then 10, 20 and 40 minutes, then every hour.',
  REQUESTED: 'A person called `redeliver`. Auditwire delivers the range before all other ranges.',
  NEEDS_ACTION:
    'Auditwire no longer sends the range by itself; `reason` gives the cause. A person must call `redeliver` or `discardUndelivered`.',
  DISCARDED: 'A person called `discardUndelivered`.',
};

const UndeliveredStateEnum = builder.enumType('UndeliveredState', {
  description: 'The state of an undelivered range.',
  values: describedValues(undeliveredStates, stateDescriptions),
});

const reasonDescriptions: Record<UndeliveredReason, string> = {
  ABANDONED: 'The last attempt failed, or the receiver gave a final answer.',
  WEBHOOK_REMOVED: 'The webhook was removed before the logins were delivered.',
  REJECTED: 'The receiver rejects this line alone and takes others.',
  TOO_LARGE: 'The receiver answered 413 (too large) to this line alone and takes others.',
  RECOVERIES_FAILED: 'Three recoveries failed.',
};

const UndeliveredReasonEnum = builder.enumType('UndeliveredReason', {
  description: 'Why logins were not delivered.',
  values: describedValues(undeliveredReasons, reasonDescriptions),
});

const UndeliveredRangeType = builder.objectRef<api.UndeliveredRange>('UndeliveredRange').implement({
  interfaces: [NodeInterface],
  description:
    'Consecutive logins of one portal that were due in a webhook and are not delivered, with one state and one reason.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The id of the range, for `redeliver` and `discardUndelivered`. It can change when a part of the range is delivered.',
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    webhookId: t.exposeID('webhookId', { description: 'The UUID of the webhook in which the logins were due.' }),
    throughWebhookId: t.exposeID('throughWebhookId', {
      nullable: true,
      description: 'The UUID of the webhook that redelivers the range, if its own webhook was removed; null otherwise.',
    }),
    state: t.expose('state', { type: UndeliveredStateEnum, description: 'The state of the range.' }),
    reason: t.expose('reason', { type: UndeliveredReasonEnum, description: 'Why the logins are not delivered.' }),
    loginCount: t.exposeInt('loginCount', { description: 'The number of logins in the range.' }),
    firstRecordedAt: t.expose('firstRecordedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the first login of the range was recorded; null if that login was pruned.',
    }),
    lastRecordedAt: t.expose('lastRecordedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last login of the range was recorded; null if that login was pruned.',
    }),
    abandonedAt: t.expose('abandonedAt', {
      type: 'DateTime',
      description: 'When the delivery of the logins was abandoned, or the webhook was removed.',
    }),
    lastResponseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status code of the last attempt; null if none was received.',
    }),
    lastResponseMessage: t.exposeString('message', {
      nullable: true,
      description: lastMessageDescription,
    }),
    lastResponseExcerpt: t.string({
      nullable: true,
      description: `${excerptDescription} null if there is none.`,
      resolve: (range, _, context) => api.undeliveredExcerpt(range, context),
    }),
    attempts: t.exposeInt('attempts', {
      description: 'The number of attempts to deliver the logins, including retries, recoveries and probes.',
    }),
    recoveries: t.exposeInt('recoveries', {
      description: 'The number of failed recoveries. After three, the state is NEEDS_ACTION.',
    }),
    discardedAt: t.expose('discardedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the range was discarded; null if it was not.',
    }),
    discardedBy: t.exposeString('discardedBy', {
      nullable: true,
      description: 'The name of the token that discarded the range, or the id of the token if it was revoked.',
    }),
    discardedReason: t.exposeString('discardedReason', { nullable: true, description: 'Why the range was discarded.' }),
  }),
});

builder.queryField('undelivered', (t) =>
  t.connection(
    {
      type: UndeliveredRangeType,
      description:
        'The undelivered ranges of a webhook (or of all webhooks of a portal), oldest first. A page has at most 100.',
      args: {
        portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
        webhooks: t.arg({ type: WebhookChoiceInput, description: webhooksDescription }),
        states: t.arg({
          type: [UndeliveredStateEnum],
          description: 'Return only ranges in these states; by default all states except DISCARDED.',
        }),
      },
      resolve: (_, args, context) =>
        pageOf(args, MAX_PAGE, api.undeliveredCursor, (page) =>
          api.undelivered({ ...choiceOf(args), ...page, states: args.states }, context),
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
        description: 'The ranges as they are now, without ranges that were delivered since.',
      }),
    }),
  });

const RedeliverInput = builder.inputType('RedeliverInput', {
  description: 'Undelivered ranges to deliver again.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: '1 to 100 ids of ranges, from the query `undelivered`.' }),
    webhookId: t.id({
      description:
        'For ranges of a removed webhook: the UUID of another webhook of the portal, whose destination gets them.',
    }),
  }),
});

builder.mutationField('redeliver', (t) =>
  t.field({
    type: resultUnion(
      'Redeliver',
      rangesSuccess('RedeliverSuccess', 'Auditwire delivers these ranges before all other ranges.'),
    ),
    description:
      'Delivers undelivered ranges again, at once, to the destination that the webhook has now (or, with `webhookId`, to the destination of another webhook). The batches alternate with first deliveries. The ranges get three new recoveries.',
    args: { input: t.arg({ type: RedeliverInput, required: true, description: 'The ranges.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ ranges: await api.redeliver(input, context) })),
  }),
);

const DiscardUndeliveredInput = builder.inputType('DiscardUndeliveredInput', {
  description: 'Undelivered ranges that need no delivery.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: '1 to 100 ids of ranges, from the query `undelivered`.' }),
    reason: t.string({
      required: true,
      description: 'Why the ranges need no delivery; 1 to 256 characters. It is stored with the name of your token.',
    }),
  }),
});

builder.mutationField('discardUndelivered', (t) =>
  t.field({
    type: resultUnion(
      'DiscardUndelivered',
      rangesSuccess('DiscardUndeliveredSuccess', 'Auditwire does not deliver these ranges any more.'),
    ),
    description:
      'Discards undelivered ranges: Auditwire does not deliver them any more. It stores the time, the reason and the name of the token. A replay can still send the logins while they are retained.',
    args: { input: t.arg({ type: DiscardUndeliveredInput, required: true, description: 'The ranges.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => ({ ranges: await api.discardUndelivered(input, context) })),
  }),
);
