import { type DestinationStream, type Logger, pino } from 'pino';
import { type Recorded, streamId } from '../domain/event.js';
import { type AttemptRecorded, isAttempt } from '../queries/deliveries.js';

/** Logs of the program itself: JSON lines on standard error, or where `stream` says. */
export function createLogger(
  level: string,
  stream: DestinationStream = pino.destination({ fd: 2, sync: false }),
): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** Writes one wide line for each try, from its event. */
export function logAttempt(event: Recorded, logger: Logger): void {
  if (isAttempt(event)) logger[event.type === 'BatchDelivered' ? 'info' : 'warn'](lineOf(event), event.type);
}

function lineOf(event: AttemptRecorded) {
  return { portalId: streamId(event.stream), position: event.position, traceId: event.traceId, ...event.data };
}
