/** Opens connections to receivers, directly or through a proxy, and reports how far each of them is. */

import { isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { Phase } from '../../domain/lane/attempt.js';
import type { Clock } from '../../runtime/clock.js';
import type { AddressGuard } from '../egress/address-guard.js';
import { withoutFinalDot } from '../kinds/http/request.js';
import { connectFirst, type Tried } from './addresses.js';
import type { Target } from './types.js';

/** How far an attempt is. */
export interface Progress {
  phase: Phase;
  /** The addresses of the receiver's name that were tried. */
  tried: Tried[];
  /** The status 2xx of an answer that came before the whole request was handed over; null if there is none. */
  earlyCode: number | null;
}

/** The host and port of the receiver. An IPv6 address has no brackets. */
interface Address {
  hostname: string;
  port: number;
}

/** How long a connection is silent before the system sends TCP keep-alive packets, in ms. */
const KEEP_ALIVE_AFTER_MS = 60_000;

/** Opens a connection on which HTTP can begin. Once the signal is aborted, the connection is closed and the promise rejected. */
export type Dialer = (progress: Progress, signal: AbortSignal) => Promise<Socket>;

/** Opens a connection on which HTTP or the TLS handshake can begin. */
export type Connect = (address: Address, progress: Progress, signal: AbortSignal) => Promise<Socket>;

/**
 * Makes the dialer of a destination as it is now. Its connections share the parsed certificates and keys, and resume the TLS
 * session of an earlier one.
 *
 * @param connect `directly` or `throughProxy`
 */
export function createDialer(target: Target, connect: Connect): Dialer {
  const url = new URL(target.endpoint);
  const isTls = url.protocol === 'https:';
  const address = { hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) || (isTls ? 443 : 80) };
  const handshake = isTls ? createHandshake(target, address.hostname) : null;

  return async (progress, signal) => {
    const socket = await connect(address, progress, signal);
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
    if (handshake) progress.phase = 'TLS';
    const ready = handshake ? await handshake(socket, signal) : socket;
    progress.phase = 'HEADERS';
    return ready;
  };
}

/** Connects to an address that the guard accepts. The guard also checks the peer that was reached. */
export function directly(protocol: string, guard: AddressGuard, clock: Clock): Connect {
  const lookup = guard.lookup(protocol);
  const addressesOf = (hostname: string) =>
    new Promise<string[]>((resolve, reject) => {
      lookup(hostname, { all: true }, (error, found) => {
        if (error) reject(error);
        else resolve(Array.isArray(found) ? found.map(({ address }) => address) : [found]);
      });
    });

  return async ({ hostname, port }, progress, signal) => {
    progress.phase = 'RESOLVE';
    const addresses = isIP(hostname) ? [hostname] : await unlessAborted(addressesOf(hostname), signal);
    progress.phase = 'CONNECT';
    const socket = await connectFirst(addresses, port, { clock, tried: progress.tried, signal });
    try {
      guard.assertPeer(socket.remoteAddress, protocol);
    } catch (refused) {
      socket.destroy();
      throw refused;
    }
    return socket;
  };
}

/** The result of a promise that cannot be cancelled. @throws the reason of the signal if it is aborted before */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function createHandshake(target: Target, hostname: string) {
  let context: SecureContext | undefined;
  let session: Buffer | undefined;

  return (socket: Socket, signal: AbortSignal): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        socket.destroy();
        reject(error);
      };
      signal.addEventListener('abort', () => fail(signal.reason), { once: true });
      try {
        context ??= createContext(target);
        const secured = connectTls({
          socket,
          host: hostname,
          // An IP address is not allowed as a server name (RFC 6066, section 3).
          ...(!isIP(hostname) && { servername: withoutFinalDot(hostname) }),
          secureContext: context,
          ...(session && { session }),
          rejectUnauthorized: !target.skipTlsVerification,
          ALPNProtocols: ['http/1.1'],
        });
        secured.on('session', (next: Buffer) => {
          session = next;
        });
        const end = () => fail(closed());
        secured.on('error', fail).on('close', end);
        secured.once('secureConnect', () => {
          // From now on, the errors belong to the requests on the connection.
          secured.off('error', fail).off('close', end);
          resolve(secured);
        });
      } catch (error) {
        fail(error);
      }
    });
}

function createContext({ caCertificate, clientCertificate, clientKey }: Target): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    // A certificate that is trusted by name need not be a root: it may be an intermediate authority or the receiver's own.
    ...(caCertificate !== null && { ca: caCertificate, allowPartialTrustChain: true }),
    ...(clientCertificate !== null && { cert: clientCertificate }),
    ...(clientKey !== null && { key: clientKey }),
  });
}

function closed(): Error {
  return Object.assign(new Error('connection closed'), { code: 'ECONNRESET' });
}
