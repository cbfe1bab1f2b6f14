import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import type { EgressProxy } from '../../config.js';
import type { Outcome, Phase } from '../../domain/lane/decide.js';
import type { Clock } from '../../runtime/clock.js';
import { type AddressGuard, AddressRefused } from '../egress/address-guard.js';
import { createDialer, directly } from './dialer.js';
import { describe } from './error-words.js';
import { type Connection, createConnections } from './pool.js';
import { reasonThroughProxy, throughProxy } from './proxy.js';
import { showExcerpt, showMessage } from './redaction.js';

/** From the name's lookup to the status line, for one try. */
const TRY_DEADLINE_MS = 30_000;
/** Once there is a status, it decides: the rest of the response gets this long, and so many bytes are read of it. */
const BODY_GRACE_MS = 1_000;
const MAX_RESPONSE_BYTES = 16_384;

/** Where to send and how to trust; a sender keeps connections for as long as `revision` stays. */
export interface Target {
  destinationId: string;
  /** Changes whenever anything of the destination does. */
  revision: number;
  endpoint: string;
  /** The value of the Authorization header, in clear. */
  authorization: string | null;
  caCertificate: string | null;
  /** PEM of what is shown to the receiver, with its key in clear. */
  clientCertificate: string | null;
  clientKey: string | null;
  skipTlsVerification: boolean;
}

export interface Post {
  deliveryId: string;
  /** Lines, compressed with gzip. */
  body: Buffer;
  /** Says so in a header: it is no delivery. */
  isTest?: boolean;
}

export interface Sender {
  /** One POST, once. Never throws: whatever happens is an outcome. */
  send(target: Target, post: Post): Promise<Outcome>;
  /** Ends every connection; a try under way ends as a connection error. */
  close(): Promise<void>;
}

/** @param options `egressProxy`: what every request goes through, or null */
export function createSender({
  guard,
  clock,
  userAgent,
  egressProxy,
}: {
  guard: AddressGuard;
  clock: Clock;
  userAgent: string;
  egressProxy: EgressProxy | null;
}): Sender {
  const connections = createConnections((target) => {
    const { protocol } = new URL(target.endpoint);
    return createDialer(target, egressProxy ? throughProxy(egressProxy) : directly(protocol, guard));
  });

  /** @throws AddressRefused if a URL may not be requested; what can be said only of an address is said at connecting */
  function assertUrl(url: URL): void {
    const reason = egressProxy && reasonThroughProxy(url, guard);
    if (reason) throw new AddressRefused(reason);
    guard.assertLiteral(url);
  }

  async function post(target: Target, { deliveryId, body, isTest }: Post, { client }: Connection) {
    const { pathname, search } = new URL(target.endpoint);
    return client.request({
      path: pathname + search,
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
        'user-agent': userAgent,
        'x-auditwire-delivery': deliveryId,
        ...(isTest && { 'x-auditwire-test': 'true' }),
        ...(target.authorization !== null && { authorization: target.authorization }),
      },
      body,
    });
  }

  /** What the receiver says, as far as it says it in time. */
  async function readBody(response: Dispatcher.ResponseData, connection: Connection): Promise<string> {
    const cancel = clock.at(clock.now() + BODY_GRACE_MS, () => void connection.end());
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= MAX_RESPONSE_BYTES) break;
      }
    } catch {
      // A body that breaks off takes nothing back of the status.
    } finally {
      cancel();
    }
    return Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES).toString();
  }

  return {
    async send(target, request) {
      const attemptedAt = clock.now();
      let connection: Connection | null = null;
      let isLate = false;
      const cancel = clock.at(attemptedAt + TRY_DEADLINE_MS, () => {
        isLate = true;
        void connection?.end();
      });
      const outcome = (facts: Omit<Outcome, 'attemptedAt' | 'durationMs'>): Outcome => ({
        ...facts,
        attemptedAt,
        durationMs: clock.now() - attemptedAt,
      });
      try {
        assertUrl(new URL(target.endpoint));
        connection = connections.take(target);
        const response = await post(target, request, connection);
        cancel();
        const { statusCode: responseCode, headers } = response;
        const says = await readBody(response, connection);
        connection.release();
        const verdict = verdictOf(responseCode);
        return outcome({
          verdict,
          responseCode,
          phase: 'BODY',
          message: showMessage(says, target.authorization) || STATUS_CODES[responseCode] || 'no reason given',
          responseExcerpt: verdict === 'DELIVERED' ? null : showExcerpt(says, target.authorization) || null,
          retryAfterMs: parseRetryAfter(headers['retry-after'], clock.now()),
        });
      } catch (thrown) {
        cancel();
        void connection?.end();
        const error = connection?.progress.tlsError ?? thrown;
        const says = isLate ? `no response within ${TRY_DEADLINE_MS / 1000} s` : describe(error);
        return outcome({
          verdict: error instanceof AddressRefused ? 'FINAL' : 'RETRYABLE',
          responseCode: null,
          phase: phaseOf(error, connection),
          message: showMessage(says, target.authorization) || 'no reason given',
          responseExcerpt: null,
          retryAfterMs: null,
        });
      }
    },
    close: () => connections.endAll(),
  };
}

/** How far a try without a status came. An address is refused as part of finding it, even if that shows only later. */
function phaseOf(error: unknown, connection: Connection | null): Phase {
  if (error instanceof AddressRefused || !connection) return 'RESOLVE';
  return connection.progress.tlsError ? 'TLS' : connection.progress.phase;
}

function verdictOf(code: number): Outcome['verdict'] {
  if (code >= 200 && code < 300) return 'DELIVERED';
  return code >= 500 || code === 429 ? 'RETRYABLE' : 'FINAL';
}

/** Seconds or a date (RFC 9110, section 10.2.3), as ms from `now`; null if there is none or it makes no sense. */
function parseRetryAfter(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = /^[A-Z][a-z]+,? .*\d.* GMT$/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
