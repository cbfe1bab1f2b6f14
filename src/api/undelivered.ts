import { parse } from '../domain/input.js';
import { loginCount } from '../domain/login-range.js';
import { streamOf } from '../domain/stream.js';
import {
  discardUndelivered as discardInput,
  readRangeId,
  redeliver as redeliverInput,
  type UndeliveredState,
  undeliveredStates,
  writeRangeId,
} from '../domain/undelivered.js';
import type { UndeliveredRow } from '../projections/undelivered-ranges.js';
import { isAttempt } from '../queries/deliveries.js';
import type { Context } from './context.js';
import { responseExcerpt } from './deliveries.js';
import { operation } from './operation.js';
import { decodeCursor, encodeCursor, type PageRequest } from './page.js';
import { chosenWebhooks, type WebhookChoice } from './webhooks.js';

/** An undelivered range with its id and count. */
export interface UndeliveredRange extends UndeliveredRow {
  id: string;
  portalId: string;
  /** The position of the webhook's first event. It orders ranges of different webhooks that end with the same login. */
  webhookPosition: number;
  loginCount: number;
  /** When the first and the last login of the range were recorded, in ms; null if pruned. */
  firstRecordedAt: number | null;
  lastRecordedAt: number | null;
}

const notDiscarded = undeliveredStates.filter((state) => state !== 'DISCARDED');

export const undeliveredCursor = ({ lastVersion, webhookPosition }: UndeliveredRange): string =>
  encodeCursor(lastVersion, webhookPosition);

/** The undelivered ranges of the chosen webhooks, oldest first. Without `states`: all except discarded ranges. */
export const undelivered = operation(
  'undelivered',
  (
    input: PageRequest & WebhookChoice & { states?: readonly UndeliveredState[] | null | undefined },
    context,
  ): UndeliveredRange[] => {
    const { limit, inverted } = input;
    const after = readCursor(input.after, 'after');
    const before = readCursor(input.before, 'before');
    const pages = chosenWebhooks(input, context).map(({ id, position }) => {
      const range = {
        // A range of a later webhook that ends with the login of the cursor comes after the cursor.
        after: after && (position > after.position ? after.lastVersion - 1 : after.lastVersion),
        before: before && (position < before.position ? before.lastVersion + 1 : before.lastVersion),
        limit,
        inverted,
      };
      return context.models.undelivered.page(id, input.states ?? notDiscarded, range).map((row) => view(row, context));
    });
    const direction = inverted ? -1 : 1;
    return pages
      .flat()
      .sort(
        (one, other) =>
          direction * (one.lastVersion - other.lastVersion || one.webhookPosition - other.webhookPosition),
      )
      .slice(0, limit);
  },
);

function readCursor(cursor: string | undefined, argument: 'after' | 'before') {
  if (cursor === undefined) return undefined;
  const [lastVersion = 0, position = 0] = decodeCursor(cursor, 2, argument);
  return { lastVersion, position };
}

/** The excerpt of the answer to the last attempt, as `responseExcerpt` of a delivery. */
export const undeliveredExcerpt = operation(
  'undeliveredExcerpt',
  ({ attemptPosition }: UndeliveredRange, context): string | null => {
    const [event] = attemptPosition === null ? [] : context.log.at([attemptPosition]);
    const isFailed = event && isAttempt(event) && 'responseExcerpt' in event.data;
    return isFailed ? responseExcerpt({ responseExcerpt: event.data.responseExcerpt ?? null }, context) : null;
  },
);

/** @returns the ranges as they are now, without ranges that were delivered since */
export const redeliver = operation('redeliver', async (input: unknown, context) =>
  currentRanges(await context.commands.execute('redeliver', parse(redeliverInput, input), context.cause), context),
);

/** @returns the ranges as they are now */
export const discardUndelivered = operation('discardUndelivered', async (input: unknown, context) =>
  currentRanges(
    await context.commands.execute('discardUndelivered', parse(discardInput, input), context.cause),
    context,
  ),
);

/** A range by its id; undefined if its logins were delivered or it changed since. @throws Refusal INVALID_INPUT */
export const undeliveredRange = operation('undeliveredRange', (id: string, context): UndeliveredRange | undefined => {
  const { webhookId, lastVersion } = readRangeId(id, 0);
  const row = context.models.undelivered.endingAt(webhookId, lastVersion);
  return row && writeRangeId(row) === id ? view(row, context) : undefined;
});

function currentRanges(ranges: readonly Pick<UndeliveredRow, 'webhookId' | 'lastVersion'>[], context: Context) {
  return ranges
    .map(({ webhookId, lastVersion }) => context.models.undelivered.endingAt(webhookId, lastVersion))
    .filter((row) => row !== undefined)
    .map((row) => view(row, context));
}

function view(row: UndeliveredRow, context: Context): UndeliveredRange {
  const { models } = context;
  const portalId = models.webhooks.portalIdOf(row.webhookId);
  const recordedAt = (version: number) =>
    context.log.range(streamOf('login', portalId), version, version)[0]?.recordedAt ?? null;
  return {
    ...row,
    id: writeRangeId(row),
    portalId,
    webhookPosition: models.webhooks.get(row.webhookId)?.position ?? 0,
    loginCount: loginCount(row),
    firstRecordedAt: recordedAt(row.firstVersion),
    lastRecordedAt: recordedAt(row.lastVersion),
    discardedBy: row.discardedBy === null ? null : nameOf(row.discardedBy, context),
  };
}

/** The name of the token that is the actor, or its id if the token was revoked. */
function nameOf(actor: string, { models }: Context): string {
  const id = actor.replace(/^token-/, '');
  return models.tokens.all().find((token) => token.id === id)?.name ?? id;
}
