import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import { TestDestinationDocument } from '../../src/client/generated/graphql.js';
import { issueCertificate } from '../support/receiver/certificates.js';
import { type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';
import { commandLineOf } from '../support/server/client-commands.js';
import { sharedApp } from '../support/server/shared-app.js';

const SECRET = 'Splunk 8a6b2f0c-3d1e';
const OTHER = 'Bearer 9c7d4e1a-5b2f';

const app = sharedApp();
let receiver: Receiver;
let destinations = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  return () => receiver.down();
});

const create = () => {
  destinations += 1;
  const endpoint = ['--endpoint', receiver.url, '--skip-tls-verification', '--json'];
  return ['destination', 'create', `SIEM ${destinations}`, ...endpoint];
};

/** The Authorization header that the receiver gets from a test of the destination. */
async function sentTo(id: string): Promise<string | undefined> {
  const { testDestination } = await app().client.call(TestDestinationDocument, { input: { id } });
  expect(succeeded(testDestination).delivered).toBe(true);
  return receiver.received.at(-1)?.headers.authorization;
}

describe('an Authorization value', () => {
  it('is read from a file, from standard input or from the environment', async () => {
    const { text } = commandLineOf(app());
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, 'authorization'), `${SECRET}\n`);
    const outputs = await Promise.all([
      text([...create(), '--authorization-file', 'authorization'], { cwd }),
      text([...create(), '--authorization-file', '-'], { input: `${SECRET}\r\n` }),
      text(create(), { env: { AUDITWIRE_AUTHORIZATION: SECRET } }),
      text([...create(), '--authorization-file', 'authorization'], { cwd, env: { AUDITWIRE_AUTHORIZATION: OTHER } }),
    ]);
    for (const output of outputs) {
      expect(output).not.toContain('8a6b2f0c');
      expect(await sentTo(JSON.parse(output).id)).toBe(SECRET);
    }
  });

  it('is replaced or removed by an update, from the environment only with --authorization-env', async () => {
    const { json } = commandLineOf(app());
    const { id } = await json(create(), { env: { AUDITWIRE_AUTHORIZATION: SECRET } });
    const env = { AUDITWIRE_AUTHORIZATION: OTHER };
    await json(['destination', 'update', id, '--name', 'Renamed'], { env });
    expect(await sentTo(id)).toBe(SECRET);
    await json(['destination', 'update', id, '--authorization-env'], { env });
    expect(await sentTo(id)).toBe(OTHER);
    await json(['destination', 'update', id, '--remove-authorization'], { env });
    expect(await sentTo(id)).toBeUndefined();
  });

  it('is read at a terminal and not shown', { skip: process.platform !== 'linux' }, async () => {
    const terminal = ['sh', '-c', 'exec script -qe -E always -c "$*" /dev/null', 'sh', process.execPath];
    const { url: AUDITWIRE_URL, token: AUDITWIRE_TOKEN } = app();
    const args = create().map((arg) => `'${arg}'`);
    const env = { AUDITWIRE_URL, AUDITWIRE_TOKEN };
    const asked = auditwire(temporaryDirectory(), [...args, '--authorization-prompt'], env, terminal);
    await asked.until('Authorization value: ');
    asked.child.stdin?.write(`${SECRET}x\u007f\r`);
    expect(await asked.ended).toBe(0);
    expect(asked.said()).not.toContain('8a6b2f0c');
    expect(await sentTo(JSON.parse(asked.said().slice(asked.said().indexOf('{'))).id)).toBe(SECRET);
  });

  it('is refused as an option, and the error does not contain it', async () => {
    const { run } = commandLineOf(app());
    for (const args of [['--authorization', SECRET], [`--authorization=${SECRET}`]]) {
      const { code, out, err } = await run([...create(), ...args]);
      expect([code, out]).toEqual([2, '']);
      expect(err).toBe('auditwire: Unknown option or argument: --authorization. --help lists the options.\n');
    }
  });

  it('is not in the process list while the command runs', { skip: !existsSync('/proc/self') }, async () => {
    const { url: AUDITWIRE_URL, token: AUDITWIRE_TOKEN } = app();
    const args = [...create(), '--authorization-file', '-'];
    const running = auditwire(temporaryDirectory(), args, { AUDITWIRE_URL, AUDITWIRE_TOKEN });
    running.child.stdin?.write(SECRET);
    const shown = readFileSync(`/proc/${running.child.pid}/cmdline`, 'utf8').split('\0');
    expect(shown).toContain('--authorization-file');
    expect(shown.join(' ')).not.toContain('8a6b2f0c');
    running.child.stdin?.end();
    expect(await running.ended).toBe(0);
  });

  it.each([
    [['--authorization-file', 'missing'], '--authorization-file: this file cannot be read (ENOENT)'],
    [['--authorization-prompt'], '--authorization-prompt needs a terminal as standard input.'],
    [['--authorization-prompt', '--authorization-file', '-'], '--authorization-file and --authorization-prompt'],
    [['--authorization-file', '-', '--client-key-file', '-'], 'Only one of the files can be standard input.'],
  ])('needs exactly one readable source: %j', async (args, reason) => {
    const { code, err } = await commandLineOf(app()).run([...create(), ...args], { input: SECRET });
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });
});

it('a client key is read from standard input, and removed with its certificate', async () => {
  const { text } = commandLineOf(app());
  const cwd = temporaryDirectory();
  const { cert, key } = issueCertificate();
  writeFileSync(join(cwd, 'client.pem'), cert);
  const certificate = ['--client-certificate-file', 'client.pem', '--client-key-file', '-'];
  const created = await text([...create(), ...certificate], { cwd, input: key });
  const keyLine = key.split('\n')[1] ?? '';
  expect(created).not.toContain(keyLine);
  const { id, hasClientKey, clientCertificate } = JSON.parse(created);
  expect({ hasClientKey, clientCertificate }).toEqual({ hasClientKey: true, clientCertificate: cert });
  const removed = await text(['destination', 'update', id, '--remove-client-certificate', '--json']);
  expect(JSON.parse(removed)).toMatchObject({ hasClientKey: false, clientCertificate: null });
});
