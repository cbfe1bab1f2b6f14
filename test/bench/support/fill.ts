import { join } from 'node:path';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { type App, createApp } from '../../../src/app.js';
import type { Commands } from '../../../src/commands/handlers.js';
/** Fills a data directory through the product's own commands, without a server: a backlog, or a long history. */
import { loadConfig } from '../../../src/config.js';
import { createDestination } from '../../../src/domain/destination.js';
import type { LoginInput } from '../../../src/domain/login.js';
import type { Cause } from '../../../src/domain/stream.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { systemRandom } from '../../../src/runtime/random.js';

interface Fill {
  portals: number;
  /** In all; each portal gets the same number of them, or one more. */
  logins: number;
  /** Where every webhook points, enabled before the first login, so that all of them wait; without it there are no webhooks. */
  receiver?: { url: string; ca: string | null };
  logFormat?: 'CEF' | 'JSON' | 'CPS';
  /** Gives each login an idempotency key. */
  keys?: boolean;
  /** So many logins, evenly among the others, are LOCKED and by PAT, and no others are. */
  rare?: number;
}

export interface Filled {
  /** Of the administrator. */
  token: string;
  organizationId: string;
  portalIds: string[];
  /** The position of the last event. */
  head: number;
}

/** Logins of one portal are recorded so many at a time, so that portals are mixed in the log. */
const LOGINS_IN_A_CALL = 100;
/** Enough that each transaction is as large as the product makes them. */
const CALLS_AT_ONCE = 40;
/** Between one login and the next. */
const STEP_MS = 10;

const cause: Cause = { actor: 'bench', traceId: '0af7651916cd43dd8448eb211c80319c' };

/** @param directory exists, and is laid out as `startProduct` does it: the data in `data` */
export function fill(directory: string, wanted: Fill): Promise<Filled> {
  return withApp(directory, async (app) => {
    await app.start();
    const { commands, log } = app.services;
    const portalIds = await Promise.all(
      numbers(wanted.portals).map((n) =>
        commands.execute('registerPortal', { id: undefined, name: `Portal ${n}` }, cause),
      ),
    );
    await pointWebhooks(commands, portalIds, wanted);
    await recordAll(commands, portalIds, wanted);
    return { token: app.firstToken ?? '', organizationId: app.organizationId, portalIds, head: log.head() };
  });
}

/** Points the webhook of every portal of a directory at a receiver, and turns it on. */
export function deliverTo(directory: string, portalIds: readonly string[], receiver: Fill['receiver']): Promise<void> {
  return withApp(directory, ({ services }) => pointWebhooks(services.commands, portalIds, { receiver }));
}

/** Records logins into a directory that is filled already. */
export function recordMore(directory: string, portalIds: readonly string[], logins: number): Promise<void> {
  return withApp(directory, ({ services }) => recordAll(services.commands, portalIds, { logins }));
}

async function withApp<T>(directory: string, use: (app: App) => Promise<T>): Promise<T> {
  const config = loadConfig({
    AUDITWIRE_DATA_DIR: join(directory, 'data'),
    AUDITWIRE_PORT: '0',
    AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8,::1',
  });
  const app = await createApp(config, createLogger('error'), { deliver: false });
  try {
    return await use(app);
  } finally {
    await app.stop();
  }
}

async function pointWebhooks(
  commands: Commands,
  portalIds: readonly string[],
  { receiver, logFormat = 'CEF' }: Pick<Fill, 'receiver' | 'logFormat'>,
): Promise<void> {
  if (!receiver) return;
  const { url: endpoint, ca: caCertificate } = receiver;
  const settings = { name: 'SIEM', endpoint, caCertificate, logFormat, authorization: 'Bench' };
  const destinationId = await commands.execute('createDestination', createDestination.parse(settings), cause);
  await Promise.all(
    portalIds.map((portalId) =>
      commands.execute('configureWebhook', { portalId, destinationId, enabled: true }, cause),
    ),
  );
}

async function recordAll(commands: Commands, portalIds: readonly string[], wanted: Logins): Promise<void> {
  let under: Promise<unknown>[] = [];
  for (const call of calls(portalIds, wanted)) {
    under.push(executeRecordLogins(commands, systemRandom, call, cause));
    if (under.length < CALLS_AT_ONCE) continue;
    await Promise.all(under);
    under = [];
  }
  await Promise.all(under);
}

type Logins = Pick<Fill, 'logins' | 'keys' | 'rare'>;

/** Round the portals, some logins of each at a time. */
function* calls(portalIds: readonly string[], { logins, keys = false, rare = 0 }: Logins) {
  const start = Date.now() - logins * STEP_MS;
  const rareEvery = rare ? Math.ceil(logins / rare) : Number.POSITIVE_INFINITY;
  let count = 0;
  for (let round = 0; count < logins; round += 1) {
    for (const [index, portalId] of portalIds.entries()) {
      const ofPortal = Math.floor(logins / portalIds.length) + (index < logins % portalIds.length ? 1 : 0);
      const size = Math.min(LOGINS_IN_A_CALL, ofPortal - round * LOGINS_IN_A_CALL);
      if (size <= 0) continue;
      const first = count;
      yield {
        portalId,
        logins: numbers(size).map((n) => rareOr(benchLogin(first + n, start, keys), first + n, rareEvery)),
      };
      count += size;
    }
  }
}

const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'curl/8.14.1',
  'portal-sdk/3.2',
];

const rareOr = (login: LoginInput, n: number, rareEvery: number): LoginInput =>
  n % rareEvery ? login : { ...login, outcome: 'LOCKED', authenticationType: 'PAT' };

/** The nth login: like the ones that a portal sends, none like the other. */
export function benchLogin(n: number, start: number, keys: boolean): LoginInput {
  return {
    authenticationType: n % 3 ? 'BASIC' : 'SSO',
    outcome: n % 10 ? 'SUCCESS' : 'INVALID_PASSWORD',
    sourceAddress: `192.0.2.${n % 256}`,
    request: `/login/${n}`,
    principalId: `user-${n % 5_000}`,
    principalName: `user-${n % 5_000}@example.com`,
    userAgent: AGENTS[n % AGENTS.length] ?? '',
    traceId: null,
    occurredAt: start + n * STEP_MS,
    idempotencyKey: keys ? `${start}-${String(n).padStart(9, '0')}` : null,
  };
}

/** 1 to `count`. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
