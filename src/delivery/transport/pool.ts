/**
 * The connections to receivers, each for one request at a time and kept for the next one. They belong to a destination as it
 * was at one revision: after a change, none of them is used again. A connection that nobody uses ends by its own keep-alive
 * limit; with the last one its destination is forgotten, so that nothing is kept of those that were deleted.
 */

import { Client } from 'undici';
import type { Dialer, Progress } from './dialer.js';
import type { Target } from './types.js';

const MAX_RESPONSE_HEADER_BYTES = 16_384;
/** However long a receiver offers to keep a connection that nobody uses. */
const MAX_IDLE_MS = 60_000;

export interface PooledConnection {
  client: Client;
  progress: Progress;
  /** Ends it, and what is under way over it. */
  end(): Promise<void>;
  /** Keeps it for the next request, if it is still good for one. */
  release(): void;
}

interface Group {
  revision: number;
  dial: Dialer;
  idle: PooledConnection[];
  size: number;
}

/** @param dialerOf how connections to a destination as it is now are opened */
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
      // The deadline is the sender's, over everything.
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
    /** A connection for one request: one that waits for it, or a new one. */
    take(target: Target): PooledConnection {
      const group = groupOf(target);
      const kept = group.idle.pop();
      if (!kept) return connect(target, group);
      kept.progress.phase = 'HEADERS';
      return kept;
    },

    /** How many destinations there are connections to. */
    destinations: (): number => groups.size,

    async endAll(): Promise<void> {
      await Promise.all([...open].map((connection) => connection.end()));
    },
  };
}
