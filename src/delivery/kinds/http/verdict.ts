/** The verdict on an HTTP answer, by Kong Konnect's rules: 2xx is a success, 5xx and 429 are retried, all else is final. */
import type { About, Verdict } from '../../../domain/lane/attempt.js';

/** A batch that is TOO_LARGE is split; a single line needs action (`domain/lane/decide.ts`). */
const CONTENT_TOO_LARGE = 413;
const TOO_MANY_REQUESTS = 429;

export function verdictOf(responseCode: number): Verdict {
  if (responseCode >= 200 && responseCode < 300) return 'DELIVERED';
  if (responseCode >= 500 || responseCode === TOO_MANY_REQUESTS) return 'RETRYABLE';
  return responseCode === CONTENT_TOO_LARGE ? 'TOO_LARGE' : 'FINAL';
}

/** Final answers that say nothing about the lines: not authorized, not found, not allowed, gone. A redirect is one, too. */
const ABOUT_THE_REQUEST = [401, 404, 405, 407, 410];

/** What an answer is about. @param verdict of the same answer */
export function aboutOf(responseCode: number, verdict: Verdict): About {
  if (verdict === 'TOO_LARGE') return 'CONTENT';
  const isRedirect = responseCode >= 300 && responseCode < 400;
  return verdict === 'FINAL' && !isRedirect && !ABOUT_THE_REQUEST.includes(responseCode) ? 'CONTENT' : 'REQUEST';
}

/** Parses a Retry-After header: seconds or a date (RFC 9110, section 10.2.3). @returns ms from `now` (ms); null if invalid */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = /^[A-Z][a-z]+,? .*\d.* GMT$/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
