/** The verdict on an HTTP answer, by Kong Konnect's rules: 2xx is a success, 5xx and 429 are retried, all else is final or a
 * rejection of the lines (`domain/lane/decide.ts`).
 */
import type { Verdict } from '../../../domain/lane/attempt.js';

const CONTENT_TOO_LARGE = 413;
const TOO_MANY_REQUESTS = 429;
/** These answers, like redirects, say nothing about the lines: not authorized, not found, not allowed, gone. */
const ABOUT_THE_REQUEST = [401, 404, 405, 407, 410];

export function verdictOf(responseCode: number): Verdict {
  if (responseCode >= 200 && responseCode < 300) return 'DELIVERED';
  if (responseCode >= 500 || responseCode === TOO_MANY_REQUESTS) return 'RETRYABLE';
  if (responseCode === CONTENT_TOO_LARGE) return 'TOO_LARGE';
  const isRedirect = responseCode >= 300 && responseCode < 400;
  return isRedirect || ABOUT_THE_REQUEST.includes(responseCode) ? 'FINAL' : 'REJECTED';
}
