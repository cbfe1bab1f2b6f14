/**
 * Which endpoints a delivery may reach: public addresses, and those in the operator's allow-list. The same rule stands at saving
 * a destination and at connecting to it, and the address that was checked is the one that is connected to.
 *
 * 1. The URL: its port, a literal address (a connection asks no lookup about those), the name of a metadata service.
 * 2. The name: every address that it resolves to, at saving and again for each connection, which gets these addresses.
 * 3. The peer that a connection has reached.
 */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { purposeOf } from './address-classes.js';
import { type Address, isIn, parseRange } from './address-range.js';
import { isBlockedPort } from './blocked-ports.js';
import { embeddedIn } from './embedded-ipv4.js';
import { isMetadataAddress, isMetadataName } from './metadata-services.js';
import { createResolve, type Resolve } from './resolver.js';

/** The guard does not let this through: a final outcome, never retried. */
export class AddressRefused extends Error {}

export type AddressGuard = ReturnType<typeof createAddressGuard>;

/** Long enough for a healthy resolver; at saving, a name that does not resolve by then is let through to the next check. */
const RESOLVE_AT_SAVING_MS = 2_000;

const REMEDY = 'the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES';

/** @param allowed ranges (`10.0.0.0/8`) that may be reached although they are not public; never a metadata service */
export function createAddressGuard(allowed: readonly string[], resolve: Resolve = createResolve()) {
  const networks = allowed.map(parseRange);

  function isAllowed(address: Address): boolean {
    return networks.some((network) => isIn(address, network));
  }

  /** Why an address may not be reached, or null. */
  function reasonAgainst(text: string, protocol: string): string | null {
    // ipaddr.js alone would read 0177.1 as well, which no socket does.
    if (!isIP(text) || !ipaddr.isValid(text)) return `${text} is not an address`;
    // process() turns ::ffff:127.0.0.1 into 127.0.0.1, as the system does.
    const address = ipaddr.process(text);
    if (isMetadataAddress(address)) return `${text} is the metadata service of a cloud; no setting opens it`;
    // A range of translated addresses that the operator allows opens no IPv4 address behind it.
    const strange = [address, ...embeddedIn(address, 'CERTAIN')].filter((one) => !isAllowed(one));
    for (const one of strange) {
      const purpose = purposeOf(one);
      const through = one === address ? '' : `: it leads to ${one.toString()}`;
      if (purpose) return `${text} is not a public address (${purpose}${through}); ${REMEDY}`;
    }
    if (strange.length && protocol === 'http:') return `${text} may only be reached by https; ${REMEDY}`;
    return null;
  }

  function reasonAgainstUrl(url: URL): string | null {
    // '' is the scheme's own, 443 or 80.
    if (url.port && isBlockedPort(Number(url.port)))
      return `port ${url.port} is blocked, as in browsers; no setting opens it`;
    if (isMetadataName(url.hostname)) return `${url.hostname} is the metadata service of a cloud; no setting opens it`;
    const address = literal(url);
    return address === null ? null : reasonAgainst(address, url.protocol);
  }

  function assert(reason: string | null): void {
    if (reason) throw new AddressRefused(reason);
  }

  return {
    /** Why a URL may not be requested, whoever resolves its name; null if nothing is to be said against it without resolving. */
    reasonAgainstUrl,

    /** @throws AddressRefused for such a URL; a lookup is never asked about an address */
    assertLiteral(url: URL): void {
      assert(reasonAgainstUrl(url));
    },

    /** @throws AddressRefused if a connection has reached an address that it may not */
    assertPeer(address: string | undefined, protocol: string): void {
      // Reset before anyone could ask who it was: a fault of the connection, not of the address.
      if (address === undefined) throw Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
      assert(reasonAgainst(address, protocol));
    },

    /** A lookup for connections: resolves a name and gives its addresses only if every one of them may be reached. */
    lookup(protocol: string): LookupFunction {
      return (hostname, options, callback) => {
        resolve(hostname)
          .then((addresses) => {
            for (const { address } of addresses) assert(reasonAgainst(address, protocol));
            if (!addresses.length) throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
            return addresses;
          })
          .then(
            (addresses) => {
              const [first] = addresses;
              if (options.all) callback(null, addresses);
              else callback(null, first?.address ?? '', first?.family ?? 0);
            },
            (error: NodeJS.ErrnoException) => callback(error, ''),
          );
      };
    },

    /** Why a URL may not be saved, or null. A name that does not resolve now is asked about again at every connection. */
    async reasonAgainstSaving(url: URL): Promise<string | null> {
      const reason = reasonAgainstUrl(url);
      if (reason || literal(url)) return reason;
      const addresses = await resolveInTime(url.hostname);
      return addresses.map((one) => reasonAgainst(one, url.protocol)).find((one) => one !== null) ?? null;
    },
  };

  async function resolveInTime(hostname: string): Promise<string[]> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<LookupAddress[]>((done) => {
      timer = setTimeout(() => done([]), RESOLVE_AT_SAVING_MS);
    });
    const answers = await Promise.race([resolve(hostname).catch(() => []), tooLate]);
    clearTimeout(timer);
    return answers.map(({ address }) => address);
  }
}

/** The host as an address if it is one, whatever its notation: `new URL` has made it canonical. */
function literal(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) ? host : null;
}
