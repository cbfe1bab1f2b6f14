import { createClient as createWebSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TypedDocumentString } from './generated/graphql.js';

/** A call that came back with errors instead of data. */
export class CallFailed extends Error {}

/** There was no answer: the call may have happened or not. */
export class Unreachable extends Error {}

export type Client = ReturnType<typeof createClient>;

/**
 * A typed client of a server, for the operations in `schema/operations.graphql`.
 *
 * @param url of GraphQL, such as `http://127.0.0.1:4000/graphql`
 */
export function createClient(url: string, token: string) {
  const authorization = `Bearer ${token}`;
  const sockets = createWebSocketClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: authorization },
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
  });

  return {
    /** @throws CallFailed */
    async call<Result, Variables>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
    ): Promise<Result> {
      const response = await reach(url, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query: document.toString(), variables }),
      });
      const body = (await response.json()) as { data?: Result | null; errors?: { message: string }[] };
      if (body.errors?.length || !body.data) {
        throw new CallFailed(body.errors?.map(({ message }) => message).join('; ') ?? `HTTP ${response.status}`);
      }
      return body.data;
    },

    /** Payloads of a subscription over WebSocket, until the loop over them is left. */
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

    close: (): void => void sockets.dispose(),
  };
}

/** @throws Unreachable */
async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Unreachable(`No server answers at ${url} (${cause || 'connection refused'}).`);
  }
}

interface RefusalLike {
  message: string;
  code: string;
}

/** The success of a mutation's union, or a CallFailed with what the server said. */
export function succeeded<U extends { __typename: string }>(result: U): Exclude<U, RefusalLike> {
  if ('message' in result && 'code' in result)
    throw new CallFailed(`${String(result.code)}: ${String(result.message)}`);
  return result as Exclude<U, RefusalLike>;
}
