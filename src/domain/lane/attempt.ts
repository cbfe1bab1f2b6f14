/** One attempt to deliver a batch, and its outcome. Times in ms. */

/**
 * Why a batch is sent. FIRST: its first delivery, in order. RECOVERY: an earlier delivery was abandoned. PROBE: to find out whether
 * a failing receiver works again. REPLAY: an administrator asked for it.
 */
export const purposes = ['FIRST', 'RECOVERY', 'PROBE', 'REPLAY'] as const;
export type Purpose = (typeof purposes)[number];

/** The steps of an attempt: resolve the name, connect, negotiate TLS, receive the status and headers, receive the body. */
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
  /** The answer of the receiver, or why there was none. At most 256 characters, without secrets. */
  message: string;
  /** The phase in which the attempt ended. Left out of a success, which always ends in BODY. */
  phase?: Phase;
  /** The start of the body that the receiver returned to a failed attempt: at most 1,024 characters, without secrets. */
  responseExcerpt?: string | null;
  /** Why the body of a success contradicts its status. Left out if it does not. */
  warning?: string;
}

/**
 * The meaning of an answer for a delivery, the same for all destinations. FINAL is about the request as a whole (the address, the
 * credential): every batch would get this answer. REJECTED and TOO_LARGE are about the lines of this batch.
 */
export type Verdict = 'DELIVERED' | 'RETRYABLE' | 'FINAL' | Rejection;

/** A batch of several lines with such an answer is narrowed (narrowing.ts). */
export type Rejection = 'REJECTED' | 'TOO_LARGE';

/** The result of one attempt, as the sender reports it. */
export interface Outcome extends Omit<Attempt, 'deliveryId' | 'attemptNumber'> {
  verdict: Verdict;
  /** The value of a Retry-After header, in ms. */
  retryAfterMs: number | null;
}
