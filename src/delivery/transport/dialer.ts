/** Opens connections to receivers, directly or through a proxy, and reports how far each of them is. */

import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Phase } from '../../domain/lane/attempt.js';
import type { AddressGuard } from '../egress/address-guard.js';
import { withoutFinalDot } from '../kinds/http/request.js';
import { isOfTls } from './error-words.js';
import type { Target } from './types.js';

/** How far the attempt that uses a connection is, and how to abort a connection that is being opened. */
export interface Progress {
  phase: Phase;
  /** Why TLS failed, or null. With TLS 1.3 it may come after the handshake: the receiver checks our certificate only then. */
  tlsError: Error | null;
  abort: () => void;
}

type Done = (error: Error | null, socket: Socket | null) => void;
type Address = Pick<buildConnector.Options, 'hostname' | 'servername'> & { port: number };

/** How long a connection is silent before the system sends TCP keep-alive packets, in ms. */
const KEEP_ALIVE_AFTER_MS = 60_000;

/** Makes an undici connector for one connection. */
export type Dialer = (progress: Progress) => buildConnector.connector;

/** Opens a connection on which HTTP or the TLS handshake can begin. It may call `done` more than once. */
export type Connect = (address: Address, progress: Progress, done: Done) => void;

/**
 * Makes the dialer of a destination as it is now. Its connections share the parsed certificates and keys, and resume the TLS
 * session of an earlier one.
 *
 * @param connect `directly` or `throughProxy`
 */
export function createDialer(target: Target, connect: Connect): Dialer {
  const handshake = new URL(target.endpoint).protocol === 'https:' ? createHandshake(target) : null;

  return (progress) =>
    ({ hostname, port, servername }, callback) => {
      progress.tlsError = null;
      const address = { hostname, servername, port: Number(port) || (handshake ? 443 : 80) };
      const done = once((error, socket) => {
        progress.abort = () => {};
        if (error || !socket) return callback(error ?? new Error('no connection'), null);
        progress.phase = 'HEADERS';
        callback(null, socket);
      });
      const connected = once((error, socket) => {
        socket?.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
        if (error || !socket || !handshake) return done(error, socket);
        progress.phase = 'TLS';
        handshake(socket, address, progress, done);
      });
      connect(address, progress, connected);
    };
}

/** Connects to an address that the guard accepts. The guard also checks the peer that was reached. */
export function directly(protocol: string, guard: AddressGuard): Connect {
  const guarded = guard.lookup(protocol);
  return ({ hostname, port }, progress, done) => {
    const lookup: LookupFunction = (name, options, callback) =>
      guarded(name, options, (error, ...addresses) => {
        if (!error) progress.phase = 'CONNECT';
        callback(error, ...addresses);
      });
    progress.phase = isIP(hostname) ? 'CONNECT' : 'RESOLVE';
    const socket = connectTcp({ host: hostname, port, lookup });
    progress.abort = () => socket.destroy();
    socket.on('error', (error) => done(error, null));
    socket.on('close', () => done(closed(), null));
    socket.once('connect', () => {
      try {
        guard.assertPeer(socket.remoteAddress, protocol);
        done(null, socket);
      } catch (refused) {
        socket.destroy();
        done(refused as Error, null);
      }
    });
  };
}

type Handshake = (socket: Socket, address: Address, progress: Progress, done: Done) => void;

function createHandshake(target: Target): Handshake {
  let context: SecureContext | undefined;
  let session: Buffer | undefined;

  return (socket, { hostname, servername }, progress, done) => {
    let secured: TLSSocket;
    try {
      context ??= createContext(target);
      secured = connectTls({
        socket,
        host: hostname,
        // An IP address is not allowed as a server name (RFC 6066, section 3).
        ...(!isIP(hostname) && { servername: withoutFinalDot(servername || hostname) }),
        secureContext: context,
        ...(session && { session }),
        rejectUnauthorized: !target.skipTlsVerification,
        ALPNProtocols: ['http/1.1'],
      });
    } catch (error) {
      socket.destroy();
      return done(error as Error, null);
    }
    progress.abort = () => secured.destroy();
    secured.on('session', (next: Buffer) => {
      session = next;
    });
    secured.on('error', (error) => {
      // Only the first error counts: later ones, such as the end of the connection, follow from it.
      if (isOfTls(error)) progress.tlsError ??= error;
      done(error, null);
    });
    secured.on('close', () => done(closed(), null));
    secured.once('secureConnect', () => done(null, secured));
  };
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

function once(done: Done): Done {
  let isDone = false;
  return (error, socket) => {
    if (isDone) return;
    isDone = true;
    done(error, socket);
  };
}
