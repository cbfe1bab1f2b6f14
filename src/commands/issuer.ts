import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { randomUuid } from '../runtime/random.js';
import { makeSigningKey } from '../vault/signing-keys.js';
import type { CommandContext } from './context.js';

export function issuerHandlers({ writer, models, secrets, random }: CommandContext) {
  return {
    /** Sets whom every line names. Without an id, one is made unless there is one already. */
    identifyOrganization({ organizationId }: { organizationId: string | null }, cause: Cause, now: number): string {
      const present = models.issuer.organizationId();
      const wanted = organizationId ?? present ?? randomUuid(random);
      if (wanted !== present) {
        const data = { organizationId: wanted };
        writer.append(
          [{ stream: streamOf('organization', 'self'), events: [{ type: 'OrganizationIdentified', data }] }],
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
