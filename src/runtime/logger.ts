import { type DestinationStream, type Logger, pino } from 'pino';

/** Logs of the program itself: JSON lines on standard error, or where `stream` says. */
export function createLogger(
  level: string,
  stream: DestinationStream = pino.destination({ fd: 2, sync: false }),
): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
