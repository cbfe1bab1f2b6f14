import type { Outcome, Phase } from '../../domain/lane/attempt.js';
import type { Clock } from '../../runtime/clock.js';
import { createService } from '../../runtime/service.js';
import { type AddressGuard, AddressRefused } from '../egress/address-guard.js';
import { describeRedirect } from '../kinds/http/redirect.js';
import { headersOf, requestTarget } from '../kinds/http/request.js';
import { parseRetryAfter } from '../kinds/http/retry-after.js';
import { verdictOf } from '../kinds/http/verdict.js';
import { warningAbout } from '../kinds/http/warning.js';
import { describeTried } from './addresses.js';
import { messageOf } from './answer-words.js';
import { decode } from './decode.js';
import { createDialer, type Dialer, directly, type Progress } from './dialer.js';
import { describe, isOfTls } from './error-words.js';
import { createPool } from './pool.js';
import { type Answer, MAX_RESPONSE_BYTES, post } from './post.js';
import { ProxyFailure, reasonThroughProxy, throughProxy } from './proxy.js';
import { showExcerpt, showMessage } from './redaction.js';
import { secretsOf } from './secret-parts.js';
import type { DeliveryRequest, EgressProxy, Sender, Target } from './types.js';

/** For one attempt, from the DNS lookup until the status line was read and the request handed over. */
const ATTEMPT_DEADLINE_MS = 30_000;
/**
 * The receiver waited too long for a request, for example on an idle connection, and gives the connection up (RFC 9110, section
 * 15.5.9). If it keeps the connection, it has read the whole request: then the 408 is the answer to it.
 */
const REQUEST_TIMEOUT = 408;

/**
 * @param options `egressProxy`: the proxy for every request; null: none. `dialerOf`: makes the dialer of a destination as it is now;
 * left out: one that opens real connections
 */
export function createSender({
  guard,
  clock,
  userAgent,
  egressProxy,
  dialerOf = (target) => {
    const { protocol } = new URL(target.endpoint);
    return createDialer(target, egressProxy ? throughProxy(egressProxy, clock) : directly(protocol, guard, clock));
  },
}: {
  guard: AddressGuard;
  clock: Clock;
  userAgent: string;
  egressProxy: EgressProxy | null;
  dialerOf?: (target: Target) => Dialer;
}): Sender {
  const connections = createPool(dialerOf, clock);
  const inFlight = new Set<AbortController>();
  // Targets whose endpoint was checked. The check depends on nothing else.
  const allowed = new WeakSet<Target>();

  /** @throws AddressRefused if the URL may not be requested. The addresses of its name are checked when it connects. */
  function assertEndpoint(target: Target): void {
    if (allowed.has(target)) return;
    const url = new URL(target.endpoint);
    const reason = egressProxy && reasonThroughProxy(url, guard);
    if (reason) throw new AddressRefused(reason);
    guard.assertLiteral(url);
    allowed.add(target);
  }

  /**
   * The answer to a request. If the receiver closes a kept connection while the request is on its way (RFC 9112, section 9.3.1),
   * maybe with a 408, the request is repeated once, on a new connection.
   */
  async function ask(
    target: Target,
    request: DeliveryRequest,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Answer> {
    const headers = headersOf(target, request, userAgent);
    const path = requestTarget(target.endpoint);
    let connection = await connections.take(target, progress, signal);
    for (;;) {
      try {
        const answer = await post(connection, { path, headers, body: request.body }, progress);
        const { responseCode, endsConnection } = answer;
        if (!connection.isReused || responseCode !== REQUEST_TIMEOUT || !endsConnection) return answer;
        connection.end();
      } catch (error) {
        connection.end();
        if (!connection.isReused || connection.hasAnswer || signal.aborted) throw error;
      }
      connection = await connections.connect(target, progress, signal);
    }
  }

  /** What an answer means. */
  async function outcomeOf(answer: Answer, target: Target) {
    const { responseCode, headers } = answer;
    const body = await answer.body(clock);
    const text = await decode(body, headers['content-encoding'], MAX_RESPONSE_BYTES);
    const verdict = verdictOf(responseCode);
    const isDelivered = verdict === 'DELIVERED';
    const warning = isDelivered ? warningAbout(text, headers['content-type']) : null;
    const redirect = describeRedirect(responseCode, headers.location, target.endpoint);
    return {
      verdict,
      responseCode,
      phase: 'BODY' as const,
      message: redirect ? showMessage(redirect, secretsOf(target)) : messageOf(responseCode, isDelivered ? '' : text),
      responseExcerpt: isDelivered ? null : showExcerpt(text, secretsOf(target)) || null,
      retryAfterMs: parseRetryAfter(headers['retry-after'], clock.now()),
      ...(warning !== null && { warning }),
    };
  }

  /** Why there is no answer. */
  function failureOf(error: unknown, isLate: boolean, progress: Progress, target: Target) {
    const reason = isLate ? describeLate(progress) : describe(error);
    return {
      verdict: error instanceof AddressRefused ? ('FINAL' as const) : ('RETRYABLE' as const),
      responseCode: null,
      phase: phaseOf(error, progress),
      message: showMessage(reason, secretsOf(target)) || 'no reason given',
      responseExcerpt: null,
      retryAfterMs: error instanceof ProxyFailure ? parseRetryAfter(error.retryAfter, clock.now()) : null,
    };
  }

  return {
    ...createService('sender', {
      stop() {
        for (const attempt of inFlight) attempt.abort(new Error('Auditwire stops'));
        connections.endAll();
        return Promise.resolve();
      },
    }),
    async send(target, request): Promise<Outcome> {
      const attemptedAt = clock.now();
      const progress: Progress = { phase: 'RESOLVE', tried: [], earlyCode: null };
      const attempt = new AbortController();
      let isLate = false;
      inFlight.add(attempt);
      const cancel = clock.at(attemptedAt + ATTEMPT_DEADLINE_MS, () => {
        isLate = true;
        attempt.abort();
      });
      const facts = await (async () => {
        try {
          assertEndpoint(target);
          const answer = await ask(target, request, progress, attempt.signal);
          cancel();
          return await outcomeOf(answer, target);
        } catch (error) {
          return failureOf(error, isLate, progress, target);
        } finally {
          cancel();
          inFlight.delete(attempt);
        }
      })();
      return { ...facts, attemptedAt, durationMs: clock.now() - attemptedAt };
    },
  };
}

function describeLate({ phase, tried, earlyCode }: Progress): string {
  const seconds = ATTEMPT_DEADLINE_MS / 1_000;
  if (earlyCode !== null)
    return `the receiver answered ${earlyCode}, but did not take the whole batch within ${seconds} s`;
  const isListed = phase === 'CONNECT' && tried.length > 1;
  return `no response within ${seconds} s${isListed ? ` (${describeTried(tried)})` : ''}`;
}

/** The phase in which an attempt without a status ended. A refused address counts as RESOLVE, even if its peer was reached. */
function phaseOf(error: unknown, { phase }: Progress): Phase {
  if (error instanceof AddressRefused) return 'RESOLVE';
  // With TLS 1.3, the receiver checks our certificate only after the handshake.
  return error instanceof Error && isOfTls(error) ? 'TLS' : phase;
}
