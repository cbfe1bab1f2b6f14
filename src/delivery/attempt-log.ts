import type { Logger } from 'pino';
import type { Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import { type AttemptRecorded, isAttempt } from '../queries/deliveries.js';

/** Writes one log line for each attempt, with all fields of its event. */
export function logAttempt(event: Recorded, logger: Logger): void {
  if (isAttempt(event)) logger[event.type === 'BatchDelivered' ? 'info' : 'warn'](lineOf(event), event.type);
}

function lineOf(event: AttemptRecorded) {
  return { portalId: streamId(event.stream), position: event.position, traceId: event.traceId, ...event.data };
}
