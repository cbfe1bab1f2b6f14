/**
 * The connections to receivers. A connection carries one request at a time and is kept for the next one. It belongs to one
 * revision of a destination: after a change, it is not used again. An idle connection ends at its keep-alive limit. When the
 * last connection of a destination ends, its group is deleted, so that nothing is kept for a deleted destination.
 *
 * An idle connection is read. Bytes that arrive on it belong to no request, so it ends: they must never count as the answer to the
 * next one. The destination then gets a new connection for each request, for an hour.
 */

import type { Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.js';
import type { Dialer, Progress } from './dialer.js';
import type { Target } from './types.js';

/** Idle time of a connection, in ms, if the receiver offers none (RFC 9112, section 9.3: it may close the connection at any time). */
const DEFAULT_IDLE_MS = 4_000;
/** Longest idle time, even if the receiver offers more. */
const MAX_IDLE_MS = 60_000;
/** A connection ends this long before the receiver closes it. */
const IDLE_MARGIN_MS = 1_000;
/** How long no connection to a destination is kept after it sent bytes that belong to no request. */
const DISTRUST_MS = 3_600_000;

export interface Connection {
  /** It carried a request before. */
  isReused: boolean;
  /** A part of the answer to the present request has arrived. */
  hasAnswer: boolean;
  /** Begins a request: from now on, what arrives is its answer. */
  begin(): Socket;
  end(): void;
  /** Keeps the connection for the next request. @param keepAlive the Keep-Alive header of the answer */
  release(keepAlive: string | string[] | undefined): void;
}

interface Pooled extends Connection {
  /** Begins to use it for an attempt. @returns false if it has ended */
  use(signal: AbortSignal): boolean;
}

interface Group {
  revision: number;
  dial: Dialer;
  idle: Pooled[];
  size: number;
}

/** @param dialerOf makes the dialer of a destination as it is now */
export function createPool(dialerOf: (target: Target) => Dialer, clock: Clock) {
  const groups = new Map<string, Group>();
  const open = new Set<Pooled>();
  /** Destinations that sent bytes that belong to no request, and until when (ms) their connections are not kept. */
  const distrusted = new Map<string, number>();

  function groupOf(target: Target): Group {
    const known = groups.get(target.destinationId);
    if (known?.revision === target.revision) return known;
    const group: Group = { revision: target.revision, dial: dialerOf(target), idle: [], size: 0 };
    groups.set(target.destinationId, group);
    endIdle(known);
    return group;
  }

  function endIdle(group: Group | undefined): void {
    for (const connection of group?.idle ?? []) connection.end();
  }

  function leave(group: Group, destinationId: string): void {
    group.size -= 1;
    if (!group.size && groups.get(destinationId) === group) groups.delete(destinationId);
  }

  function distrust(destinationId: string, group: Group): void {
    for (const [id, until] of distrusted) if (until <= clock.now()) distrusted.delete(id);
    distrusted.set(destinationId, clock.now() + DISTRUST_MS);
    endIdle(group);
  }

  const isDistrusted = (destinationId: string): boolean => (distrusted.get(destinationId) ?? 0) > clock.now();

  async function connect(target: Target, progress: Progress, signal: AbortSignal): Promise<Connection> {
    const { destinationId } = target;
    const group = groupOf(target);
    group.size += 1;
    let socket: Socket;
    try {
      socket = await group.dial(progress, signal);
    } catch (error) {
      leave(group, destinationId);
      throw error;
    }
    const connection = pooled(socket, group, destinationId);
    connection.use(signal);
    return connection;
  }

  function pooled(socket: Socket, group: Group, destinationId: string): Pooled {
    let isAwaiting = false;
    let cancelIdle = () => {};
    let attempt: AbortSignal | null = null;

    function detach(): void {
      cancelIdle();
      attempt?.removeEventListener('abort', end);
    }

    function end(): void {
      if (!open.delete(connection)) return;
      detach();
      group.idle = group.idle.filter((other) => other !== connection);
      socket.destroy();
      leave(group, destinationId);
    }

    const connection: Pooled = {
      isReused: false,
      hasAnswer: false,
      use(signal) {
        attempt = signal;
        signal.addEventListener('abort', end);
        if (signal.aborted) end();
        return open.has(connection);
      },
      begin() {
        cancelIdle();
        connection.hasAnswer = false;
        isAwaiting = true;
        return socket;
      },
      end,
      release(keepAlive) {
        isAwaiting = false;
        detach();
        const idleMs = idleTime(keepAlive);
        const mayStay = groups.get(destinationId) === group && !isDistrusted(destinationId);
        if (!mayStay || idleMs <= 0) return end();
        connection.isReused = true;
        group.idle.push(connection);
        cancelIdle = clock.at(clock.now() + idleMs, end);
      },
    };
    socket.on('data', () => {
      if (isAwaiting) connection.hasAnswer = true;
      else if (open.has(connection)) {
        end();
        distrust(destinationId, group);
      }
    });
    // While a request is in flight, it must see its error before the connection ends.
    for (const event of ['end', 'error']) socket.on(event, () => isAwaiting || end());
    socket.on('close', end);
    open.add(connection);
    return connection;
  }

  return {
    /** A connection for one request: one that is idle and still open, or a new one. @throws Error if there is none */
    async take(target: Target, progress: Progress, signal: AbortSignal): Promise<Connection> {
      const group = groupOf(target);
      for (let connection = group.idle.pop(); connection; connection = group.idle.pop()) {
        // What the receiver sent before is read in this turn of the event loop.
        await turn();
        if (!connection.use(signal)) continue;
        progress.phase = 'HEADERS';
        return connection;
      }
      return connect(target, progress, signal);
    },

    /** A new connection for one request. @throws Error if there is none */
    connect,

    /** How many destinations have connections. */
    destinations: (): number => groups.size,

    endAll(): void {
      for (const connection of open) connection.end();
    },
  };
}

/** One whole turn of the event loop: an immediate may run in the present turn, after its sockets were read. */
async function turn(): Promise<void> {
  for (let half = 0; half < 2; half += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** How long a connection is kept (ms), by the Keep-Alive header of the receiver (`timeout=5`). */
function idleTime(keepAlive: string | string[] | undefined): number {
  const seconds = /\btimeout=(\d+)/i.exec(String(keepAlive))?.[1];
  return seconds === undefined ? DEFAULT_IDLE_MS : Math.min(MAX_IDLE_MS, Number(seconds) * 1_000 - IDLE_MARGIN_MS);
}
