import { setTimeout as wait } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import { reasonOfEnd, wordsOfFailure } from './failure.js';

/** The longest wait before a lost WebSocket is opened again, in ms. The first wait is 250 ms, and each next one is twice as long. */
const MAX_RECONNECT_MS = 4_000;
const FIRST_RECONNECT_MS = 250;
/** How often a client with subscriptions asks if the server is still there, and how long it waits for an answer, in ms. */
const KEEP_ALIVE_MS = 10_000;

export interface SocketOptions {
  /** Is called when the WebSocket of the subscriptions is lost, with the reason if there is one, and when it is open again. */
  onConnection?: (state: 'LOST' | 'RESTORED', reason: string) => void;
  /** How often to ask if the server is still there, and how long to wait for it, in ms. */
  keepAliveMs?: number;
}

/**
 * Subscriptions over one WebSocket. After it was open once, it is opened again without a limit whenever it is lost.
 *
 * @param url of the server, http or https
 */
export function createSockets(
  url: string,
  authorization: string,
  { onConnection = () => {}, keepAliveMs = KEEP_ALIVE_MS }: SocketOptions,
) {
  let wasOpen = false;
  let isLost = false;
  let isClosing = false;
  let subscriptions = 0;
  let failure = '';
  let unanswered: NodeJS.Timeout | undefined;

  const client: Client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols, { handshakeTimeout: keepAliveMs });
      }
    },
    connectionAckWaitTimeout: keepAliveMs,
    connectionParams: { Authorization: authorization },
    // A failure before the first success is most probably a wrong URL.
    shouldRetry: () => wasOpen,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => wait(Math.min(FIRST_RECONNECT_MS * 2 ** retries, MAX_RECONNECT_MS)),
    keepAlive: keepAliveMs,
    on: {
      // A server that hangs, or is cut off, closes nothing.
      ping: (isReceived) => {
        if (isReceived) return;
        unanswered = setTimeout(() => {
          failure = 'it does not answer';
          client.terminate();
        }, keepAliveMs);
      },
      pong: () => clearTimeout(unanswered),
      error: (error) => {
        failure = wordsOfFailure(url, error);
      },
      closed: (event) => {
        clearTimeout(unanswered);
        const reason = failure || reasonOfEnd(event);
        failure = '';
        // Without a subscription, this side closed the socket.
        if (isLost || !wasOpen || isClosing || subscriptions === 0) return;
        isLost = true;
        onConnection('LOST', reason);
      },
      connected: () => {
        if (isLost) onConnection('RESTORED', '');
        wasOpen = true;
        isLost = false;
      },
    },
  });

  return {
    /** Yields the results of a subscription. @throws what a WebSocket fails with, see `wordsOfFailure` */
    async *iterate<Result>(query: string, variables: Record<string, unknown>) {
      subscriptions += 1;
      try {
        yield* client.iterate<Result>({ query, variables });
      } finally {
        subscriptions -= 1;
      }
    },

    close(): void {
      isClosing = true;
      void client.dispose();
    },
  };
}
