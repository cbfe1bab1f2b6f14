/**
 * Is Auditwire as fast with a long history as with a short one? Both sides do the same work, on files that Auditwire itself
 * wrote. `ours` has the long history.
 */
import { LoginsDocument, PortalsDocument } from '../../../src/client/generated/graphql.js';
import type { Aim, Bench, Figures, Row, Scale } from '../row.js';
import { copyOf, drain, remove, withCopy } from '../support/backlog.js';
import { now } from '../support/clock.js';
import { requestOf } from '../support/connection.js';
import { deliverTo, recordMore } from '../support/fill.js';
import { type History, historyOf } from '../support/history.js';
import { closedLoop } from '../support/load.js';
import { makeLogins, noopLoginCalls, noopLoginsCalls, recordLoginCalls, recordLoginsCalls } from '../support/logins.js';
import { owning } from '../support/owning.js';
import { type Product, startProduct } from '../support/product.js';
import { startReceiver } from '../support/receiver.js';

const SHORT = 10_000;
const LONG: { suffix: string; logins: number; fullOnly: boolean }[] = [
  { suffix: '', logins: 200_000, fullOnly: false },
  { suffix: '-1m', logins: 1_000_000, fullOnly: true },
  { suffix: '-10m', logins: 10_000_000, fullOnly: true },
];
const SMOKE = { short: 200, long: 1_000 };

interface Sides {
  long: History;
  short: History;
  smoke: boolean;
}

/** One row for each length of the history. */
function flat(row: Pick<Row, 'name' | 'work' | 'aims' | 'rounds'>, prepare: (sides: Sides) => Promise<Bench>): Row[] {
  return LONG.map(({ suffix, logins, fullOnly }) => ({
    ...row,
    name: row.name + suffix,
    work: `${row.work}, after ${logins.toLocaleString('en')} logins`,
    comparedWith: `after ${SHORT.toLocaleString('en')} logins`,
    fullOnly,
    async prepare(scale: Scale) {
      const smoke = scale === 'smoke';
      const short = await historyOf(smoke ? SMOKE.short : SHORT);
      return prepare({ short, long: await historyOf(smoke ? SMOKE.long : logins), smoke });
    },
  }));
}

const rate = (figure: string, unit: string): Aim => ({ figure, unit, goal: { ratioAtLeast: 0.8 } });

/**
 * Work that adds to the history runs on copies. The short history is copied for each run, so that it stays short; the long one
 * is copied once.
 */
async function onCopies(
  { long, short }: Sides,
  run: (directory: string, history: History) => Promise<Figures>,
): Promise<Bench> {
  const grown = copyOf(long.directory);
  return {
    ours: () => run(grown, long),
    theirs: () => withCopy(short.directory, (directory) => run(directory, short)),
    close: async () => remove(grown),
  };
}

const CONNECTIONS = 8;

export const flatRecord = flat(
  {
    name: 'flat-record',
    work: `recordLogins of 100 and recordLogin, ${CONNECTIONS} and 64 connections`,
    aims: [rate('bulk', 'logins/s'), rate('single', 'logins/s')],
    rounds: 3,
  },
  (sides) => onCopies(sides, (directory, history) => record(directory, history, sides.smoke)),
);

async function record(directory: string, { token, portalId }: History, smoke: boolean): Promise<Figures> {
  const product = await startProduct({ directory, token });
  try {
    const singles = makeLogins(smoke ? 20 : 1_500);
    const bulks = smoke ? 3 : 48;
    const bulkLoad = { connections: CONNECTIONS, forSeconds: 3 };
    const singleLoad = { connections: 64, forSeconds: 3 };
    await closedLoop(product, noopLoginsCalls(product, portalId, bulks, 100), bulkLoad);
    await closedLoop(product, recordLoginsCalls(product, portalId, bulks / 3, 100), bulkLoad);
    const bulk = await closedLoop(product, recordLoginsCalls(product, portalId, bulks, 100), bulkLoad);
    await closedLoop(product, noopLoginCalls(product, portalId, singles), singleLoad);
    const single = await closedLoop(product, recordLoginCalls(product, portalId, singles), singleLoad);
    return { bulk: bulk.callsPerSecond * 100, single: single.callsPerSecond };
  } finally {
    await product.stop();
  }
}

const DRAINED = 20_000;

