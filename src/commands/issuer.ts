import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { Cause } from '../domain/event.js';
import { randomUuid } from '../runtime/random.js';
import { PRIVATE_KEY } from '../vault/secrets.js';
import type { Deps } from './deps.js';
import { expectation } from './deps.js';

// An Ed25519 private key of 32 bytes in PKCS #8 is this prefix and the bytes (RFC 8410, section 7).
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function issuerHandlers({ log, appender, models, secrets, random }: Deps) {
  return {
    /** Issues an administrator's token of which only the hash is known here; `revokeOthers` ends all that there were. */
    issueToken(input: { name: string; hash: string; revokeOthers: boolean }, cause: Cause, now: number): string {
      const expected = expectation(log);
      const id = randomUuid(random);
      const { name, hash } = input;
      const others = input.revokeOthers ? models.tokens.all() : [];
      appender.append(
        [
          { stream: `token-${id}`, events: [{ type: 'TokenIssued', data: { name, hash } }] },
          ...others.map((token) => ({
            stream: `token-${token.id}` as const,
            events: [{ type: 'TokenRevoked' as const, data: {} }],
          })),
        ],
        cause,
        now,
        expected,
      );
      return id;
    },

    /** Sets whom every line names. Without an id, one is made unless there is one already. */
    identifyOrganization({ organizationId }: { organizationId: string | null }, cause: Cause, now: number): string {
      const present = models.issuer.organizationId();
      const wanted = organizationId ?? present ?? randomUuid(random);
      if (wanted !== present) {
        const data = { organizationId: wanted };
        appender.append(
          [{ stream: 'organization-self', events: [{ type: 'OrganizationIdentified', data }] }],
          cause,
          now,
        );
      }
      return wanted;
    },

    /** Makes the first signing key if there is none. */
    ensureSigningKey(_: Record<string, never>, cause: Cause, now: number): string {
      const [present] = models.issuer.signingKeys();
      if (present) return present.id;
      const signingKeyId = randomUuid(random);
      const pkcs8 = Buffer.concat([PKCS8_ED25519, random(32)]);
      const jwk = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })).export({
        format: 'jwk',
      });
      const privateKey = secrets.seal(`signing-${signingKeyId}`, PRIVATE_KEY, pkcs8.toString('base64'));
      const data = { signingKeyId, publicKey: String(jwk.x), privateKey };
      appender.append(
        [{ stream: `signing-${signingKeyId}`, events: [{ type: 'SigningKeyCreated', data }] }],
        cause,
        now,
      );
      return signingKeyId;
    },
  };
}
