/**
 * Which addresses a delivery may reach: public ones, and those in the operator's allow-list. The same rule stands at saving
 * a destination and at connecting to it, and the address that was checked is the one that is connected to.
 */
import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/** The guard does not let this through: a final outcome, never retried. */
export class AddressRefused extends Error {}

export type AddressGuard = ReturnType<typeof createAddressGuard>;

/** Long enough for a healthy resolver; at saving, a name that does not resolve by then is let through to the next check. */
const RESOLVE_AT_SAVING_MS = 2_000;

const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

const systemResolve: Resolve = (hostname) => dnsLookup(hostname, { all: true, verbatim: true });

/** @param allowed ranges (`10.0.0.0/8`) that may be reached although they are not public */
export function createAddressGuard(allowed: readonly string[], resolve: Resolve = systemResolve) {
  const networks = allowed.map((cidr) => ipaddr.parseCIDR(cidr));

  function isAllowed(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
    return networks.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits));
  }

  /** Why an address may not be reached, or null. */
  function reasonAgainst(address: string, protocol: string): string | null {
    if (!ipaddr.isValid(address)) return `${address} is not an address`;
    // process() turns ::ffff:127.0.0.1 into 127.0.0.1.
    const parsed = ipaddr.process(address);
    if (isAllowed(parsed)) return null;
    // IPv6 assigns global addresses in 2000::/3 only (RFC 4291, section 2.4, and IANA's registry).
    if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_IPV6)) return `${address} is not a public address`;
    if (parsed.range() !== 'unicast') return `${address} is not a public address (${parsed.range()})`;
    if (protocol === 'http:') return `${address} may only be reached by https`;
    return null;
  }

  function assert(address: string, protocol: string): void {
    const reason = reasonAgainst(address, protocol);
    if (reason) throw new AddressRefused(`${reason}; the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES`);
  }

  /** The host as an address if it is one, whatever its notation: `new URL` has made it canonical. */
  function literal(url: URL): string | null {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return ipaddr.isValid(host) ? host : null;
  }

  return {
    /** @throws AddressRefused if the URL's host is an address that may not be reached; a lookup is never asked about those */
    assertLiteral(url: URL): void {
      const address = literal(url);
      if (address) assert(address, url.protocol);
    },

    /** @throws AddressRefused if a connection has reached an address that it may not */
    assertPeer(address: string | undefined, protocol: string): void {
      // Reset before anyone could ask who it was: a fault of the connection, not of the address.
      if (address === undefined) throw Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
      assert(address, protocol);
    },

    /** A lookup for connections: resolves a name and gives its addresses only if every one of them may be reached. */
    lookup(protocol: string): LookupFunction {
      return (hostname, options, callback) => {
        resolve(hostname)
          .then((addresses) => {
            for (const { address } of addresses) assert(address, protocol);
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
      const address = literal(url);
      const addresses = address ? [address] : await resolveInTime(url.hostname);
      return addresses.map((one) => reasonAgainst(one, url.protocol)).find((reason) => reason !== null) ?? null;
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
