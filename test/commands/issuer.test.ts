import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { PRIVATE_KEY } from '../../src/vault/secrets.js';
import { openCommands } from '../support/log/commands.js';
import { CAUSE } from '../support/log/fixture.js';

it('ensureSigningKey makes one key pair, and its sealed private key matches the public key', async () => {
  const { execute, models, secrets, typesAfter } = openCommands();
  const id = await execute('ensureSigningKey', {}, CAUSE);
  expect(await execute('ensureSigningKey', {}, CAUSE)).toBe(id);
  expect(typesAfter(0)).toEqual(['SigningKeyCreated']);
  const row = models.issuer.signingKey(id);
  const d = secrets.openBytes(`signing-${id}`, PRIVATE_KEY, row?.privateKey ?? '').toString('base64url');
  const line = Buffer.from('a line');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: row?.publicKey ?? '' };
  const signature = sign(null, line, createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }));
  expect(verify(null, line, createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
});

it('identifyOrganization makes an id once, and changes it only to a given id', async () => {
  const { execute, models, typesAfter } = openCommands();
  const made = await execute('identifyOrganization', { organizationId: null }, CAUSE);
  expect(await execute('identifyOrganization', { organizationId: null }, CAUSE)).toBe(made);
  expect(await execute('identifyOrganization', { organizationId: 'org-2' }, CAUSE)).toBe('org-2');
  expect(await execute('identifyOrganization', { organizationId: null }, CAUSE)).toBe('org-2');
  expect(models.issuer.organizationId()).toBe('org-2');
  expect(typesAfter(0)).toEqual(['OrganizationIdentified', 'OrganizationIdentified']);
});

it('issueToken adds a token, or replaces all others', async () => {
  const { execute, models, typesAfter } = openCommands();
  const issue = (hash: string, revokeOthers: boolean) =>
    execute('issueToken', { name: 'admin', hash, revokeOthers }, CAUSE);
  await issue('hash-1', false);
  await issue('hash-2', false);
  expect(
    models.tokens
      .all()
      .map(({ hash }) => hash)
      .sort(),
  ).toEqual(['hash-1', 'hash-2']);
  const id = await issue('hash-3', true);
  expect(models.tokens.all()).toMatchObject([{ id, hash: 'hash-3' }]);
  expect(typesAfter(2)).toEqual(['TokenIssued', 'TokenRevoked', 'TokenRevoked']);
});
