import { setTimeout as wait } from 'node:timers/promises';
import { createClient as createWebSocketClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import type { TypedDocumentString } from './generated/graphql.js';

/** The longest wait before a lost WebSocket is opened again, in ms. The first wait is 250 ms, and each next one is twice as long. */
const MAX_RECONNECT_MS = 4_000;
const FIRST_RECONNECT_MS = 250;
/** The close code of RFC 6455, section 7.4.1: here it means that the last subscription ended. */
const CLOSE_NORMAL = 1000;

/** The server answered the call with errors instead of data. */
export class CallFailed extends Error {}

/** The server does not know the token. */
export class TokenRejected extends CallFailed {}

/** The server refused the call and changed nothing. */
export class Refused extends CallFailed {
  constructor(readonly refusal: RefusalLike) {
    super(`${refusal.code}: ${refusal.message}`);
  }
}

/** The answer did not arrive: the server may have done the call or not. */
export class Unreachable extends Error {}

export type Client = ReturnType<typeof createClient>;

/**
 * Makes a typed client of a server, for the operations in `schema/operations.graphql`.
 *
 * @param url the GraphQL address of the server, such as `http://127.0.0.1:4000/graphql`
 * @param onConnection is called when the WebSocket of the subscriptions is lost, and when it is open again
 */
export function createClient(
  url: string,
  token: string,
  onConnection: (state: 'LOST' | 'RESTORED') => void = () => {},
) {
  const authorization = `Bearer ${token}`;
  let isLost = false;
  let isClosing = false;
  const sockets = createWebSocketClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: authorization },
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => wait(Math.min(FIRST_RECONNECT_MS * 2 ** retries, MAX_RECONNECT_MS)),
    on: {
      closed: (event: unknown) => {
        const isNormal = typeof event === 'object' && event !== null && 'code' in event && event.code === CLOSE_NORMAL;
        if (isLost || isClosing || isNormal) return;
        isLost = true;
        onConnection('LOST');
      },
      connected: () => {
        if (isLost) onConnection('RESTORED');
        isLost = false;
      },
    },
  });

  return {
    /** @throws CallFailed, Unreachable */
    async call<Result, Variables>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
    ): Promise<Result> {
      const answer = await send(url, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query: document.toString(), variables }),
      });
      const { data, errors } = bodyOf<Result>(url, answer);
      if (!errors?.length && data) return data;
      for (const { message, extensions } of errors ?? []) {
        if (extensions?.code === 'UNAUTHENTICATED') throw new TokenRejected(message);
        if (extensions?.fields) throw new Refused({ message, code: extensions.code ?? '', fields: extensions.fields });
      }
      throw new CallFailed(errors?.map(({ message }) => message).join('; ') ?? `HTTP ${answer.status}`);
    },

    /**
     * Yields the payloads of a subscription over WebSocket, and reconnects without a limit. The subscription ends when the caller
     * leaves the loop.
     *
     * @throws CallFailed
     */
    async *subscribe<Result, Variables extends Record<string, unknown>>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
    ): AsyncGenerator<Result, void, undefined> {
      for await (const { data, errors } of sockets.iterate<Result>({ query: document.toString(), variables })) {
        if (errors?.length || !data)
          throw new CallFailed(errors?.map(({ message }) => message).join('; ') ?? 'no data');
        yield data;
      }
    },

    close(): void {
      isClosing = true;
      void sockets.dispose();
    },
  };
}

/** @throws Unreachable if the answer does not arrive, or not completely */
async function send(url: string, init: RequestInit): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Unreachable(`No answer from ${url} (${cause || 'connection refused'}).`);
  }
}

interface Body<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string; fields?: RefusalLike['fields'] } }[];
}

/** @throws CallFailed if the answer is not JSON, for example because the URL belongs to another program */
function bodyOf<Result>(url: string, { status, text }: { status: number; text: string }): Body<Result> {
  try {
    return JSON.parse(text) as Body<Result>;
  } catch {
    throw new CallFailed(`${url} answered HTTP ${status} without JSON. Is it the GraphQL address of the server?`);
  }
}

/** A refusal, from the union of a mutation or from the error of a query. */
interface RefusalLike {
  message: string;
  code: string;
  fields: { field: string; reason: string }[];
}

/**
 * Returns the success of the union that a mutation answers with.
 *
 * @throws Refused if the answer is a refusal
 */
export function succeeded<U extends { __typename: string }>(result: U): Exclude<U, RefusalLike> {
  if (isRefusal(result)) throw new Refused(result);
  return result as Exclude<U, RefusalLike>;
}

function isRefusal(result: object): result is RefusalLike {
  return 'message' in result && 'code' in result && 'fields' in result;
}
