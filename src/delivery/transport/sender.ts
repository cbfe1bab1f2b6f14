import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Outcome, Phase } from '../../domain/lane/attempt.js';
import type { Clock } from '../../runtime/clock.js';
import { createService } from '../../runtime/service.js';
import { type AddressGuard, AddressRefused } from '../egress/address-guard.js';
import { headersOf, requestTarget } from '../kinds/http/request.js';
import { parseRetryAfter, verdictOf } from '../kinds/http/verdict.js';
import { createDialer, directly } from './dialer.js';
import { describe } from './error-words.js';
import { createPool, type PooledConnection } from './pool.js';
import { reasonThroughProxy, throughProxy } from './proxy.js';
import { showExcerpt, showMessage } from './redaction.js';
import type { DeliveryRequest, EgressProxy, Sender, Target } from './types.js';

/** For one attempt, from the DNS lookup to the status line. */
const ATTEMPT_DEADLINE_MS = 30_000;
/** The status decides the verdict. The rest of the response is read only within this time, up to this many bytes. */
const BODY_GRACE_MS = 1_000;
const MAX_RESPONSE_BYTES = 16_384;

/** @param options `egressProxy`: the proxy for every request; null: none */
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

  /** @throws AddressRefused if a URL may not be requested. The addresses of its name are checked when it connects. */
  function assertUrl(url: URL): void {
    const reason = egressProxy && reasonThroughProxy(url, guard);
    if (reason) throw new AddressRefused(reason);
    guard.assertLiteral(url);
  }

  async function post(target: Target, request: DeliveryRequest, { client }: PooledConnection) {
    return client.request({
      path: requestTarget(target.endpoint),
      method: 'POST',
      headers: headersOf(target, request, userAgent),
      body: request.body,
    });
  }

  /** The body of the response, as far as it arrives in time. */
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
      // The status counts even if the body is cut off.
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
        const text = await readBody(response, connection);
        connection.release();
        const verdict = verdictOf(responseCode);
        return outcome({
          verdict,
          responseCode,
          phase: 'BODY',
          message: showMessage(text, secretsOf(target)) || STATUS_CODES[responseCode] || 'no reason given',
          responseExcerpt: verdict === 'DELIVERED' ? null : showExcerpt(text, secretsOf(target)) || null,
          retryAfterMs: parseRetryAfter(headers['retry-after'], clock.now()),
        });
      } catch (thrown) {
        cancel();
        void connection?.end();
        const error = connection?.progress.tlsError ?? thrown;
        const reason = isLate ? `no response within ${ATTEMPT_DEADLINE_MS / 1000} s` : describe(error);
        return outcome({
          verdict: error instanceof AddressRefused ? 'FINAL' : 'RETRYABLE',
          responseCode: null,
          phase: phaseOf(error, connection),
          message: showMessage(reason, secretsOf(target)) || 'no reason given',
          responseExcerpt: null,
          retryAfterMs: null,
        });
      }
    },
  };
}

/** Without this limit, the value `1` of a header would hide every 1 in a message. */
const MIN_HEADER_SECRET_CHARACTERS = 4;

/** The header values that must not be shown. */
function secretsOf({ authorization, headers }: Target): string[] {
  const values = headers.map(({ value }) => value).filter((value) => value.length >= MIN_HEADER_SECRET_CHARACTERS);
  return authorization === null ? values : [authorization, ...values];
}

/** The phase in which an attempt without a status ended. A refused address counts as RESOLVE, even if its peer was reached. */
function phaseOf(error: unknown, connection: PooledConnection | null): Phase {
  if (error instanceof AddressRefused || !connection) return 'RESOLVE';
  return connection.progress.tlsError ? 'TLS' : connection.progress.phase;
}
