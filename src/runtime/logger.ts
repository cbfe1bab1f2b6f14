import { type DestinationStream, type Logger, pino } from 'pino';

/** The log of the program itself: JSON lines on `stream`, by default standard error. */
export function createLogger(
  level: string,
  stream: DestinationStream = pino.destination({ fd: 2, sync: false }),
): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
