import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { RecordLoginDocument } from '../../src/client/generated/graphql.js';
import { createLogger } from '../../src/runtime/logger.js';
import { MasterKeyError, readMasterKey, reasonAgainstAccess } from '../../src/vault/master-key.js';
import { createSecrets, WrongMasterKey } from '../../src/vault/secrets.js';
import { seededRandom } from '../support/clock/random.js';
import { openLog } from '../support/log/fixture.js';
import { filesWith } from '../support/log/grep.js';
import { issueCertificate } from '../support/receiver/certificates.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, temporaryDirectory, testConfig } from '../support/server/app.js';

describe('a sealed value', () => {
  const MASTER_KEY = Buffer.alloc(32, 1);
  const withSecrets = () => {
    const { connection, sqlite } = openLog();
    const random = seededRandom('secrets');
    const { db } = connection;
    return { db, sqlite, random, secrets: createSecrets(db, MASTER_KEY, random) };
  };

  it('can be opened with its owner and name', () => {
    const { secrets } = withSecrets();
    const sealed = secrets.seal('owner', 'name', 'Bearer ä secret');
    expect(secrets.open('owner', 'name', sealed)).toBe('Bearer ä secret');
  });

  it('cannot be opened with another owner or another name', () => {
    const { secrets } = withSecrets();
    const sealed = secrets.seal('owner', 'name', 'secret');
    secrets.seal('other', 'name', 'x');
    expect(() => secrets.open('owner', 'other', sealed)).toThrow(WrongMasterKey);
    expect(() => secrets.open('other', 'name', sealed)).toThrow(WrongMasterKey);
  });

  it('cannot be opened with another owner that has the same data key', () => {
    const { secrets, sqlite } = withSecrets();
    const sealed = secrets.seal('owner', 'name', 'secret');
    sqlite.exec("INSERT INTO keys SELECT 'other', wrapped FROM keys");
    expect(() => secrets.open('other', 'name', sealed)).toThrow(WrongMasterKey);
  });

  it('cannot be opened if a bit of it has changed', () => {
    const { secrets } = withSecrets();
    const sealed = Buffer.from(secrets.seal('owner', 'name', 'secret'), 'base64url');
    for (const index of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => secrets.open('owner', 'name', changed.toString('base64url'))).toThrow();
    }
  });

  it('is different each time, because its nonce is new', () => {
    const { secrets } = withSecrets();
    const sealed = Array.from({ length: 20 }, () => secrets.seal('owner', 'name', 'secret'));
    expect(new Set(sealed.map((one) => Buffer.from(one, 'base64url').subarray(0, 12).toString('hex'))).size).toBe(20);
    expect(new Set(sealed).size).toBe(20);
  });

  it('cannot be opened with another master key', () => {
    const { db, secrets, random } = withSecrets();
    const sealed = secrets.seal('owner', 'name', 'secret');
    const other = createSecrets(db, Buffer.alloc(32, 2), random);
    expect(() => other.open('owner', 'name', sealed)).toThrow(WrongMasterKey);
    expect(() => other.verify()).toThrow(WrongMasterKey);
    expect(() => secrets.verify()).not.toThrow();
  });

  it('cannot be opened after its key was destroyed, even if its owner seals again', () => {
    const { secrets } = withSecrets();
    const sealed = secrets.seal('owner', 'name', 'secret');
    secrets.destroy('owner');
    expect(() => secrets.open('owner', 'name', sealed)).toThrow('The data key of owner was destroyed');
    secrets.seal('owner', 'name', 'secret');
    expect(() => secrets.open('owner', 'name', sealed)).toThrow();
  });
});

