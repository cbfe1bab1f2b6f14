/**
 * Decides which endpoints a delivery may reach: public addresses, and those in the operator's allow-list. The same rule applies
 * when a destination is saved and when a connection is opened, and a connection uses only addresses that were checked for it.
 *
 * 1. The URL: its port, a literal address (a connection makes no lookup for it), the name of a metadata service.
 * 2. The name: every address that it resolves to, when the destination is saved and again for each connection.
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

/** The guard refuses an address or a URL. The outcome is final and never retried. */
export class AddressRefused extends Error {}

export type AddressGuard = ReturnType<typeof createAddressGuard>;

/** Long enough for a healthy resolver. A name that has not resolved by then can be saved; each connection checks it again. */
const RESOLVE_AT_SAVING_MS = 2_000;

const REMEDY = 'the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES';

/** @param allowed ranges (`10.0.0.0/8`) that may be reached although they are not public; never a metadata service */
export function createAddressGuard(allowed: readonly string[], resolve: Resolve = createResolve()) {
  const networks = allowed.map(parseRange);

  function isAllowed(address: Address): boolean {
    return networks.some((network) => isIn(address, network));
  }

  /** Why an address may not be reached; null if it may. */
  function reasonAgainst(text: string, protocol: string): string | null {
    // ipaddr.js alone would also accept 0177.1, which no socket accepts.
    if (!isIP(text) || !ipaddr.isValid(text)) return `${text} is not an address`;
    // process() turns ::ffff:127.0.0.1 into 127.0.0.1, as the system does.
    const address = ipaddr.process(text);
    if (isMetadataAddress(address)) return `${text} is the metadata service of a cloud; no setting permits it`;
    // An allowed range of translated addresses does not allow the IPv4 addresses that they lead to.
    const notAllowed = [address, ...embeddedIn(address, 'CERTAIN')].filter((one) => !isAllowed(one));
    for (const one of notAllowed) {
      const purpose = purposeOf(one);
      const through = one === address ? '' : `: it leads to ${one.toString()}`;
      if (purpose) return `${text} is not a public address (${purpose}${through}); ${REMEDY}`;
    }
    if (notAllowed.length && protocol === 'http:') return `${text} may only be reached by https; ${REMEDY}`;
    return null;
  }

  /** Why the address of a name may not be reached, with the name; null if it may. */
  function reasonAgainstName(name: string, address: string, protocol: string): string | null {
    const reason = reasonAgainst(address, protocol);
    return reason && `${name} leads to an address that is refused: ${reason}`;
  }

  function reasonAgainstUrl(url: URL): string | null {
    // '' is the default port of the scheme, 443 or 80.
    if (url.port && isBlockedPort(Number(url.port)))
      return `port ${url.port} is blocked, as in browsers; no setting permits it`;
    if (isMetadataName(url.hostname))
      return `${url.hostname} is the metadata service of a cloud; no setting permits it`;
    const address = literal(url);
    return address === null ? null : reasonAgainst(address, url.protocol);
  }

  function assert(reason: string | null): void {
    if (reason) throw new AddressRefused(reason);
  }

  return {
    /** Why a URL may not be requested, whatever its name resolves to; null if there is no such reason. */
    reasonAgainstUrl,

    /** @throws AddressRefused for such a URL. `lookup` never checks a literal address. */
    assertLiteral(url: URL): void {
      assert(reasonAgainstUrl(url));
    },

    /** @throws AddressRefused if a connection has reached an address that it may not reach */
    assertPeer(address: string | undefined, protocol: string): void {
      // The connection was reset before its peer could be read: a connection error, not a refused address.
      if (address === undefined) throw Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
      assert(reasonAgainst(address, protocol));
    },

    /** A lookup for connections: resolves a name, and returns its addresses only if all of them may be reached. */
    lookup(protocol: string): LookupFunction {
      return (hostname, options, callback) => {
        resolve(hostname)
          .then((addresses) => {
            for (const { address } of addresses) assert(reasonAgainstName(hostname, address, protocol));
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

    /** Why a URL may not be saved; null if it may. An unresolved name may be saved: each connection checks it again. */
    async reasonAgainstSaving(url: URL): Promise<string | null> {
      const reason = reasonAgainstUrl(url);
      if (reason || literal(url)) return reason;
      const addresses = await resolveInTime(url.hostname);
      const reasons = addresses.map((one) => reasonAgainstName(url.hostname, one, url.protocol));
      return reasons.find((one) => one !== null) ?? null;
    },
  };

  async function resolveInTime(hostname: string): Promise<string[]> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<LookupAddress[]>((done) => {
      timer = setTimeout(() => done([]), RESOLVE_AT_SAVING_MS);
    });
    const answers = await Promise.race([resolve(hostname).catch(() => []), timeout]);
    clearTimeout(timer);
    return answers.map(({ address }) => address);
  }
}

/** The host if it is an address, in any notation, because `new URL` has made it canonical; null for a name. */
function literal(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) ? host : null;
}
