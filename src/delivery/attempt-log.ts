import type { Logger } from 'pino';
import type { Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import { type AttemptRecorded, isAttempt } from '../queries/deliveries.js';

/**
 * Writes one log line for each attempt, with all fields of its event but the excerpt of the answer: a warning, unless it succeeded
 * without one.
 */
export function logAttempt(event: Recorded, portalId: string, logger: Logger): void {
  if (!isAttempt(event)) return;
  const isClean = event.type === 'BatchDelivered' && event.data.warning === undefined;
  logger[isClean ? 'info' : 'warn'](lineOf(event, portalId), event.type);
}

function lineOf(event: AttemptRecorded, portalId: string) {
  const { responseExcerpt: _, ...attempt } = event.data;
  return {
    portalId,
    webhookId: streamId(event.stream),
    position: event.position,
    // Not `traceId`, which would look like the `trace_id` of a login.
    eventTraceId: event.traceId,
    ...attempt,
  };
}