describe('the master key file', () => {
  const random = seededRandom('master key');
  const newFile = () => join(temporaryDirectory(), 'key');

  it('is made readable only for its owner, and can be read again', () => {
    const file = newFile();
    const key = readMasterKey(file, true, random);
    expect(key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readMasterKey(file, false, random)).toEqual(key);
  });

  it.each(['640', '604', '660'])('is refused with mode %s', (mode) => {
    const file = newFile();
    readMasterKey(file, true, random);
    chmodSync(file, Number.parseInt(mode, 8));
    expect(() => readMasterKey(file, true, random)).toThrow(/other users can read it; run chmod 600/);
  });

  it.each(['', 'c2hvcnQ=', Buffer.alloc(33).toString('base64')])(
    'is refused with the content "%s", and not changed',
    (content) => {
      const file = newFile();
      writeFileSync(file, content, { mode: 0o600 });
      expect(() => readMasterKey(file, true, random)).toThrow(MasterKeyError);
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );

  it('is made exclusively: never through a link, also one that a crash left', () => {
    const file = newFile();
    const elsewhere = `${file}.elsewhere`;
    symlinkSync(elsewhere, file);
    expect(() => readMasterKey(file, true, random)).toThrow(/a file or a link that leads nowhere has this name/);
    expect(existsSync(elsewhere)).toBe(false);
    unlinkSync(file);
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, `${file}.new`);
    expect(readMasterKey(file, true, random)).toHaveLength(32);
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
    expect(lstatSync(file).isFile()).toBe(true);
    expect(readdirSync(dirname(file)).sort()).toEqual(['key', 'key.elsewhere']);
  });

  it('is not made over a key that another server has just made', () => {
    const file = newFile();
    const rival = (bytes: number) => {
      writeFileSync(file, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
      return random(bytes);
    };
    expect(() => readMasterKey(file, true, rival)).toThrow(MasterKeyError);
    expect(readMasterKey(file, true, random)).toEqual(Buffer.alloc(32, 7));
  });

  it('is read through a link, as Kubernetes mounts a secret', () => {
    const file = newFile();
    const key = readMasterKey(file, true, random);
    symlinkSync(file, `${file}.link`);
    expect(readMasterKey(`${file}.link`, false, random)).toEqual(key);
    symlinkSync(dirname(file), `${file}.directory`);
    expect(readMasterKey(join(`${file}.directory`, 'key'), false, random)).toEqual(key);
  });

  it.each([
    [1000, 1000, '600', null],
    [1000, 1000, '400', null],
    [0, 0, '600', null],
    [0, 0, '440', null],
    [0, 1000, '440', null],
    [0, 1000, '400', null],
    [0, 1000, '640', 'chmod 440'],
    [0, 1000, '444', 'chmod 600'],
    [0, 0, '640', 'chmod 600'],
    [1000, 1000, '440', 'chmod 600'],
    [1000, 1000, '620', 'chmod 600'],
    [1000, 0, '600', 'belongs to another user'],
    [1001, 1000, '400', 'belongs to another user'],
  ])('of user %i may be used by user %i with mode %s: %s', (uid, user, mode, reason) => {
    const found = reasonAgainstAccess({ uid, mode: 0o100_000 | Number.parseInt(mode, 8) }, user);
    if (reason === null) expect(found).toBeNull();
    else expect(found).toContain(reason);
  });

  it('is not made if that is not allowed or not possible', () => {
    const file = newFile();
    expect(() => readMasterKey(file, false, random)).toThrow(MasterKeyError);
    expect(existsSync(file)).toBe(false);
    expect(() => readMasterKey(join(file, 'key'), true, random)).toThrow(MasterKeyError);
  });
});

describe('a data directory', () => {
  const start = (directory: string, env: Record<string, string> = {}) =>
    createApp(testConfig(directory, env), createLogger('silent'));

  it('cannot be opened without its master key, and gets no new one', async () => {
    const directory = temporaryDirectory();
    const { masterKeyFile } = testConfig(directory);
    await (await start(directory)).stop();
    renameSync(masterKeyFile, `${masterKeyFile}.away`);
    await expect(start(directory)).rejects.toThrow(MasterKeyError);
    expect(existsSync(masterKeyFile)).toBe(false);
    renameSync(`${masterKeyFile}.away`, masterKeyFile);
    await (await start(directory)).stop();
  });

  it('cannot be opened with another master key', async () => {
    const directory = temporaryDirectory();
    await (await start(directory)).stop();
    const env = { AUDITWIRE_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') };
    await expect(start(directory, env)).rejects.toThrow(WrongMasterKey);
  });

  it('contains no secret in plain text in any of its files', async () => {
    const receiver = await startReceiver();
    // The receiver echoes the authorization, and its answer is stored in the log.
    receiver.answers((response, { headers }) => response.writeHead(401).end(`not you: ${headers.authorization}`));
    const drawn: Buffer[] = [];
    const source = seededRandom('grep');
    const random = (size: number) => {
      const bytes = source(size);
      drawn.push(Buffer.from(bytes));
      return bytes;
    };
    const directory = temporaryDirectory();
    const test = await startApp({ directory, appOptions: { random } });
    const { portalId, destinationId } = await connectPortal(test, receiver, 'A name to be found');
    const { commands, models, tail } = test.app.services;
    const client = issueCertificate({ name: 'A client' });
    const pair = { clientCertificate: client.cert, clientKey: client.key };
    const endpoint = `${receiver.url.replace(/\/$/, '')}/key-of-the-endpoint`;
    await commands.execute(
      'updateDestination',
      { id: destinationId, ...pair, endpoint },
      { actor: 'test', traceId: '' },
    );
    const deliveries = tail.follow([`delivery-${portalId}`], 0);
    const login = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    await test.client.call(RecordLoginDocument, { input: login });
    for await (const event of deliveries) if (event.type === 'BatchAbandoned') break;
    await receiver.down();

    const { publicKey } = models.issuer.signingKeys()[0] ?? {};
    const privateKey = drawn.find((bytes) => bytes.length === 32 && publicKeyOf(bytes) === publicKey);
    if (!privateKey) throw new Error('the private key was not made from the random bytes');
    const secrets = [
      'Splunk 8a6b2f0c-secret',
      '8a6b2f0c-secret',
      'key-of-the-endpoint',
      'not you: ',
      test.token,
      test.token.replace(/^aw_/, ''),
      privateKey,
      client.key.split('\n')[1] ?? '',
      Buffer.from(client.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'),
    ];
    const keys = drawn.filter((bytes) => bytes.length === 32);

    const { dataDir } = testConfig(directory);
    const search = () => {
      expect(filesWith(dataDir, 'A name to be found')).not.toEqual([]);
      for (const secret of [...secrets, ...keys]) expect(filesWith(dataDir, secret)).toEqual([]);
    };
    expect(readdirSync(dataDir)).toEqual(
      expect.arrayContaining(['auditwire.db', 'auditwire.db-shm', 'auditwire.db-wal', 'lock']),
    );
    search();
    await test.app.stop();
    search();
  });

  it.each(['utf8', 'hex', 'base64', 'base64url'] as const)('would fail this search with a secret in %s', (encoding) => {
    const directory = temporaryDirectory();
    const secret = Buffer.from('8a6b2f0c-secret-?>~ÿ');
    for (const before of ['', 'x', 'xy']) {
      writeFileSync(
        join(directory, `file${before}`),
        Buffer.concat([Buffer.from(before), secret, Buffer.from('z')]).toString(encoding),
      );
    }
    expect(filesWith(directory, secret)).toHaveLength(3);
    expect(filesWith(directory, 'another secret')).toEqual([]);
  });
});

// The prefix of RFC 8410 before the 32 bytes of an Ed25519 private key.
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function publicKeyOf(privateKey: Buffer): string | undefined {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, privateKey]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'jwk' }).x;
}