export const flatDrain = flat(
  {
    name: 'flat-drain',
    work: `${DRAINED.toLocaleString('en')} waiting logins, to a TLS receiver`,
    aims: [rate('perSecond', 'lines/s')],
    rounds: 3,
  },
  (sides) =>
    owning(async (own) => {
      const receiver = own(await startReceiver());
      const logins = sides.smoke ? 1_000 : DRAINED;
      // Directories whose webhooks already deliver to the receiver.
      const delivering = new Set<string>();
      const { ours, theirs, close } = await onCopies(sides, async (directory, { token, portalIds }) => {
        if (!delivering.has(directory)) await deliverTo(directory, portalIds, receiver);
        delivering.add(directory);
        await recordMore(directory, portalIds, logins);
        return drain(receiver, logins, () => startProduct({ directory, token }));
      });
      own({ stop: close });
      return { ours, theirs };
    }),
);

/** How many equal calls a second the product answers. */
async function callsPerSecond(product: Product, request: Buffer, success: string, smoke: boolean): Promise<number> {
  const requests = Array.from({ length: smoke ? 10 : 10_000 }, () => request);
  const done = await closedLoop(product, { requests, success }, { connections: CONNECTIONS, forSeconds: 0.5 });
  return done.callsPerSecond;
}

export const flatPage = flat(
  {
    name: 'flat-page',
    work: 'pages of 20 logins: the newest, those from the middle, those with a rare outcome or type',
    aims: ['first', 'middle', 'rareOutcome', 'rareType'].map((figure) => rate(figure, 'pages/s')),
  },
  ({ long, short, smoke }) =>
    owning(async (own) => {
      const sides = [long, short].map(async ({ directory, token, portalId }) => {
        const product = own(await startProduct({ directory, token }));
        const page = (more: object) => requestOf(product, LoginsDocument.toString(), { portalId, ...more });
        const rareOutcome = { filter: { outcome: 'LOCKED' as const } };
        // There are 40 rare logins, evenly distributed, so a page of 20 ends in the middle of the history.
        const { logins } = await product.client.call(LoginsDocument, { portalId, ...rareOutcome, first: 20 });
        const pages = {
          first: page({}),
          middle: page({ after: logins.pageInfo.endCursor }),
          rareOutcome: page(rareOutcome),
          rareType: page({ filter: { authenticationType: 'PAT' } }),
        };
        return async () => {
          const figures: Figures = {};
          for (const [figure, request] of Object.entries(pages))
            figures[figure] = await callsPerSecond(product, request, '"hasNextPage":true', smoke);
          return figures;
        };
      });
      return warm(await Promise.all(sides));
    }),
);

export const flatStatus = flat(
  {
    name: 'flat-status',
    work: 'queries for the status of a webhook whose receiver is down',
    aims: [rate('perSecond', 'queries/s')],
  },
  ({ long, short, smoke }) =>
    owning(async (own) => {
      const sides = [long, short].map(async ({ directory, token, portalIds }) => {
        const copy = copyOf(directory);
        own({ stop: async () => remove(copy) });
        await deliverTo(copy, portalIds, { url: 'https://127.0.0.1:444/', ca: null });
        await recordMore(copy, portalIds, 1_000);
        const product = own(await startProduct({ directory: copy, token }));
        const request = requestOf(product, PortalsDocument.toString());
        return async () => ({
          perSecond: await callsPerSecond(product, request, '"oldestPendingAt":', smoke),
        });
      });
      return warm(await Promise.all(sides));
    }),
);

export const flatStart = flat(
  {
    name: 'flat-start',
    work: 'from the start of the process until it listens',
    aims: [{ figure: 'time', unit: 'ms', goal: { ratioAtMost: 1.25 } }],
  },
  async ({ long, short, smoke }) => {
    const start = async ({ directory, token }: History) => {
      const started = now();
      const product = await startProduct({ directory, token });
      const time = now() - started;
      await product.stop();
      return { time };
    };
    if (!smoke) await Promise.all([start(long), start(short)]);
    return { ours: () => start(long), theirs: () => start(short), close: async () => {} };
  },
);

async function warm(sides: (() => Promise<Figures>)[]): Promise<Omit<Bench, 'close'>> {
  const [ours, theirs] = sides;
  if (!ours || !theirs) throw new Error('A row has two sides');
  await ours();
  await theirs();
  return { ours, theirs };
}
