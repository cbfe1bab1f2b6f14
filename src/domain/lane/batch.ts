import type { LogFormat } from '../formats/index.js';
import type { LineSettings } from '../log-line.js';
import type { LoginRange } from '../login-range.js';
import type { Purpose } from './attempt.js';

/** A batch with everything that its lines depend on, so that they can be rendered again, byte for byte. */
export interface BatchStarted extends LoginRange {
  deliveryId: string;
  destinationId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: LineSettings;
  /** Left out: FIRST. */
  purpose?: Purpose;
  /** The replay job of a REPLAY. */
  replayJobId?: string;
  /** The webhook whose destination gets the batch, if the webhook of the lane was removed. */
  throughWebhookId?: string;
}
