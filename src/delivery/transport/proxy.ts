/**
 * The proxy that every request to a receiver goes through, where the operator has set one. It then is the guard: names are
 * resolved there, not here, and which addresses they may lead to is its business. What a URL says by itself (its scheme, its
 * port, an address in it) is still checked here.
 */

import { request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { AddressGuard } from '../egress/address-guard.js';
import type { Connect } from './dialer.js';
import { describe } from './error-words.js';
import type { EgressProxy } from './types.js';

/** The proxy could not be reached, or does not let a request through. No receiver has said anything. */
class ProxyFailure extends Error {}

/** Why a URL may not be requested through the proxy, or null. Without its address, nothing allows plain http to a name. */
export function reasonThroughProxy(url: URL, guard: Pick<AddressGuard, 'reasonAgainstUrl'>): string | null {
  const reason = guard.reasonAgainstUrl(url);
  if (reason) return reason;
  const isName = !isIP(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  return isName && url.protocol === 'http:'
    ? `${url.hostname} may only be reached by https: through the egress proxy its address is not known here`
    : null;
}

/** Connects by a tunnel through the proxy (CONNECT, RFC 9110, section 9.3.6). */
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
        // Nobody has asked anything yet: whoever speaks now is no HTTP server, and none of TLS.
        socket.destroy();
        return done(new ProxyFailure('the receiver behind the egress proxy does not speak HTTP'), null);
      }
      progress.abort = () => socket.destroy();
      socket.on('error', (error) => done(error, null));
      done(null, socket);
    });
    request.end();
  };
}
