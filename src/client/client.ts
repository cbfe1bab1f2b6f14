import { createClient as createWebSocketClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import type { TypedDocumentString } from './generated/graphql.js';

/** The server answered the call with errors instead of data. */
export class CallFailed extends Error {}

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

    close: (): void => void sockets.dispose(),
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
