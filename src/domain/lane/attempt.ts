/** One attempt to deliver a batch, and its outcome. Times in ms. */
import type { Sealed } from '../destination.js';

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
  /** The reason phrase of the code with known phrases of the answer, or why there was no answer. At most 256 characters. */
  message: string;
  /** The phase in which the attempt ended. Left out of a success, which always ends in BODY. */
  phase?: Phase;
  /** The start of the body that the receiver returned to a failed attempt. */
  responseExcerpt?: SealedExcerpt | null;
  /** Why the body of a success contradicts its status. Left out if it does not. */
  warning?: string;
}

/** At most 1,024 characters of an answer, sealed with the data key of the destination that gave it. */
export interface SealedExcerpt {
  destinationId: string;
  sealed: Sealed;
}

/**
 * The meaning of an answer for a delivery, the same for all destinations. FINAL is about the request as a whole (the address, the
 * credential): every batch would get this answer. REJECTED and TOO_LARGE are about the lines of this batch.
 */
export type Verdict = 'DELIVERED' | 'RETRYABLE' | 'FINAL' | Rejection;

/** A batch of several lines with such an answer is narrowed (narrowing.ts). */
export type Rejection = 'REJECTED' | 'TOO_LARGE';

/** The result of one attempt, as the sender reports it: with the excerpt in clear. */
export interface Outcome<Excerpt = string> extends Omit<Attempt, 'deliveryId' | 'attemptNumber' | 'responseExcerpt'> {
  responseExcerpt?: Excerpt | null;
  verdict: Verdict;
  /** The value of a Retry-After header, in ms. */
  retryAfterMs: number | null;
}
