/**
 * The egress proxy: if the operator has set one, it carries every request to a receiver. The proxy then resolves the names and
 * decides which of their addresses may be reached. Auditwire still checks the URL: its scheme, its port, an address in it.
 */

import { request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { AddressGuard } from '../egress/address-guard.js';
import type { Connect } from './dialer.js';
import { describe } from './error-words.js';
import type { EgressProxy } from './types.js';

/** The proxy could not be reached, or it refused the tunnel. The receiver gave no answer. */
class ProxyFailure extends Error {}

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
export function throughProxy({ host, port, authorization }: EgressProxy): Connect {
  return (address, progress, done) => {
    progress.phase = 'CONNECT';
    const authority = `${isIP(address.hostname) === 6 ? `[${address.hostname}]` : address.hostname}:${address.port}`;
    const request = httpRequest({
      host,
      port,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(authorization !== null && { 'proxy-authorization': authorization }) },
      agent: false,
    });
    progress.abort = () => request.destroy();
    request.on('error', (error) => done(new ProxyFailure(`the egress proxy: ${describe(error)}`), null));
    request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        const answer = [statusCode, STATUS_CODES[statusCode]].filter(Boolean).join(' ');
        return done(new ProxyFailure(`the egress proxy answered ${answer}`), null);
      }
      if (head.length) {
        // Nothing was requested yet: a receiver that sends data now is neither an HTTP nor a TLS server.
        socket.destroy();
        return done(new ProxyFailure('the receiver behind the egress proxy is not an HTTP server'), null);
      }
      progress.abort = () => socket.destroy();
      socket.on('error', (error) => done(error, null));
      done(null, socket);
    });
    request.end();
  };
}
