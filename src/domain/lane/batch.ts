import type { LineSettings, LogFormat } from '../log-line.js';
import type { LoginRange } from '../login-range.js';
import type { Purpose } from './attempt.js';

/** A batch as it was started: everything that shapes its lines, so that they can be rendered again, byte for byte. */
export interface BatchStarted extends LoginRange {
  deliveryId: string;
  destinationId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: LineSettings;
  /** FIRST if left out. */
  purpose?: Purpose;
  /** The replay job that a REPLAY belongs to. */
  replayJobId?: string;
}
