/** Answers of the receivers, as HTTP/1.1 writes them. */
import { STATUS_CODES } from 'node:http';
import type { Reply } from '../receiver-faults.js';

export const INFORMATIONAL = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n';
export const HALF_A_STATUS_LINE = 'HTTP/1.1 2';

interface Headers {
  retryAfterMs?: number | null;
  /** The connection is kept so long, in seconds; null: the receiver does not say. */
  keepAliveSeconds?: number | null;
  closes?: boolean;
}

export function answerText(
  code: number,
  { retryAfterMs = null, keepAliveSeconds = null, closes = false }: Headers = {},
): string {
  const body = code < 300 ? 'ok' : '';
  const headers = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}`,
    `Content-Length: ${body.length}`,
    ...(retryAfterMs === null ? [] : [`Retry-After: ${BigInt(retryAfterMs / 1_000)}`]),
    ...(keepAliveSeconds === null ? [] : [`Keep-Alive: timeout=${keepAliveSeconds}`]),
    ...(closes ? ['Connection: close'] : []),
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}

/** What the sender must read in a reply. */
export interface Known {
  /** null: no answer. */
  code: number | null;
  retryAfterMs: Reply['retryAfterMs'];
}
