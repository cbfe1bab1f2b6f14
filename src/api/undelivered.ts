import { parse } from '../domain/input.js';
import { loginCount } from '../domain/login-range.js';
import { streamOf } from '../domain/stream.js';
import {
  discardUndelivered as discardInput,
  redeliver as redeliverInput,
  type UndeliveredState,
  undeliveredStates,
  writeRangeId,
} from '../domain/undelivered.js';
import type { UndeliveredRow } from '../projections/undelivered-ranges.js';
import type { Context } from './context.js';
import { operation } from './operation.js';
import { encodeCursor, type PageRequest, rangeOf } from './page.js';
import { existingPortal } from './portals.js';

/** An undelivered range with its id and count. */
export interface UndeliveredRange extends UndeliveredRow {
  id: string;
  loginCount: number;
  /** When the first and the last login of the range were recorded, in ms; null if pruned. */
  firstRecordedAt: number | null;
  lastRecordedAt: number | null;
}

const notDiscarded = undeliveredStates.filter((state) => state !== 'DISCARDED');

export const undeliveredCursor = ({ lastVersion }: UndeliveredRange): string => encodeCursor(lastVersion);

/** The undelivered ranges of a portal, oldest first. Without `states`: all except discarded ranges. */
export const undelivered = operation(
  'undelivered',
  (
    input: PageRequest & { portalId: unknown; states?: readonly UndeliveredState[] | null | undefined },
    context,
  ): UndeliveredRange[] => {
    const portalId = existingPortal(input.portalId, context);
    const rows = context.models.undelivered.page(portalId, input.states ?? notDiscarded, rangeOf(input));
    return rows.map((row) => view(row, context));
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

function currentRanges(ranges: readonly Pick<UndeliveredRow, 'portalId' | 'lastVersion'>[], context: Context) {
  return ranges
    .map(({ portalId, lastVersion }) => context.models.undelivered.endingAt(portalId, lastVersion))
    .filter((row) => row !== undefined)
    .map((row) => view(row, context));
}

function view(row: UndeliveredRow, context: Context): UndeliveredRange {
  const recordedAt = (version: number) =>
    context.log.range(streamOf('login', row.portalId), version, version)[0]?.recordedAt ?? null;
  return {
    ...row,
    id: writeRangeId(row),
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
