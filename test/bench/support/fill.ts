/** Fills a data directory with the commands of Auditwire, without a server: a backlog, or a long history. */
import { join } from 'node:path';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { type App, createApp } from '../../../src/app.js';
import type { Commands } from '../../../src/commands/handlers.js';
import { loadConfig } from '../../../src/config.js';
import { createDestination } from '../../../src/delivery/kinds/input.js';
import type { LoginInput } from '../../../src/domain/login.js';
import type { Cause } from '../../../src/domain/stream.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { systemRandom } from '../../../src/runtime/random.js';

interface Fill {
  portals: number;
  /** Logins of all portals together. Each portal gets the same number, or one more. */
  logins: number;
  /** The destination of every webhook. The webhooks are turned on before the first login, so all logins are due. Without it there are no webhooks. */
  receiver?: { url: string; ca: string | null };
  logFormat?: 'CEF' | 'JSON' | 'CPS';
  /** Gives each login an idempotency key. */
  keys?: boolean;
  /** The number of logins with the outcome LOCKED and the type PAT, evenly distributed. No other login has them. */
  rare?: number;
}

export interface Filled {
  /** The administrator's token. */
  token: string;
  organizationId: string;
  portalIds: string[];
  /** The position of the last event. */
  head: number;
}

/** Logins of a portal that are recorded at a time. The number is small, so that the portals are mixed in the log. */
const LOGINS_IN_A_CALL = 100;
/** Enough calls at a time that the transactions reach their full size. */
const CALLS_AT_ONCE = 40;
/** The time between two logins. */
const STEP_MS = 10;

const cause: Cause = { actor: 'bench', traceId: '0af7651916cd43dd8448eb211c80319c' };

/** @param directory an existing directory; the data is in its subdirectory `data`, as in `startProduct` */
export function fill(directory: string, wanted: Fill): Promise<Filled> {
  return withApp(directory, async (app) => {
    await app.start();
    const { commands, log } = app.services;
    const portalIds = await Promise.all(
      numbers(wanted.portals).map((n) =>
        commands.execute('registerPortal', { id: undefined, name: `Portal ${n}` }, cause),
      ),
    );
    await configureWebhooks(commands, portalIds, wanted);
    await recordAll(commands, portalIds, wanted);
    return { token: app.firstToken ?? '', organizationId: app.organizationId, portalIds, head: log.head() };
  });
}

/** Configures the webhook of every portal of a directory with a receiver, and turns it on. */
export function deliverTo(directory: string, portalIds: readonly string[], receiver: Fill['receiver']): Promise<void> {
  return withApp(directory, ({ services }) => configureWebhooks(services.commands, portalIds, { receiver }));
}

/** Records more logins in a filled directory. */
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

async function configureWebhooks(
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
  let open: Promise<unknown>[] = [];
  for (const call of calls(portalIds, wanted)) {
    open.push(executeRecordLogins(commands, systemRandom, call, cause));
    if (open.length < CALLS_AT_ONCE) continue;
    await Promise.all(open);
    open = [];
  }
  await Promise.all(open);
}

type Logins = Pick<Fill, 'logins' | 'keys' | 'rare'>;

/** Calls that record some logins of each portal in turn. */
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

/** The nth login. It is like one that a portal sends, and differs from all others. */
export function benchLogin(n: number, start: number, keys: boolean): LoginInput {
  return {
    authenticationType: n % 3 ? 'BASIC' : 'SSO',
    outcome: n % 10 ? 'SUCCESS' : 'INVALID_PASSWORD',
    sourceAddress: `192.0.2.${n % 256}`,
    request: `/login/${n}`,
    principalId: `user-${n % 5_000}`,
    principalName: `user-${n % 5_000}@example.com`,
    userAgent: AGENTS[n % AGENTS.length] ?? '',
    occurredAt: start + n * STEP_MS,
    ...(keys && { idempotencyKey: `${start}-${String(n).padStart(9, '0')}` }),
  };
}

/** 1 to `count`. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
