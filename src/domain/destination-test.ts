/** A test of a destination. Its stream holds nothing else, and retention prunes it. */
import type { Attempt, Outcome } from './lane/attempt.js';

/** The outcome of a test, without the excerpt of the answer. Times in ms. */
export interface DestinationTest
  extends Pick<Attempt, 'attemptedAt' | 'durationMs' | 'responseCode' | 'message' | 'phase'> {
  /** The receiver accepted the line. */
  delivered: boolean;
}

export type DestinationTestEvent = { type: 'DestinationTested'; data: DestinationTest };

export function destinationTested(outcome: Outcome): DestinationTestEvent {
  const { verdict, attemptedAt, durationMs, responseCode, message, phase } = outcome;
  const data = { delivered: verdict === 'DELIVERED', attemptedAt, durationMs, responseCode, message };
  return { type: 'DestinationTested', data: phase ? { ...data, phase } : data };
}
