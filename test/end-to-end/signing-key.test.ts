import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openReader } from '../../db/open.js';
import { streamOf } from '../../src/domain/stream.js';
import { createReadModels } from '../../src/projections/read-models.js';
import { systemRandom } from '../../src/runtime/random.js';
import { createSecrets, PRIVATE_KEY } from '../../src/vault/secrets.js';
import { numbered } from '../support/engine/portal.js';
import { aLogin, mutate } from '../support/graphql/calls.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, temporaryDirectory } from '../support/server/app.js';
import { memoryWith } from '../support/server/memory.js';
import { startThreaded, type Threaded } from '../support/server/threaded.js';

/** Delivers a line from the delivery thread and many from the signing threads, and returns them. */
async function deliver(server: Threaded): Promise<string[]> {
  const receiver = await startReceiver();
  const { portalId } = await connectPortal(server, receiver);
  for (const requests of [['/one'], numbered(1_000), numbered(1_000)]) {
    await mutate(server, 'recordLogins', { portalId, logins: requests.map((request) => aLogin({ request })) });
  }
  await receiver.until(({ accepted }) => accepted.length === 2_001);
  await receiver.down();
  return receiver.accepted;
}

it('a server that is started again signs as node:crypto does with the same key', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const env = { AUDITWIRE_MASTER_KEY: randomBytes(32).toString('base64') };
  const directory = temporaryDirectory();
  // The first 32 random bytes of a new data directory are its private key.
  const drawn = [seed];
  const random = (size: number) => (size === 32 && drawn.shift()) || systemRandom(size);
  const first = await startApp({ directory, env, appOptions: { random } });
  expect(first.app.services.models.issuer.signingKeys()).toMatchObject([{ publicKey: x }]);
  const { token } = first;
  await first.app.stop();

  const lines = await deliver(await startThreaded(directory, { token, env }));
  for (const line of lines) {
    const [, signed = '', signature] = /^(.*) sig=(.*)$/.exec(line) ?? [];
    expect(signature).toBe(sign(null, Buffer.from(signed), privateKey).toString('base64url'));
  }
});

it.skipIf(process.platform !== 'linux')(
  'the readable memory of a server that made its key and has signed lines does not contain the private key',
  async () => {
    const masterKey = randomBytes(32);
    const directory = temporaryDirectory();
    const env = { AUDITWIRE_MASTER_KEY: masterKey.toString('base64') };
    const server = await startThreaded(directory, { env });
    await deliver(server);

    const { db, sqlite } = openReader(join(directory, 'data'));
    const [key] = createReadModels(db).issuer.signingKeys();
    const stored = createReadModels(db).issuer.signingKey(key?.id ?? '');
    if (!stored) throw new Error('there is no signing key');
    const secrets = createSecrets(db, masterKey, systemRandom);
    const seed = secrets.openBytes(streamOf('signing', stored.id), PRIVATE_KEY, stored.privateKey);
    sqlite.close();
    expect(seed).toHaveLength(32);

    const { pid = 0 } = server.child;
    expect(memoryWith(pid, seed)).toEqual([]);
    // The search finds what is there.
    expect(memoryWith(pid, masterKey)).not.toEqual([]);
  },
);
