import { STATUS_CODES } from 'node:http';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { Clock } from '../clock.js';
import type { Outcome } from '../domain/delivery.js';
import { type AddressGuard, AddressRefused } from './address-guard.js';
import { showMessage } from './mask.js';

/** From the name's lookup to the status line, for one try. */
const TRY_DEADLINE_MS = 30_000;
/** Once there is a status, it decides: the rest of the response gets this long, and so many bytes are read of it. */
const BODY_GRACE_MS = 1_000;
const MAX_RESPONSE_BYTES = 16_384;
const MAX_RESPONSE_HEADER_BYTES = 16_384;

/** Where to send and how to trust; a sender keeps connections for as long as `revision` stays. */
export interface Target {
  destinationId: string;
  /** Changes whenever anything of the destination does. */
  revision: number;
  endpoint: string;
  /** The value of the Authorization header, in clear. */
  authorization: string | null;
  caCertificate: string | null;
  skipTlsVerification: boolean;
}

export interface Post {
  deliveryId: string;
  /** Lines, compressed with gzip. */
  body: Buffer;
}

export interface Sender {
  /** One POST, once. Never throws: whatever happens is an outcome. */
  send(target: Target, post: Post): Promise<Outcome>;
  /** Ends every connection; a try under way ends as a connection error. */
  close(): Promise<void>;
}

export function createSender({
  guard,
  clock,
  userAgent,
}: {
  guard: AddressGuard;
  clock: Clock;
  userAgent: string;
}): Sender {
  const agents = new Map<string, { revision: number; agent: Agent }>();

  function agentOf(target: Target): Agent {
    const known = agents.get(target.destinationId);
    if (known?.revision === target.revision) return known.agent;
    void known?.agent.close();
    const agent = new Agent({ connect: connector(target), maxHeaderSize: MAX_RESPONSE_HEADER_BYTES });
    agents.set(target.destinationId, { revision: target.revision, agent });
    return agent;
  }

  function connector(target: Target): buildConnector.connector {
    const { protocol } = new URL(target.endpoint);
    const connect = buildConnector({
      timeout: TRY_DEADLINE_MS,
      lookup: guard.lookup(protocol),
      rejectUnauthorized: !target.skipTlsVerification,
      ...(target.caCertificate !== null && { ca: target.caCertificate }),
    });
    return (options, callback) =>
      connect(options, (...result) => {
        const [error, socket] = result;
        if (error) return callback(error, null);
        try {
          guard.assertPeer(socket.remoteAddress, protocol);
          callback(null, socket);
        } catch (refused) {
          socket.destroy();
          callback(refused as Error, null);
        }
      });
  }

  async function post(
    target: Target,
    { deliveryId, body }: Post,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const url = new URL(target.endpoint);
    guard.assertLiteral(url);
    return agentOf(target).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
        'user-agent': userAgent,
        'x-auditwire-delivery': deliveryId,
        ...(target.authorization !== null && { authorization: target.authorization }),
      },
      body,
      signal,
      // The deadline is ours, over everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** What the receiver says, as far as it says it in time. */
  async function readBody(response: Dispatcher.ResponseData, abort: AbortController): Promise<string> {
    const cancel = clock.at(clock.now() + BODY_GRACE_MS, () => abort.abort());
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
      const abort = new AbortController();
      const cancel = clock.at(attemptedAt + TRY_DEADLINE_MS, () => abort.abort());
      const outcome = (facts: Omit<Outcome, 'attemptedAt' | 'durationMs' | 'message'> & { says: string }): Outcome => {
        const { says, ...rest } = facts;
        const words = showMessage(says, target.authorization);
        const message = words || STATUS_CODES[facts.responseCode ?? 0] || 'no reason given';
        return { ...rest, message, attemptedAt, durationMs: clock.now() - attemptedAt };
      };
      try {
        const response = await orAbort(post(target, request, abort.signal), abort.signal);
        cancel();
        const { statusCode: responseCode, headers } = response;
        const says = await readBody(response, abort);
        const retryAfterMs = parseRetryAfter(headers['retry-after'], clock.now());
        return outcome({ verdict: verdictOf(responseCode), responseCode, says, retryAfterMs });
      } catch (error) {
        cancel();
        const verdict = error instanceof AddressRefused ? 'FINAL' : 'RETRYABLE';
        const says = abort.signal.aborted ? `no response within ${TRY_DEADLINE_MS / 1000} s` : describe(error);
        return outcome({ verdict, responseCode: null, says, retryAfterMs: null });
      }
    },
    async close() {
      await Promise.all([...agents.values()].map(({ agent }) => agent.destroy()));
      agents.clear();
    },
  };
}

/** undici minds a signal only once it is connected; until then it is minded here. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    work.then(resolve, reject);
  });
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

const words: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name does not resolve at the moment',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  UND_ERR_SOCKET: 'connection closed before a response',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate was issued by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate was issued by an authority that is not trusted',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
};

/** An error of the connection in words; its code stands behind them. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors[0]) return describe(error.errors[0]);
  const code = 'code' in error ? String(error.code) : '';
  const known = words[code];
  return known ? `${known} (${code})` : error.message;
}
