/** One attempt to deliver a batch, and its outcome. Times in ms. */

/**
 * Why a batch is sent: FIRST, in order; RECOVERY, because an earlier delivery of it was abandoned; PROBE, to find out whether
 * a failing receiver works again; REPLAY, because an administrator asked for it.
 */
export const purposes = ['FIRST', 'RECOVERY', 'PROBE', 'REPLAY'] as const;
export type Purpose = (typeof purposes)[number];

/** How far an attempt came: name resolved, connected, TLS agreed, status and headers received, body received. */
export const phases = ['RESOLVE', 'CONNECT', 'TLS', 'HEADERS', 'BODY'] as const;
export type Phase = (typeof phases)[number];

/** A finished attempt, as its event stores it. */
export interface Attempt {
  deliveryId: string;
  /** From 1. */
  attemptNumber: number;
  attemptedAt: number;
  durationMs: number;
  /** null: no status line was received. */
  responseCode: number | null;
  /** What the receiver answered, or why there was no answer. At most 256 characters, without secrets. */
  message: string;
  /** The phase in which it ended. Left out of a success, which always ends in BODY. */
  phase?: Phase;
  /** The start of the answer to a failed attempt: several lines, at most 1,024 characters, without secrets. */
  responseExcerpt?: string | null;
}

/** What an answer means for the batch, whatever the kind of destination. */
export type Verdict = 'DELIVERED' | 'RETRYABLE' | 'FINAL' | 'TOO_LARGE';

/** The result of one attempt, as the sender reports it. */
export interface Outcome extends Omit<Attempt, 'deliveryId' | 'attemptNumber'> {
  verdict: Verdict;
  /** The value of a Retry-After header, in ms. */
  retryAfterMs: number | null;
}
