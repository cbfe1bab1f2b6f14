/** Subscriptions over real sockets: WebSocket with the graphql-ws client, server-sent events with a parser of our own. */
import { createClient } from 'graphql-ws';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { TestApp } from '../server/app.js';

type Caller = Pick<TestApp, 'url' | 'token'>;
type Variables = Record<string, unknown>;

export const transports = ['WebSocket', 'server-sent events'] as const;
export type Transport = (typeof transports)[number];

/** The payloads of a subscription; `T` is the type of its only field. */
export interface Live<T> {
  next(): Promise<T>;
  take(count: number): Promise<T[]>;
  /** Reads payloads up to the first one for which `ready` returns true. */
  until(ready: (payload: T) => boolean): Promise<T[]>;
  /** Ends the subscription as its transport does: a `complete` message, or the end of the request. */
  end(): Promise<void>;
}

export function subscribe<T>(transport: Transport, caller: Caller, query: string, variables: Variables): Live<T> {
  const live =
    transport === 'WebSocket'
      ? overWebSocket<T>(caller, query, variables)
      : fromIterator<T>(payloadsOf<T>(caller, query, variables));
  onTestFinished(() => live.end());
  return live;
}

interface Payload {
  data?: Record<string, unknown> | null;
  errors?: readonly { message: string }[];
}

function fieldOf<T>({ data, errors }: Payload): T {
  if (errors?.length || !data) throw new Error(JSON.stringify(errors ?? 'no data'));
  return Object.values(data)[0] as T;
}

function overWebSocket<T>({ url, token }: Caller, query: string, variables: Variables): Live<T> {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const payloads = client.iterate<Record<string, unknown>>({ query, variables });
  async function* fields(): AsyncGenerator<T, void, undefined> {
    for await (const payload of payloads) yield fieldOf<T>(payload);
  }
  const live = fromIterator(fields());
  return {
    ...live,
    async end() {
      await payloads.return?.();
      await client.dispose();
    },
  };
}

interface Closable<T> extends AsyncIterator<T, void, undefined> {
  abort?(): void;
}

function fromIterator<T>(iterator: Closable<T>): Live<T> {
  const next = async () => {
    const { value, done } = await iterator.next();
    if (done) throw new Error('The subscription ended');
    return value as T;
  };
  async function until(ready: (payload: T) => boolean): Promise<T[]> {
    const payloads: T[] = [];
    for (;;) {
      const payload = await next();
      payloads.push(payload);
      if (ready(payload)) return payloads;
    }
  }
  return {
    next,
    take: async (count) => {
      const payloads: T[] = [];
      while (payloads.length < count) payloads.push(await next());
      return payloads;
    },
    until,
    async end() {
      iterator.abort?.();
    },
  };
}

function payloadsOf<T>(caller: Caller, query: string, variables: Variables): Closable<T> {
  const controller = new AbortController();
  const stream = eventStream(caller, query, variables, controller.signal);
  async function* fields(): AsyncGenerator<T, void, undefined> {
    const { events } = await stream;
    for await (const { event, data } of events) {
      if (event === 'complete') return;
      if (event === 'next') yield fieldOf<T>(JSON.parse(data));
    }
  }
  const iterator = fields();
  return { next: () => iterator.next(), abort: () => controller.abort() };
}

export interface ServerSentEvent {
  event: string;
  data: string;
}

/** The server's answer to `Accept: text/event-stream`, and its events as they arrive, without comments. */
export async function eventStream(
  { url, token }: Caller,
  query: string,
  variables: Variables,
  signal?: AbortSignal,
): Promise<{ response: Response; events: AsyncGenerator<ServerSentEvent, void, undefined> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  });
  return { response, events: eventsOf(response) };
}

async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const parsed = parseEvent(text.slice(0, end));
      if (parsed.event) yield parsed;
      text = text.slice(end + 2);
    }
  }
}

/** One event of the format of HTML, section 9.2; a comment line gives an event without a name. */
function parseEvent(block: string): ServerSentEvent {
  const parsed: ServerSentEvent = { event: '', data: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) parsed.event = line.slice('event: '.length);
    if (line.startsWith('data: ')) parsed.data += line.slice('data: '.length);
  }
  return parsed;
}
