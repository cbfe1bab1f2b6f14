/** Opens connections to receivers, directly or through a proxy, and says how far it has come. */

import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Phase } from '../../domain/lane/attempt.js';
import type { AddressGuard } from '../egress/address-guard.js';
import { isOfTls } from './error-words.js';
import type { Target } from './types.js';

/** How far the try that uses a connection has come, and how to give up what is being opened for it. */
export interface Progress {
  phase: Phase;
  /** What TLS failed with. It may say so after the handshake: a receiver of TLS 1.3 looks at our certificate only then. */
  tlsError: Error | null;
  abort: () => void;
}

type Done = (error: Error | null, socket: Socket | null) => void;
type Address = Pick<buildConnector.Options, 'hostname' | 'servername'> & { port: number };

/** How long a connection is silent before the system asks whether the other side is still there. */
const PROBE_AFTER_MS = 60_000;

/** Makes an undici connector for one connection. */
export type Dialer = (progress: Progress) => buildConnector.connector;

/** Gets as far as the receiver can be spoken to, or TLS with it begin. It may call `done` more than once. */
export type Connect = (address: Address, progress: Progress, done: Done) => void;

/**
 * Gives a maker of undici connectors for a destination as it is now, one for each connection. What its TLS needs is read once,
 * and sessions are resumed from one connection to the next.
 *
 * @param connect the way there
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
        socket?.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS);
        if (error || !socket || !handshake) return done(error, socket);
        progress.phase = 'TLS';
        handshake(socket, address, progress, done);
      });
      connect(address, progress, connected);
    };
}

/** To an address that the guard lets through, which is asked again once it is reached. */
export function directly(protocol: string, guard: AddressGuard): Connect {
  const guarded = guard.lookup(protocol);
  return ({ hostname, port }, progress, done) => {
    const lookup: LookupFunction = (name, options, callback) =>
      guarded(name, options, (error, ...found) => {
        if (!error) progress.phase = 'CONNECT';
        callback(error, ...found);
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
        // An address is no server name (RFC 6066, section 3).
        ...(!isIP(hostname) && { servername: servername || hostname }),
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
      // What follows from it, such as the end of the connection, says less.
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
    ...(caCertificate !== null && { ca: caCertificate }),
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
