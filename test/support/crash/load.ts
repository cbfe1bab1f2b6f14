/** Portals that record logins while servers are killed, and remember every answer. */
import { CallFailed, type Client, createClient, succeeded } from '../../../src/client/client.js';
import {
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  CreateWebhookDocument,
  LoginsDocument,
  RecordLoginDocument,
  RegisterPortalDocument,
  WebhookStatusChangedDocument,
} from '../../../src/client/generated/graphql.js';
import type { Receiver } from '../receiver/receiver.js';
import type { CrashServer } from './server.js';

type Server = Pick<CrashServer, 'url' | 'head'>;

/** Most unanswered logins that one call sends again. */
const MAX_RESENT = 20;

export interface Sent {
  portalId: string;
  /** The idempotency key. It is also in the user agent, so that the answer and the log line contain it. */
  key: string;
  userAgent: string;
  attempts: number;
  /** The answer of the server; null: none yet. */
  acknowledged: { position: number; traceId: string } | null;
  /** Whether an earlier process had recorded the login. */
  recordedBefore: boolean;
}

/** The times of a call, by `process.hrtime`. `answeredAt` null: it was not answered. */
interface Call {
  issuedAt: bigint;
  answeredAt: bigint | null;
}

/** Portals with webhooks that point at the receiver. */
export async function registerPortals(client: Client, receiver: Receiver, count: number): Promise<string[]> {
  const input = { name: 'SIEM', endpoint: receiver.url, authorization: 'Splunk secret', caCertificate: receiver.ca };
  const { destination } = succeeded((await client.call(CreateDestinationDocument, { input })).createDestination);
  const portalIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const registered = await client.call(RegisterPortalDocument, { input: { name: `Portal ${index}` } });
    const { id: portalId } = succeeded(registered.registerPortal).portal;
    const webhook = { portalId, destinationId: destination.id, enabled: true };
    succeeded((await client.call(ConfigureWebhookDocument, { input: webhook })).configureWebhook);
    portalIds.push(portalId);
  }
  return portalIds;
}

/** Another webhook of a portal, to a path of the receiver that is its name. @returns its id */
export async function addWebhook(client: Client, receiver: Receiver, portalId: string, name: string): Promise<string> {
  const endpoint = new URL(`/${name}`, receiver.url).href;
  const input = { name: `${name} of ${portalId}`, endpoint, caCertificate: receiver.ca };
  const { destination } = succeeded((await client.call(CreateDestinationDocument, { input })).createDestination);
  const webhook = { portalId, name, destinationId: destination.id, enabled: true };
  return succeeded((await client.call(CreateWebhookDocument, { input: webhook })).createWebhook).webhook.id;
}

export function createLoad(portalIds: readonly string[], token: string) {
  const sent: Sent[] = [];
  let unanswered: Sent[] = [];

  function next(): Sent {
    return unanswered.shift() ?? create(portalIds[sent.length % portalIds.length] ?? '');
  }

  function create(portalId: string, agent = 'browser'): Sent {
    const key = `mark-${sent.length}`;
    const userAgent = `${agent} of ${key}`;
    const login: Sent = { portalId, key, userAgent, attempts: 0, acknowledged: null, recordedBefore: false };
    sent.push(login);
    return login;
  }

  function acknowledge(
    logins: readonly Sent[],
    answers: readonly { position: string | number; traceId: string }[],
    head: number,
  ): void {
    for (const [index, login] of logins.entries()) {
      const { position, traceId } = answers[index] ?? { position: 0, traceId: '' };
      login.acknowledged = { position: Number(position), traceId };
      login.recordedBefore = login.acknowledged.position <= head;
    }
  }

  /** Records one login. False: the connection broke before the answer. */
  async function record(client: Client, head: number, login: Sent, call?: Call): Promise<boolean> {
    const { portalId, key: idempotencyKey, userAgent } = login;
    const facts = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    login.attempts += 1;
    try {
      const input = { ...facts, portalId, idempotencyKey, userAgent };
      const { recordLogin } = await client.call(RecordLoginDocument, { input });
      if (call) call.answeredAt = process.hrtime.bigint();
      acknowledge([login], [succeeded(recordLogin).login], head);
      return true;
    } catch (error) {
      if (error instanceof CallFailed) throw error;
      unanswered.push(login);
      return false;
    }
  }

  return {
    /** Every login, once, even if it was sent several times. */
    sent: sent as readonly Sent[],

    /** Records logins over several connections until they break. Calls `onWarm` when each connection had one answer. */
    async untilBroken({ url, head }: Server, connections: number, onWarm: () => void): Promise<Call[]> {
      const client = createClient(url, token);
      const calls: Call[] = [];
      let warm = 0;
      const work = async () => {
        for (let count = 0; ; count += 1) {
          const call: Call = { issuedAt: process.hrtime.bigint(), answeredAt: null };
          calls.push(call);
          if (!(await record(client, head, next(), call))) return;
          if (count === 0) warm += 1;
          if (count === 0 && warm === connections) onWarm();
        }
      };
      await Promise.all(Array.from({ length: connections }, work));
      return calls;
    },

    /** Records a login for each user agent with one action. Returns the last login, or null if the server ended. */
    async recordSome({ act, head }: CrashServer, portalId: string, agents: readonly string[]): Promise<Sent | null> {
      const again = unanswered.filter((login) => login.portalId === portalId).slice(0, MAX_RESENT);
      unanswered = unanswered.filter((login) => !again.includes(login));
      const logins = [...again, ...agents.map((agent) => create(portalId, agent))];
      for (const login of logins) login.attempts += 1;
      const input = logins.map(({ key: idempotencyKey, userAgent }) => ({ idempotencyKey, userAgent }));
      const result = await act({ do: 'record', portalId, logins: input });
      if (result?.logins) acknowledge(logins, result.logins, head);
      else unanswered.push(...logins);
      return result ? (logins.at(-1) ?? null) : null;
    },

    /** Sends unanswered logins again until all are answered. */
    async settle({ url, head }: Server): Promise<void> {
      const client = createClient(url, token);
      while (unanswered.length) {
        const again = unanswered.splice(0);
        await Promise.all(again.map((login) => record(client, head, login)));
      }
    },
  };
}

/** How many calls were in flight at a time of `process.hrtime`. */
export function inFlight(calls: readonly Call[], at: bigint): number {
  return calls.filter(({ issuedAt, answeredAt }) => issuedAt < at && (answeredAt === null || answeredAt > at)).length;
}

/** Every login of a portal that the server returns, in the order of positions. */
export async function loginsOf(client: Client, portalId: string): Promise<{ position: number; traceId: string }[]> {
  const logged: { position: number; traceId: string }[] = [];
  let after: string | null | undefined;
  do {
    const { logins } = await client.call(LoginsDocument, { portalId, first: 1_000, after });
    logged.push(...logins.edges.map(({ node }) => ({ position: Number(node.position), traceId: node.traceId })));
    after = logins.pageInfo.hasNextPage ? logins.pageInfo.endCursor : null;
  } while (after);
  return logged.sort((a, b) => a.position - b.position);
}

export async function untilNothingPends(client: Client, portalId: string): Promise<void> {
  for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, { portalId })) {
    if (webhookStatusChanged.status.pending === 0) return;
  }
}
