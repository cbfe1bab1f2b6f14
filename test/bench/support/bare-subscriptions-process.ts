/**
 * A minimal server of GraphQL subscriptions: graphql-ws over ws, and server-sent events over node:http, both over graphql-js
 * with the contract of Auditwire. The status is an object in memory. As in other GraphQL servers, the selection is executed once
 * for each subscriber. Started by rows/subscribers.ts.
 */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildSchema, execute, parse, subscribe, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { WebhookStatus } from '../../../src/queries/status.js';

interface Changed {
  webhookStatusChanged: { position: string; webhook: typeof webhook; status: WebhookStatus };
}

const id = '3e551b39-227d-4297-b911-e68fd5d77c17';
const webhook = {
  id: `webhook:${id}`,
  webhookId: id,
  name: 'default',
  portalId: id,
  portalName: 'Portal',
  destination: { id, name: 'SIEM' },
};

/** Each subscriber gets the present status, and then every change. */
const subscribers = new Set<Subscriber>();

class Subscriber implements AsyncIterableIterator<Changed> {
  readonly #pending: Changed[] = [statusNow()];
  #wake: ((result: IteratorResult<Changed, undefined>) => void) | null = null;

  constructor() {
    subscribers.add(this);
  }

  publish(value: Changed): void {
    if (!this.#wake) this.#pending.push(value);
    else this.#wake({ value, done: false });
    this.#wake = null;
  }

  next(): Promise<IteratorResult<Changed, undefined>> {
    const value = this.#pending.shift();
    if (value) return Promise.resolve({ value, done: false });
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  return(): Promise<IteratorResult<Changed, undefined>> {
    subscribers.delete(this);
    this.#wake?.({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

let position = 1;
let enabled = false;

function statusNow(): Changed {
  const status: WebhookStatus = {
    enabled,
    state: 'ACTIVE',
    lastAttemptAt: null,
    lastResponseCode: null,
    lastResponseMessage: null,
    warning: null,
    pending: 0,
    oldestPendingAt: null,
    nextAttemptAt: null,
    consecutiveFailures: 0,
    deliveredTotal: 0,
    undeliveredTotal: 0,
    oldestUndeliveredAt: null,
    undeliveredExpiresAt: null,
    needsActionTotal: 0,
    discardedTotal: 0,
    holdsLoginsSince: null,
  };
  return { webhookStatusChanged: { position: String(position), webhook, status } };
}

const rootValue = {
  webhookStatusChanged: () => new Subscriber(),
  configureWebhook({ input }: { input: { enabled: boolean } }) {
    position += 1;
    enabled = input.enabled;
    const changed = statusNow();
    for (const subscriber of subscribers) subscriber.publish(changed);
    return { __typename: 'ConfigureWebhookSuccess', webhook: { enabled } };
  },
};

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../../schema/schema.graphql'), 'utf8'));

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => void serve(Buffer.concat(chunks).toString(), request.headers.accept, response));
});

async function serve(body: string, accept: string | undefined, response: ServerResponse): Promise<void> {
  const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
  const document = parse(query);
  const [error] = validate(schema, document);
  if (error) throw error;
  const args = { schema, document, rootValue, variableValues: variables };
  if (accept !== 'text/event-stream') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await execute(args)));
    return;
  }
  const results = await subscribe(args);
  if (!(Symbol.asyncIterator in results)) throw new Error(JSON.stringify(results));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.once('close', () => void results.return(undefined));
  for await (const result of results) response.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
}

useServer({ schema, roots: { subscription: rootValue } }, new WebSocketServer({ server, path: '/graphql' }));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());
