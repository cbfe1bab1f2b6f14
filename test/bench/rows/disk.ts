import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { PortalsDocument } from '../../../src/client/generated/graphql.js';
import type { Aim, Row } from '../row.js';
import { remove, temporaryDirectory } from '../support/backlog.js';
import { benchLogin, fill } from '../support/fill.js';
import { owning } from '../support/owning.js';
import { type Product, startProduct } from '../support/product.js';
import { type Receiver, startReceiver } from '../support/receiver.js';

const LOGINS = { smoke: 1_000, default: 20_000, full: 200_000 };

const aim = (figure: string): Aim => ({ figure, unit: 'bytes a login', goal: { ratioAtMost: 2 } });

/** Everything that the data directory holds once all logins are delivered: log, indexes, deliveries. */
export const disk: Row = {
  name: 'disk',
  work: 'bytes on disk for a login that was delivered, without and with an idempotency key',
  comparedWith: 'the login in JSON, as it is sent',
  aims: [aim('withoutKey'), aim('withKey')],
  // Nothing that varies.
  rounds: 1,
  prepare: (scale) =>
    owning(async (own) => {
      const receiver = own(await startReceiver());
      const logins = LOGINS[scale];
      return {
        ours: async () => ({
          withoutKey: await bytesOnDisk(receiver, logins, false),
          withKey: await bytesOnDisk(receiver, logins, true),
        }),
        theirs: async () => ({ withoutKey: payloadBytes(logins, false), withKey: payloadBytes(logins, true) }),
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
    const data = join(directory, 'data');
    checkpoint(join(data, 'auditwire.db'));
    return readdirSync(data).reduce((bytes, file) => bytes + statSync(join(data, file)).size, 0) / logins;
  } finally {
    remove(directory);
  }
}

async function delivered({ client }: Product, logins: number): Promise<void> {
  for (;;) {
    const { portals } = await client.call(PortalsDocument, {});
    const { deliveredTotal, undeliveredTotal } = portals.edges[0]?.node.webhook.status ?? {};
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

/** What a client sends: what is empty is left out, the time is in ISO 8601. */
function payloadBytes(logins: number, keys: boolean): number {
  const start = Date.now() - logins * 10;
  let bytes = 0;
  for (let n = 1; n <= logins; n += 1) {
    const { occurredAt, traceId: _, idempotencyKey, ...login } = benchLogin(n, start, keys);
    const time = new Date(occurredAt ?? 0).toISOString();
    const sent = { ...login, occurredAt: time, ...(keys && { idempotencyKey }) };
    bytes += Buffer.byteLength(JSON.stringify(sent));
  }
  return bytes / logins;
}
