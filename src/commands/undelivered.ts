import type { z } from 'zod';
import type { Cause } from '../domain/event.js';
import { overlap } from '../domain/login-range.js';
import {
  decide,
  type discardUndelivered,
  rangeNotFound,
  readRangeId,
  type redeliver,
  type UndeliveredCommand,
  writeRangeId,
} from '../domain/undelivered.js';
import type { Change } from '../log/sqlite/append.js';
import type { UndeliveredRow } from '../projections/undelivered.js';
import type { Deps } from './deps.js';

export function undeliveredHandlers({ appender, models }: Deps) {
  /** @throws Refusal if one of them is not there */
  function find(ids: readonly string[]): UndeliveredRow[] {
    // An id may be named twice.
    return ids.flatMap((id, index) => {
      const { portalId, lastVersion, position } = readRangeId(id, index);
      const row = models.lanes.undelivered.endingAt(portalId, lastVersion);
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
      const found = ofPortal.map((row) => ({ ...row, id: writeRangeId(row) }));
      const events = decide(command, found, lane.webhook !== null);
      const { side } = lane;
      // What is discarded is not sent any more, be it on its way already.
      const isUnderWay = side && command.type === 'DiscardUndelivered' && ofPortal.some((row) => overlap(row, side));
      return [
        {
          stream: `delivery-${portalId}`,
          events: isUnderWay ? [{ type: 'DeliverySuperseded', data: { deliveryId: side.deliveryId } }] : [],
        },
        { stream: `undelivered-${portalId}`, events },
      ];
    });
    appender.append(changes, cause, now);
    return rows;
  }

  const whereabouts = ({ portalId, lastVersion }: UndeliveredRow) => ({ portalId, lastVersion });

  return {
    /** @returns where the ranges are listed */
    redeliver: ({ ids }: z.output<typeof redeliver>, cause: Cause, now: number) =>
      handle({ type: 'Redeliver' }, ids, cause, now).map(whereabouts),
    /** @returns where the ranges are listed */
    discardUndelivered: ({ ids, reason }: z.output<typeof discardUndelivered>, cause: Cause, now: number) =>
      handle({ type: 'DiscardUndelivered', reason }, ids, cause, now).map(whereabouts),
  };
}
