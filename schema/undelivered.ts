import { parse, uuid } from '../src/domain/input.js';
import { loginCount } from '../src/domain/login-range.js';
import {
  discardUndelivered,
  redeliver,
  type UndeliveredReason,
  type UndeliveredState,
  undeliveredReasons,
  undeliveredStates,
  writeRangeId,
} from '../src/domain/undelivered.js';
import type { UndeliveredRow } from '../src/projections/undelivered.js';
import { builder, type Context, describedValues } from './builder.js';
import { argument, orRefusal, resultUnion } from './error.js';
import { theExistingPortal } from './guards.js';
import { encodeCursor, pageOf, positionRange } from './page.js';

const MAX_PAGE = 100;

const stateDescriptions: Record<UndeliveredState, string> = {
  WAITING:
    'Delivered again by itself: after the next success of the webhook, or by a probe after 5 minutes, then 10, up to an hour.',
  REQUESTED: 'Someone asked for it: delivered again before all others.',
  HELD: 'Three recoveries failed. It waits for `redeliver` or `discardUndelivered`.',
  SET_ASIDE: 'A single line that the receiver finds too large. It waits for `redeliver` or `discardUndelivered`.',
  DISCARDED: 'Someone decided that it is not needed.',
};

const UndeliveredStateEnum = builder.enumType('UndeliveredState', {
  description: 'What becomes of undelivered logins.',
  values: describedValues(undeliveredStates, stateDescriptions),
});

const reasonDescriptions: Record<UndeliveredReason, string> = {
  ABANDONED: 'Every try failed, or the receiver gave a final answer.',
  WEBHOOK_REMOVED: 'The webhook was removed before they were delivered.',
};

const UndeliveredReasonEnum = builder.enumType('UndeliveredReason', {
  description: 'Why logins were not delivered.',
  values: describedValues(undeliveredReasons, reasonDescriptions),
});

const recordedAt = ({ portalId }: UndeliveredRow, version: number, { log }: Context): number | undefined =>
  log.range(`login-${portalId}`, version, version)[0]?.recordedAt;

const UndeliveredRangeType = builder.objectRef<UndeliveredRow>('UndeliveredRange').implement({
  description: 'Logins of a portal that follow each other, were due, and have not been delivered.',
  fields: (t) => ({
    id: t.id({
      description:
        'For `redeliver` and `discardUndelivered`. A range that is delivered in part gets a new one where it is cut.',
      resolve: writeRangeId,
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    state: t.expose('state', { type: UndeliveredStateEnum, description: 'What becomes of them.' }),
    reason: t.expose('reason', { type: UndeliveredReasonEnum, description: 'Why they were not delivered.' }),
    loginCount: t.int({ description: 'How many logins they are.', resolve: loginCount }),
    firstRecordedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the first of them was recorded.',
      resolve: (row, _, context) => recordedAt(row, row.firstVersion, context),
    }),
    lastRecordedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last of them was recorded.',
      resolve: (row, _, context) => recordedAt(row, row.lastVersion, context),
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
    discardedBy: t.string({
      nullable: true,
      description: 'The name of the token that discarded them, or its id once it is revoked.',
      resolve: ({ discardedBy }, _, { models }) => {
        const id = discardedBy?.replace(/^token-/, '');
        return models.tokens.all().find((token) => token.id === id)?.name ?? id;
      },
    }),
    discardedReason: t.exposeString('discardedReason', { nullable: true, description: 'Why they were discarded.' }),
  }),
});

const notDiscarded = undeliveredStates.filter((state) => state !== 'DISCARDED');

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
      resolve: (_, args, context) => {
        const portalId = theExistingPortal(argument('portalId', uuid, args.portalId), context);
        const toCursor = ({ lastVersion }: UndeliveredRow) => encodeCursor(lastVersion);
        return pageOf(args, MAX_PAGE, toCursor, (page) =>
          context.models.lanes.undelivered.page(portalId, args.states ?? notDiscarded, positionRange(page)),
        );
      },
    },
    { name: 'UndeliveredConnection', description: 'A page of undelivered ranges.' },
    { name: 'UndeliveredEdge', description: 'An undelivered range in a page.' },
  ),
);

type Whereabouts = Pick<UndeliveredRow, 'portalId' | 'lastVersion'>;

const rangesSuccess = (name: string, description: string) =>
  builder.objectRef<{ ranges: Whereabouts[] }>(name).implement({
    description,
    fields: (t) => ({
      ranges: t.field({
        type: [UndeliveredRangeType],
        description: 'The ranges as they are now, but for those that are delivered meanwhile.',
        resolve: ({ ranges }, _, { models }) =>
          ranges
            .map(({ portalId, lastVersion }) => models.lanes.undelivered.endingAt(portalId, lastVersion))
            .filter((row) => row !== undefined),
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
    resolve: (_, { input }, { commands, cause }) =>
      orRefusal(async () => ({ ranges: await commands.execute('redeliver', parse(redeliver, input), cause) })),
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
    resolve: (_, { input }, { commands, cause }) =>
      orRefusal(async () => ({
        ranges: await commands.execute('discardUndelivered', parse(discardUndelivered, input), cause),
      })),
  }),
);
