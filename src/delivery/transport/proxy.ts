/**
 * The egress proxy: if the operator has set one, it carries every request to a receiver. The proxy then resolves the names and
 * decides which of their addresses may be reached. Auditwire still checks the URL: its scheme, its port, an address in it.
 */

import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.js';
import type { AddressGuard } from '../egress/address-guard.js';
import { connectFirst } from './addresses.js';
import { type Connect, unlessAborted } from './dialer.js';
import { describe } from './error-words.js';
import { showMessage } from './redaction.js';
import { partsOf } from './secret-parts.js';
import type { EgressProxy } from './types.js';

/** The proxy could not be reached, or it refused the tunnel. The receiver gave no answer. */
export class ProxyFailure extends Error {
  /** @param retryAfter the Retry-After header of the proxy */
  constructor(
    message: string,
    readonly retryAfter?: string,
  ) {
    super(message);
  }
}

/**
 * Why a URL may not be requested through the proxy; null if it may. Plain http to a name is refused: the allow-list holds
 * addresses, and the address of the name is not known.
 */
export function reasonThroughProxy(url: URL, guard: Pick<AddressGuard, 'reasonAgainstUrl'>): string | null {
  const reason = guard.reasonAgainstUrl(url);
  if (reason) return reason;
  const isName = !isIP(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  return isName && url.protocol === 'http:'
    ? `${url.hostname} may only be reached by https: behind the egress proxy, its address is not known`
    : null;
}

/** Connects through a tunnel of the proxy (CONNECT, RFC 9110, section 9.3.6). */
export function throughProxy(proxy: EgressProxy, clock: Clock): Connect {
  async function reach(signal: AbortSignal): Promise<Socket> {
    const addresses = await unlessAborted(lookup(proxy.host, { all: true, verbatim: true }), signal);
    const literals = addresses.map(({ address }) => address);
    return connectFirst(literals, proxy.port, { clock, tried: [], signal });
  }

  return async ({ hostname, port }, progress, signal) => {
    progress.phase = 'CONNECT';
    const authority = `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
    try {
      return await openTunnel(await reach(signal), authority, proxy.authorization, signal);
    } catch (error) {
      throw error instanceof ProxyFailure ? error : new ProxyFailure(`the egress proxy: ${describe(error)}`);
    }
  };
}

function openTunnel(
  socket: Socket,
  authority: string,
  authorization: string | null,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    const refuse = (message: string, retryAfter?: string) => {
      socket.destroy();
      reject(new ProxyFailure(message, retryAfter));
    };
    const request = httpRequest({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(authorization !== null && { 'proxy-authorization': authorization }) },
    });
    request.on('error', reject);
    request.once('connect', ({ statusCode = 0, statusMessage, headers }: IncomingMessage, _: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) {
        const phrase = statusMessage || STATUS_CODES[statusCode] || '';
        const words = showMessage(phrase, authorization === null ? [] : partsOf(authorization));
        return refuse(`the egress proxy answered ${statusCode} ${words}`.trim(), headers['retry-after']);
      }
      // Nothing was requested yet: a receiver that sends data now is neither an HTTP nor a TLS server.
      if (head.length) return refuse('the receiver behind the egress proxy is not an HTTP server');
      resolve(socket);
    });
    request.end();
  });
}
