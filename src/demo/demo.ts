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

/** Failed attempts before the receiver works again. A delivery has five attempts. */
const FAILED_ATTEMPTS = 3;
/** The limit for the arrival of all logins, in ms. A retry waits at most 30 s. */
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
 * Shows a person the main use case, with a running server: logins are recorded, delivered and verified, also after the receiver
 * was down.
 *
 * @param origin of the server, such as `http://127.0.0.1:4000`
 * @param say prints a text
 * @returns whether every login arrived and every signature is valid
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
        say(`  received  ${line}\n            ${isVerified ? 'signature verified' : 'SIGNATURE IS NOT VALID'}`);
      }
      arrivals.emit('lines');
    });
  });

  say(`The demo receiver listens at ${receiver.url}. Its TLS certificate was made for this demo.\n`);
  const portalId = await connect(client, receiver, say);
  const following = followAttempts(client, portalId, arrivals, say);

  say('\nPeople log in:\n');
  const traces = await logIn(client, portalId, people, say);
  let complete = await allArrived(traces, arrived, arrivals);

  say('\nThe receiver stops, and people continue to log in:\n');
  await receiver.down();
  const failures = failedAttempts(arrivals);
  traces.push(...(await logIn(client, portalId, latecomers, say)));
  await failures;
  say('\nThe receiver starts again, and no login is lost:\n');
  await receiver.up();
  complete = (await allArrived(traces, arrived, arrivals)) && complete;

  await checking;
  const verified = traces.filter((trace) => arrived.get(trace)).length;
  say(`\n${traces.length} logins recorded, ${arrived.size} arrived, ${verified} verified with the published key.`);
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
  say(
    `createDestination   ${destination.name} at ${destination.endpoint}, trusting only the certificate of the receiver`,
  );
  const input = { portalId: portal.id, destinationId: destination.id, enabled: true };
  succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
  say('configureWebhook    on');
  return portal.id;
}

/** Records a login of each person. @returns the trace ids */
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

/** Prints every failed attempt and every change of the state, from two subscriptions. */
function followAttempts(client: Client, portalId: string, arrivals: EventEmitter, say: (text: string) => void) {
  const attempts = client.subscribe(DeliveryAttemptedDocument, { portalId });
  const statuses = client.subscribe(WebhookStatusChangedDocument, { portalId });
  let stopped = false;

  async function printAttempts() {
    for await (const { deliveryAttempted } of attempts) {
      const { delivered, attemptNumber, message, attemptedAt, durationMs, retryDueAt } = deliveryAttempted.attempt;
      if (delivered) continue;
      const wait = retryDueAt ? Date.parse(retryDueAt) - Date.parse(attemptedAt) - durationMs : 0;
      say(`  attempt ${attemptNumber} failed: ${message}; the next attempt is in ${(wait / 1000).toFixed(1)} s`);
      arrivals.emit('failure');
    }
  }

  async function printStates() {
    let printed = '';
    for await (const { webhookStatusChanged } of statuses) {
      const { state, pending, deliveredTotal } = webhookStatusChanged.status;
      if (state !== printed) say(`  state ${state}: ${deliveredTotal} delivered, ${pending} pending`);
      printed = state;
    }
  }

  const ignoringStop = (work: Promise<void>) =>
    work.catch((error: unknown) => (stopped ? undefined : say(`  ${String(error)}`)));
  void ignoringStop(printAttempts());
  void ignoringStop(printStates());
  return {
    stop() {
      stopped = true;
    },
  };
}

async function failedAttempts(arrivals: EventEmitter): Promise<void> {
  for (let failures = 0; failures < FAILED_ATTEMPTS; failures += 1) await once(arrivals, 'failure');
}

/** Whether all these logins arrived in time. */
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
