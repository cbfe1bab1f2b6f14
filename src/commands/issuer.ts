import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { randomUuid } from '../runtime/random.js';
import { makeSigningKey } from '../vault/signing-keys.js';
import type { CommandContext } from './context.js';

export function issuerHandlers({ writer, models, secrets, random }: CommandContext) {
  return {
    /** Sets the organisation id of lines. If none is given and none is set, makes one. @returns the id that is then set */
    identifyOrganization({ organizationId }: { organizationId: string | null }, cause: Cause, now: number): string {
      const current = models.issuer.organizationId();
      const next = organizationId ?? current ?? randomUuid(random);
      if (next !== current) {
        const data = { organizationId: next };
        writer.append(
          [{ stream: streamOf('organization', 'self'), events: [{ type: 'OrganizationIdentified', data }] }],
          cause,
          now,
        );
      }
      return next;
    },

    /** Makes a signing key if there is none. @returns the id of the newest one */
    ensureSigningKey(_: Record<string, never>, cause: Cause, now: number): string {
      const [newest] = models.issuer.signingKeys();
      if (newest) return newest.id;
      const { id: signingKeyId, publicKey, privateKey } = makeSigningKey(secrets, random);
      const data = { signingKeyId, publicKey, privateKey };
      writer.append(
        [{ stream: streamOf('signing', signingKeyId), events: [{ type: 'SigningKeyCreated', data }] }],
        cause,
        now,
      );
      return signingKeyId;
    },
  };
}
