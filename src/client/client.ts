import { isEnd, wordsOfFailure } from './failure.js';
import type { TypedDocumentString } from './generated/graphql.js';
import { createSockets, type SocketOptions } from './sockets.js';

/** The close code (RFC 6455, section 7.4) with which the server rejects a token. */
const CLOSE_UNAUTHORIZED = 4401;
const HTTP_UNAUTHORIZED = 401;

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

/** The URL belongs to another program, or to another page of the server. */
export class WrongUrl extends CallFailed {}

/** The answer did not arrive: the server may have done the call or not. */
export class Unreachable extends Error {}

export type Client = ReturnType<typeof createClient>;

/**
 * Makes a typed client of a server, for the operations in `schema/operations.graphql`.
 *
 * @param url the GraphQL address of the server, such as `http://127.0.0.1:4000/graphql`
 */
export function createClient(url: string, token: string, options: SocketOptions = {}) {
  const authorization = `Bearer ${token}`;
  const sockets = createSockets(url, authorization, options);

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
      if (answer.status === HTTP_UNAUTHORIZED) throw new TokenRejected(errors?.[0]?.message);
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
     * @throws CallFailed, or Unreachable if the first connection fails
     */
    async *subscribe<Result, Variables extends Record<string, unknown>>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
    ): AsyncGenerator<Result, void, undefined> {
      try {
        for await (const { data, errors } of sockets.iterate<Result>(document.toString(), variables)) {
          if (errors?.length || !data)
            throw new CallFailed(errors?.map(({ message }) => message).join('; ') ?? 'no data');
          yield data;
        }
      } catch (error) {
        throw error instanceof CallFailed ? error : unsubscribed(url, error);
      }
    },

    close: () => sockets.close(),
  };
}

/** Why a WebSocket could not be opened, or was closed for good. */
function unsubscribed(url: string, error: unknown): Error {
  if (isEnd(error) && error.code === CLOSE_UNAUTHORIZED) return new TokenRejected(error.reason);
  return new Unreachable(
    `The server answers calls at ${url}, but no WebSocket (${wordsOfFailure(url, error)}). A proxy before it must forward WebSocket upgrades.`,
  );
}

/** @throws Unreachable if the answer does not arrive, or not completely; WrongUrl if it is a redirection */
async function send(url: string, init: RequestInit): Promise<{ status: number; text: string }> {
  try {
    // A redirection is not followed: it would make a query of a POST, and could lead to a place that must not get the token.
    const response = await fetch(url, { ...init, redirect: 'manual' });
    const location = response.headers.get('location');
    const text = await response.text();
    if (location === null) return { status: response.status, text };
    throw new WrongUrl(`${url} redirects to ${location}; give that URL if you trust it.`);
  } catch (error) {
    if (error instanceof WrongUrl) throw error;
    throw new Unreachable(`No answer from ${url} (${wordsOfFailure(url, error)}).`);
  }
}

interface Body<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string; fields?: RefusalLike['fields'] } }[];
}

/** @throws WrongUrl if the answer is not one of GraphQL */
function bodyOf<Result>(url: string, { status, text }: { status: number; text: string }): Body<Result> {
  const body = parsed(text);
  const isAnswer = body !== undefined && (body.data !== undefined || Array.isArray(body.errors));
  if (isAnswer && !NO_GRAPHQL.includes(status)) return body;
  throw new WrongUrl(
    `${url} is not the GraphQL address of Auditwire, which ends with /graphql: it answers with HTTP ${status}.`,
  );

  function parsed(json: string): Body<Result> | undefined {
    try {
      const value = JSON.parse(json) as Body<Result> | null;
      return typeof value === 'object' && value !== null ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

/** With these codes, the server answers for addresses where GraphQL is not. */
const NO_GRAPHQL = [404, 405];

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
