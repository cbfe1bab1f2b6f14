import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Outcome, Phase } from '../../domain/lane/attempt.js';
import type { Clock } from '../../runtime/clock.js';
import { createService } from '../../runtime/service.js';
import { type AddressGuard, AddressRefused } from '../egress/address-guard.js';
import { headersOf } from '../kinds/http/request.js';
import { parseRetryAfter, verdictOf } from '../kinds/http/verdict.js';
import { createDialer, directly } from './dialer.js';
import { describe } from './error-words.js';
import { createPool, type PooledConnection } from './pool.js';
import { reasonThroughProxy, throughProxy } from './proxy.js';
import { showExcerpt, showMessage } from './redaction.js';
import type { DeliveryRequest, EgressProxy, Sender, Target } from './types.js';

/** From the name's lookup to the status line, for one attempt. */
const ATTEMPT_DEADLINE_MS = 30_000;
/** Once there is a status, it decides: the rest of the response gets this long, and so many bytes are read of it. */
const BODY_GRACE_MS = 1_000;
const MAX_RESPONSE_BYTES = 16_384;

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
  const connections = createPool((target) => {
    const { protocol } = new URL(target.endpoint);
    return createDialer(target, egressProxy ? throughProxy(egressProxy) : directly(protocol, guard));
  });

  /** @throws AddressRefused if a URL may not be requested; what can be said only of an address is said at connecting */
  function assertUrl(url: URL): void {
    const reason = egressProxy && reasonThroughProxy(url, guard);
    if (reason) throw new AddressRefused(reason);
    guard.assertLiteral(url);
  }

  async function post(target: Target, request: DeliveryRequest, { client }: PooledConnection) {
    const { pathname, search } = new URL(target.endpoint);
    return client.request({
      path: pathname + search,
      method: 'POST',
      headers: headersOf(target, request, userAgent),
      body: request.body,
    });
  }

  /** What the receiver says, as far as it says it in time. */
  async function readBody(response: Dispatcher.ResponseData, connection: PooledConnection): Promise<string> {
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
    ...createService('sender', { stop: () => connections.endAll() }),
    async send(target, request) {
      const attemptedAt = clock.now();
      let connection: PooledConnection | null = null;
      let isLate = false;
      const cancel = clock.at(attemptedAt + ATTEMPT_DEADLINE_MS, () => {
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
        const says = isLate ? `no response within ${ATTEMPT_DEADLINE_MS / 1000} s` : describe(error);
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
  };
}

/** How far a try without a status came. An address is refused as part of finding it, even if that shows only later. */
function phaseOf(error: unknown, connection: PooledConnection | null): Phase {
  if (error instanceof AddressRefused || !connection) return 'RESOLVE';
  return connection.progress.tlsError ? 'TLS' : connection.progress.phase;
}
