/**
 * Opens a TCP connection to the first of several addresses that answers. The attempts overlap (RFC 8305): a slow address keeps its
 * chance while the next one is tried.
 */
import { connect, isIPv6, type Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.js';
import { describe } from './error-words.js';

/** How long an address may be silent before the next one is tried as well, in ms (RFC 8305, section 5). */
const NEXT_ADDRESS_AFTER_MS = 250;

/** An address that was tried, and its error; null while it has none. */
export interface Tried {
  address: string;
  error: Error | null;
}

/**
 * @param addresses literal addresses, in the order of the resolver
 * @param tried gets an entry for each address that is tried
 * @param signal once aborted, all connections are closed and the promise is rejected
 * @throws Error that names each address and what it said
 */
export function connectFirst(
  addresses: readonly string[],
  port: number,
  { clock, tried, signal }: { clock: Clock; tried: Tried[]; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = alternating(addresses);
    const open = new Set<Socket>();
    let isSettled = false;
    let cancelNext = () => {};

    function settle(winner: Socket | null): void {
      if (isSettled) return;
      isSettled = true;
      cancelNext();
      signal.removeEventListener('abort', abort);
      for (const socket of open) if (socket !== winner) socket.destroy();
      if (winner) resolve(winner);
      else reject(failureOf(tried));
    }

    function tryNext(): void {
      cancelNext();
      const address = waiting.shift();
      if (isSettled || address === undefined) return;
      const entry: Tried = { address, error: null };
      tried.push(entry);
      const socket = connect({ host: address, port });
      open.add(socket);
      socket.once('connect', () => settle(socket));
      socket.on('error', (error) => {
        entry.error = error;
      });
      socket.once('close', () => {
        open.delete(socket);
        if (waiting.length) tryNext();
        else if (!open.size) settle(null);
      });
      if (waiting.length) cancelNext = clock.at(clock.now() + NEXT_ADDRESS_AFTER_MS, tryNext);
    }

    const abort = () => settle(null);
    signal.addEventListener('abort', abort);
    tryNext();
  });
}

/** The addresses of both IP versions in turn, beginning with the version of the first (RFC 8305, section 4). */
function alternating(addresses: readonly string[]): string[] {
  const [first = ''] = addresses;
  const preferred = addresses.filter((address) => isIPv6(address) === isIPv6(first));
  const others = addresses.filter((address) => isIPv6(address) !== isIPv6(first));
  return preferred
    .flatMap((address, index) => [address, ...others.slice(index, index + 1)])
    .concat(others.slice(preferred.length));
}

/** One address: its own error. Several: each with what it said, those that said the same together. */
function failureOf(tried: readonly Tried[]): Error {
  const [first] = tried;
  if (tried.length === 1 && first?.error) return first.error;
  return new Error(describeTried(tried));
}

/** Each address that was tried and what it said, such as `192.0.2.1, 192.0.2.2: connection refused (ECONNREFUSED)`. */
export function describeTried(tried: readonly Tried[]): string {
  const saying = new Map<string, string[]>();
  for (const { address, error } of tried) {
    const words = error ? describe(error) : 'no answer';
    saying.set(words, [...(saying.get(words) ?? []), address]);
  }
  return [...saying].map(([words, addresses]) => `${addresses.join(', ')}: ${words}`).join('; ');
}
