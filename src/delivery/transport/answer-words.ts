import { STATUS_CODES } from 'node:http';

/** What receivers say. A message has only these words of an answer, because any others could repeat a secret. */
const PHRASES =
  `invalid token|token disabled|token is disabled|token is required|token expired|expired token|token not found
invalid authorization|invalid api key|invalid api-key|api key is missing|api key not found|invalid license key
authentication required|authentication failed|unable to authenticate|invalid credentials|invalid signature|signature expired
access denied|permission denied|not authorized|client certificate|ip address|account disabled|account suspended
incorrect index|index not found|no such index|data channel is missing|invalid data channel|invalid data format|no data
invalid json|malformed|parse error|parsing error|unsupported content type|content-encoding|content encoding|gzip
too large|quota exceeded|rate limit|too many requests|server is busy|queue is full|queue at capacity|overloaded
ack is disabled|indexer acknowledgment|health check|maintenance|temporarily unavailable|no healthy upstream|upstream|timed out
workflow not found|collector not found|tenant not found|not found|not enabled|disabled|expired|read-only|blocked`.split(
    /[|\n]/,
  );
const MAX_PHRASES = 3;

/**
 * The message of an attempt that was answered: the reason phrase of the code, and known phrases in the body, such as
 * `Forbidden: invalid token`.
 *
 * @param body the start of the body; empty if it must not be read
 */
export function messageOf(responseCode: number, body: string): string {
  const reason = STATUS_CODES[responseCode] ?? 'no reason given';
  const words = body.toLowerCase().replace(/\s+/g, ' ');
  const said = PHRASES.filter((phrase) => words.includes(phrase) && !reason.toLowerCase().includes(phrase));
  // "token is disabled" also contains "disabled".
  const longest = said.filter((phrase) => !said.some((other) => other !== phrase && other.includes(phrase)));
  return longest.length ? `${reason}: ${longest.slice(0, MAX_PHRASES).join(', ')}` : reason;
}
