import { EventEmitter, once } from 'node:events';
import { type Client, succeeded } from '../client/client.js';
import {
  type AuthenticationType,
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  DeliveryAttemptedDocument,
  type LoginOutcome,
  RecordLoginDocument,
  RegisterPortalDocument,
  WebhookStatusChangedDocument,
} from '../client/generated/graphql.js';
import { type DemoReceiver, startDemoReceiver } from './receiver.js';
import { createVerifier } from './verify.js';

/** Tries that fail before the receiver comes back: well within the five that a delivery has. */
const FAILED_TRIES = 3;
/** How long everything may take to arrive, in ms; retries wait 30 s at most. */
const ARRIVAL_DEADLINE_MS = 60_000;

type Person = [name: string, type: AuthenticationType, outcome: LoginOutcome, address: string, userAgent: string];

const people: Person[] = [
  ['ada', 'BASIC', 'SUCCESS', '192.0.2.17', 'Mozilla/5.0 (X11; Linux x86_64)'],
  ['grace', 'SSO', 'SUCCESS', '2001:db8::2a', 'Mozilla/5.0 (Macintosh)'],
  ['mallory', 'BASIC', 'INVALID_PASSWORD', '198.51.100.66', 'curl/8.5 |src=10.0.0.1 \\ sig=forged'],
  ['mallory', 'BASIC', 'LOCKED', '198.51.100.66', 'curl/8.5'],
  ['linus', 'GITHUB', 'SUCCESS', '203.0.113.5', 'Mozilla/5.0 (Windows NT 10.0)'],
  ['nobody', 'BASIC', 'NOT_FOUND', '198.51.100.66', 'python-requests/2.32'],
];

const latecomers: Person[] = [
  ['barbara', 'SSO', 'SUCCESS', '192.0.2.90', 'Mozilla/5.0 (iPad)'],
  ['mallory', 'PAT', 'TOKEN_EXPIRED', '198.51.100.66', 'curl/8.5'],
  ['alan', 'GOOGLE', 'SUCCESS', '203.0.113.77', 'Mozilla/5.0 (Android 15)'],
];

/**
 * The main job in front of a person's eyes, against a running server.
 *
 * @returns whether every login arrived and every signature verified
 */
export async function runDemo(client: Client, origin: string, say: (text: string) => void): Promise<boolean> {
  const verify = createVerifier(`${origin}/audit-log-webhook/jwks.json`);
  const arrivals = new EventEmitter();
  const arrived = new Map<string, boolean>();
  let checking = Promise.resolve();

  const receiver = await startDemoReceiver((lines) => {
    checking = checking.then(async () => {
      if (lines.length > 1) say(`  a batch of ${lines.length} lines:`);
      for (const line of lines) {
        const isVerified = await verify(line);
        arrived.set(/ trace_id=(\S+)/.exec(line)?.[1] ?? line, isVerified);
        say(`  received  ${line}\n            ${isVerified ? 'signature verified' : 'SIGNATURE DOES NOT VERIFY'}`);
      }
      arrivals.emit('lines');
    });
  });

  say(`A receiver listens at ${receiver.url}, with a certificate made just now.\n`);
  const portalId = await connect(client, receiver, say);
  const following = followAttempts(client, portalId, arrivals, say);

  say('\nPeople log in:\n');
  const traces = await logIn(client, portalId, people, say);
  let complete = await allArrived(traces, arrived, arrivals);

  say('\nThe receiver goes down, and people go on logging in:\n');
  await receiver.down();
  const failures = failedTries(arrivals);
  traces.push(...(await logIn(client, portalId, latecomers, say)));
  await failures;
  say('\nThe receiver comes back; nothing was lost:\n');
  await receiver.up();
  complete = (await allArrived(traces, arrived, arrivals)) && complete;

  await checking;
  const verified = traces.filter((trace) => arrived.get(trace)).length;
  say(`\n${traces.length} logins recorded, ${arrived.size} arrived, ${verified} verified by the published key.`);
  following.stop();
  return complete && verified === traces.length && arrived.size === traces.length;
}

