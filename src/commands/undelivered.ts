import type { z } from 'zod';
import { overlap } from '../domain/login-range.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import {
  decide,
  type discardUndelivered,
  rangeNotFound,
  readRangeId,
  type redeliver,
  type UndeliveredCommand,
  writeRangeId,
} from '../domain/undelivered.js';
import type { Change } from '../log/event-log.js';
import type { UndeliveredRow } from '../projections/undelivered-ranges.js';
import type { CommandContext } from './context.js';

export function undeliveredHandlers({ writer, models }: CommandContext) {
  /** @throws Refusal if an id is invalid, or its range is not listed */
  function find(ids: readonly string[]): UndeliveredRow[] {
    // An id may occur twice.
    return ids.flatMap((id, index) => {
      const { portalId, lastVersion, position } = readRangeId(id, index);
      const row = models.undelivered.endingAt(portalId, lastVersion);
      if (row?.position !== position) throw rangeNotFound(id);
      return ids.indexOf(id) === index ? [row] : [];
    });
  }

  function handle(command: UndeliveredCommand, ids: readonly string[], cause: Cause, now: number): UndeliveredRow[] {
    const rows = find(ids);
    const portalIds = [...new Set(rows.map(({ portalId }) => portalId))];
    const changes = portalIds.flatMap((portalId): Change[] => {
      const ofPortal = rows.filter((row) => row.portalId === portalId);
      const { lane } = models.lanes.get(portalId);
      const ranges = ofPortal.map((row) => ({ ...row, id: writeRangeId(row) }));
      const events = decide(command, ranges, lane.webhook !== null);
      const { open } = lane.redelivery;
      // An open redelivery of discarded logins ends.
      const isSent = open && command.type === 'DiscardUndelivered' && ofPortal.some((row) => overlap(row, open));
      return [
        {
          stream: streamOf('delivery', portalId),
          events: isSent ? [{ type: 'DeliverySuperseded', data: { deliveryId: open.deliveryId } }] : [],
        },
        { stream: streamOf('undelivered', portalId), events },
      ];
    });
    writer.append(changes, cause, now);
    return rows;
  }

  const rowKey = ({ portalId, lastVersion }: UndeliveredRow) => ({ portalId, lastVersion });

  return {
    /** @returns the keys of the ranges */
    redeliver: ({ ids }: z.output<typeof redeliver>, cause: Cause, now: number) =>
      handle({ type: 'Redeliver' }, ids, cause, now).map(rowKey),
    /** @returns the keys of the ranges */
    discardUndelivered: ({ ids, reason }: z.output<typeof discardUndelivered>, cause: Cause, now: number) =>
      handle({ type: 'DiscardUndelivered', reason }, ids, cause, now).map(rowKey),
  };
}
