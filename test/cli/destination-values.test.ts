import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { issueCertificate } from '../support/receiver/certificates.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { commandLineOf } from '../support/server/client-commands.js';
import { startThreaded } from '../support/server/threaded.js';

it('the bundle of a distribution goes through the command line, the server and the log to the receiver', {
  timeout: 30_000,
}, async () => {
  const cwd = temporaryDirectory();
  const receiver = await startReceiver();
  const { json, text, run } = commandLineOf(await startThreaded(cwd));
  // The bundle of Mozilla, which distributions also ship.
  const bundle = rootCertificates.join('\n');
  expect(bundle.length).toBeGreaterThan(200_000);
  writeFileSync(join(cwd, 'bundle.pem'), bundle + receiver.ca);
  const create = [
    'destination',
    'create',
    'SIEM',
    '--endpoint',
    ` ${receiver.url} `,
    '--ca-certificate-file',
    'bundle.pem',
  ];
  const { id, caCertificate, warnings } = await json(create, { cwd });
  expect(caCertificate.endsWith(new X509Certificate(receiver.ca).toString())).toBe(true);
  // Such a bundle often has a root that has expired.
  for (const warning of warnings) expect(warning).toMatch(/^caCertificate: .* (is|are) expired\.$/);
  expect(await text(['destination', 'test', id])).toMatch(/^Delivered /);

  const old = issueCertificate({ name: 'Old', from: Date.now() - 3e8, until: Date.now() - 1e8, isAuthority: true });
  const client = issueCertificate({ name: 'Collector', isFor: 'servers' });
  writeFileSync(join(cwd, 'old.pem'), receiver.ca + old.cert);
  writeFileSync(join(cwd, 'client.pem'), client.key + client.cert);
  writeFileSync(join(cwd, 'client-only.pem'), client.cert);
  writeFileSync(join(cwd, 'authorization'), 'Authorization: "Splunk 8a6b2f0c-3d1e"\n');
  const files = [
    '--ca-certificate-file',
    'old.pem',
    '--client-key-file',
    'client.pem',
    '--authorization-file',
    'authorization',
  ];
  const update = ['destination', 'update', id, ...files, '--client-certificate-file'];
  const updated = await text([...update, 'client-only.pem'], { cwd });
  expect(updated.split('\n').filter((line) => line.startsWith('Warning: '))).toEqual([
    'Warning: authorization: begins with the name of the header ("Authorization:"); give only the value after it.',
    'Warning: authorization: is in quotes, which are sent too; give the value without them.',
    expect.stringMatching(/^Warning: caCertificate: "Old" .* is expired\.$/),
    expect.stringMatching(/^Warning: clientCertificate: "Collector" .* is not issued for clients/),
  ]);
  expect(updated).not.toContain('8a6b2f0c');

  writeFileSync(join(cwd, 'empty'), '\n');
  for (const option of ['authorization', 'ca-certificate', 'client-key']) {
    const empty = await run(['destination', 'update', id, `--${option}-file`, 'empty'], { cwd });
    expect([empty.code, empty.err]).toEqual([2, `auditwire: --${option}-file: the file is empty.\n`]);
  }
  const refused = await run([...update, 'client.pem'], { cwd });
  expect(refused.err).toContain('--client-certificate-file: must contain only certificates, no private key: block 1');
  await receiver.down();
});