async function connect(client: Client, receiver: DemoReceiver, say: (text: string) => void): Promise<string> {
  const registered = await client.call(RegisterPortalDocument, { input: { name: 'Developer portal' } });
  const { portal } = succeeded(registered.registerPortal);
  say(`registerPortal      ${portal.name} (${portal.id})`);
  const created = await client.call(CreateDestinationDocument, {
    input: {
      name: 'SIEM',
      endpoint: receiver.url,
      authorization: 'Splunk demo-token',
      logFormat: 'CEF',
      caCertificate: receiver.certificate,
    },
  });
  const { destination } = succeeded(created.createDestination);
  say(`createDestination   ${destination.name} at ${destination.endpoint}, trusting exactly that certificate`);
  const input = { portalId: portal.id, destinationId: destination.id, enabled: true };
  succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
  say('configureWebhook    on');
  return portal.id;
}

/** Records a login for each person; gives their trace ids. */
async function logIn(client: Client, portalId: string, who: Person[], say: (text: string) => void): Promise<string[]> {
  const traces: string[] = [];
  for (const [principalName, authenticationType, outcome, sourceAddress, userAgent] of who) {
    const input = {
      portalId,
      authenticationType,
      outcome,
      sourceAddress,
      userAgent,
      principalName,
      request: '/api/v2/developer/authenticate',
    };
    const { login } = succeeded((await client.call(RecordLoginDocument, { input })).recordLogin);
    say(`recordLogin         ${principalName.padEnd(8)} ${authenticationType} ${outcome} from ${sourceAddress}`);
    traces.push(login.traceId);
  }
  return traces;
}

/** Says every try that fails and every change of the status, as the subscriptions tell them. */
function followAttempts(client: Client, portalId: string, arrivals: EventEmitter, say: (text: string) => void) {
  const attempts = client.subscribe(DeliveryAttemptedDocument, { portalId });
  const statuses = client.subscribe(WebhookStatusChangedDocument, { portalId });
  let stopped = false;

  async function tellAttempts() {
    for await (const { deliveryAttempted } of attempts) {
      const { delivered, attemptNumber, message, attemptedAt, durationMs, retryDueAt } = deliveryAttempted.attempt;
      if (delivered) continue;
      const wait = retryDueAt ? Date.parse(retryDueAt) - Date.parse(attemptedAt) - durationMs : 0;
      say(`  attempt ${attemptNumber} failed: ${message}; the next one in ${(wait / 1000).toFixed(1)} s`);
      arrivals.emit('failure');
    }
  }

  async function tellStatuses() {
    let shown = '';
    for await (const { webhookStatusChanged } of statuses) {
      const { state, pending, deliveredTotal } = webhookStatusChanged.status;
      if (state !== shown) say(`  state ${state}: ${deliveredTotal} delivered, ${pending} pending`);
      shown = state;
    }
  }

  const quietly = (work: Promise<void>) =>
    work.catch((error: unknown) => (stopped ? undefined : say(`  ${String(error)}`)));
  void quietly(tellAttempts());
  void quietly(tellStatuses());
  return {
    stop() {
      stopped = true;
    },
  };
}

async function failedTries(arrivals: EventEmitter): Promise<void> {
  for (let failures = 0; failures < FAILED_TRIES; failures += 1) await once(arrivals, 'failure');
}

/** Whether all of these arrived in time. */
async function allArrived(traces: string[], arrived: Map<string, boolean>, arrivals: EventEmitter): Promise<boolean> {
  const signal = AbortSignal.timeout(ARRIVAL_DEADLINE_MS);
  while (!traces.every((trace) => arrived.has(trace))) {
    try {
      await once(arrivals, 'lines', { signal });
    } catch {
      return false;
    }
  }
  return true;
}
