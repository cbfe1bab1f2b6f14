import type { Row } from '../row.js';
import { makeBacklog } from '../support/backlog.js';
import { startBareDrain } from '../support/bare-drain.js';
import type { Signer } from '../support/deliver.js';
import { databaseIn } from '../support/lines.js';
import { startProduct } from '../support/product.js';

const LOGINS = { smoke: 2_000, default: 30_000, full: 300_000 };

const drainOf = (portals: number): Row => ({
  name: `drain-${portals}`,
  work: `${LOGINS.default.toLocaleString('en')} waiting logins (full: ${LOGINS.full.toLocaleString('en')}) of ${
    portals === 1 ? 'a portal' : `${portals} portals`
  }, from the first line at a TLS receiver to the last`,
  comparedWith: 'a bare loop that reads, formats, signs, compresses and posts the same logins, with each signer',
  aims: [
    { figure: 'node:crypto', unit: 'lines/s', goal: { ratioAtLeast: 1.8 } },
    { figure: 'libsodium', unit: 'lines/s', goal: { ratioAtLeast: 0.7 } },
  ],
  async prepare(scale) {
    const { filled, receiver, drain, close } = await makeBacklog({ portals, logins: LOGINS[scale] });
    const { token, portalIds, organizationId } = filled;
    const { url, ca } = receiver;
    const loop = async (signer: Signer) =>
      (
        await drain((directory) =>
          startBareDrain({ file: databaseIn(directory), organizationId, portalIds, url, ca, signer }),
        )
      ).perSecond;
    return {
      async ours() {
        const { perSecond } = await drain((directory) => startProduct({ directory, token }));
        return { 'node:crypto': perSecond, libsodium: perSecond };
      },
      theirs: async () => ({ 'node:crypto': await loop('node:crypto'), libsodium: await loop('libsodium') }),
      close,
    };
  },
});

export const drain1 = drainOf(1);
export const drain500 = drainOf(500);
