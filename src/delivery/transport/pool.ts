/**
 * The connections to receivers. A connection carries one request at a time and is kept for the next one. It belongs to one
 * revision of a destination: after a change, it is not used again. An idle connection ends at its keep-alive limit. When the
 * last connection of a destination ends, its group is deleted, so that nothing is kept for a deleted destination.
 */

import { Client } from 'undici';
import type { Dialer, Progress } from './dialer.js';
import type { Target } from './types.js';

const MAX_RESPONSE_HEADER_BYTES = 16_384;
/** Longest idle time of a connection, in ms, even if the receiver offers more. */
const MAX_IDLE_MS = 60_000;

export interface PooledConnection {
  client: Client;
  progress: Progress;
  /** Ends the connection and its request in flight. */
  end(): Promise<void>;
  /** Keeps the connection for the next request, if it can still be used. */
  release(): void;
}

interface Group {
  revision: number;
  dial: Dialer;
  idle: PooledConnection[];
  size: number;
}

/** @param dialerOf makes the dialer of a destination as it is now */
export function createPool(dialerOf: (target: Target) => Dialer) {
  const groups = new Map<string, Group>();
  const open = new Set<PooledConnection>();

  function groupOf(target: Target): Group {
    const known = groups.get(target.destinationId);
    if (known?.revision === target.revision) return known;
    const group: Group = { revision: target.revision, dial: dialerOf(target), idle: [], size: 0 };
    groups.set(target.destinationId, group);
    for (const outdated of known?.idle ?? []) void outdated.end();
    return group;
  }

  function connect({ destinationId, endpoint }: Target, group: Group): PooledConnection {
    const progress: Progress = { phase: 'RESOLVE', tlsError: null, abort: () => {} };
    const client = new Client(new URL(endpoint).origin, {
      connect: group.dial(progress),
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      keepAliveMaxTimeout: MAX_IDLE_MS,
      // The sender has one deadline for the whole attempt.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    let isConnected = false;
    const connection: PooledConnection = {
      client,
      progress,
      async end() {
        if (!open.delete(connection)) return;
        group.idle = group.idle.filter((other) => other !== connection);
        group.size -= 1;
        if (!group.size && groups.get(destinationId) === group) groups.delete(destinationId);
        progress.abort();
        await client.destroy();
      },
      release() {
        if (isConnected && groups.get(destinationId) === group) group.idle.push(connection);
        else void connection.end();
      },
    };
    client.on('connect', () => {
      isConnected = true;
    });
    client.on('disconnect', () => {
      isConnected = false;
      if (group.idle.includes(connection)) void connection.end();
    });
    open.add(connection);
    group.size += 1;
    return connection;
  }

  return {
    /** A connection for one request: an idle one, or a new one. */
    take(target: Target): PooledConnection {
      const group = groupOf(target);
      const idle = group.idle.pop();
      if (!idle) return connect(target, group);
      idle.progress.phase = 'HEADERS';
      return idle;
    },

    /** How many destinations have connections. */
    destinations: (): number => groups.size,

    async endAll(): Promise<void> {
      await Promise.all([...open].map((connection) => connection.end()));
    },
  };
}
