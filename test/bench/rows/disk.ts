import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { PortalsDocument } from '../../../src/client/generated/graphql.js';
import type { Aim, Row } from '../row.js';
import { remove, temporaryDirectory, withCopy } from '../support/backlog.js';
import { requestOf, withConnections } from '../support/connection.js';
import { benchLogin, fill } from '../support/fill.js';
import { owning } from '../support/owning.js';
import { addDeliveringPortal } from '../support/portals.js';
import { type Product, startProduct } from '../support/product.js';
import { type Receiver, startReceiver } from '../support/receiver.js';

const LOGINS = { smoke: 1_000, default: 20_000, full: 200_000 };

/** Logins that are recorded and delivered one by one. */
const ALONE = { smoke: 50, default: 500, full: 500 };

const aim = (figure: string, goal: Aim['goal'] = { ratioAtMost: 2 }): Aim => ({ figure, unit: 'bytes a login', goal });

/** Measures the whole data directory after all logins are delivered: log, indexes, deliveries. */
export const disk: Row = {
  name: 'disk',
  work: 'bytes on disk for each delivered login: in full batches without and with an idempotency key, and in a batch of its own',
  comparedWith: 'the login as JSON, as it is sent',
  aims: [aim('withoutKey'), aim('withKey'), aim('alone', null)],
  // The result does not vary.
  rounds: 1,
  prepare: (scale) =>
    owning(async (own) => {
      const receiver = own(await startReceiver());
      const logins = LOGINS[scale];
      return {
        ours: async () => ({
          withoutKey: await bytesOnDisk(receiver, logins, false),
          withKey: await bytesOnDisk(receiver, logins, true),
          alone: await bytesAlone(receiver, ALONE[scale]),
        }),
        theirs: async () => ({
          withoutKey: payloadBytes(logins, false),
          withKey: payloadBytes(logins, true),
          alone: payloadBytes(ALONE[scale], false),
        }),
      };
    }),
};

async function bytesOnDisk(receiver: Receiver, logins: number, keys: boolean): Promise<number> {
  const directory = temporaryDirectory();
  try {
    const { token } = await fill(directory, { portals: 1, logins, receiver, keys });
    const product = await startProduct({ directory, token });
    try {
      await delivered(product, logins);
    } finally {
      await product.stop();
    }
    return bytesOf(directory) / logins;
  } finally {
    remove(directory);
  }
}

/** Bytes that a login adds to a data directory if each login is its own delivery, as in a portal with few logins. */
async function bytesAlone(receiver: Receiver, logins: number): Promise<number> {
  const product = await startProduct();
  try {
    const portalId = await addDeliveringPortal(product, receiver);
    const before = await withCopy(product.directory, async (copy) => bytesOf(copy));
    const { lines } = await receiver.counts();
    const requests = loginsAsSent(logins, false).map((login) =>
      requestOf(product, RECORD, { input: { portalId, ...login } }),
    );
    await withConnections(product, 1, async ([connection]) => {
      for (const [index, request] of requests.entries()) {
        const answer = await connection?.call(request);
        if (!answer?.includes('"RecordLoginSuccess"')) throw new Error(`Not recorded: ${String(answer)}`);
        await receiver.until(lines + index + 1);
      }
    });
    await delivered(product, logins);
    return (await withCopy(product.directory, async (copy) => bytesOf(copy) - before)) / logins;
  } finally {
    await product.stop();
  }
}

const RECORD = 'mutation ($input: RecordLoginInput!) { recordLogin(input: $input) { __typename } }';

/** The size of all files of a data directory, after the write-ahead log was copied into the database. */
function bytesOf(directory: string): number {
  const data = join(directory, 'data');
  checkpoint(join(data, 'auditwire.db'));
  return readdirSync(data).reduce((bytes, file) => bytes + statSync(join(data, file)).size, 0);
}

async function delivered({ client }: Product, logins: number): Promise<void> {
  for (;;) {
    const { portals } = await client.call(PortalsDocument, {});
    const { deliveredTotal, undeliveredTotal } = portals.edges[0]?.node.webhooks[0]?.status ?? {};
    if (deliveredTotal === logins) return;
    if (undeliveredTotal) throw new Error(`${undeliveredTotal} logins were not delivered`);
    await setTimeout(100);
  }
}

function checkpoint(file: string): void {
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

function payloadBytes(logins: number, keys: boolean): number {
  return (
    loginsAsSent(logins, keys).reduce((bytes, login) => bytes + Buffer.byteLength(JSON.stringify(login)), 0) / logins
  );
}

/** Logins as a portal sends them: without null fields, and with the time in ISO 8601. */
function loginsAsSent(logins: number, keys: boolean): object[] {
  const start = Date.now() - logins * 10;
  return Array.from({ length: logins }, (_, index) => {
    const { occurredAt, idempotencyKey, ...login } = benchLogin(index + 1, start, keys);
    const sent = { ...login, occurredAt: new Date(occurredAt ?? 0).toISOString() };
    return keys ? { ...sent, idempotencyKey } : sent;
  });
}
