import ipaddr from 'ipaddr.js';
import { type Address, isIn, rangesWith } from './address-range.js';

/**
 * Ranges that are not public, from IANA's registries of special-purpose addresses. A narrower range is before a wider one.
 * Some of them are routed (AS112, AMT, ORCHID), but they are anycast nodes or identifiers, never receivers.
 */
const special = rangesWith([
  ['0.0.0.0/8', 'this network'], // RFC 791, section 3.2
  ['10.0.0.0/8', 'private'], // RFC 1918
  ['100.64.0.0/10', 'shared by a provider'], // RFC 6598
  ['127.0.0.0/8', 'loopback'], // RFC 1122, section 3.2.1.3
  ['169.254.0.0/16', 'link-local'], // RFC 3927
  ['172.16.0.0/12', 'private'], // RFC 1918
  ['192.0.0.0/24', 'for protocols'], // RFC 6890, section 2.1
  ['192.0.2.0/24', 'documentation'], // RFC 5737
  ['192.31.196.0/24', 'AS112'], // RFC 7535
  ['192.52.193.0/24', 'AMT'], // RFC 7450
  ['192.88.99.0/24', '6to4 relay'], // RFC 7526
  ['192.168.0.0/16', 'private'], // RFC 1918
  ['192.175.48.0/24', 'AS112'], // RFC 7534
  ['198.18.0.0/15', 'benchmarking'], // RFC 2544
  ['198.51.100.0/24', 'documentation'], // RFC 5737
  ['203.0.113.0/24', 'documentation'], // RFC 5737
  ['224.0.0.0/4', 'multicast'], // RFC 5771
  ['255.255.255.255/32', 'broadcast'], // RFC 919
  ['240.0.0.0/4', 'reserved'], // RFC 1112, section 4

  ['::/128', 'unspecified'], // RFC 4291, section 2.5.2
  ['::1/128', 'loopback'], // RFC 4291, section 2.5.3
  ['::/96', 'IPv4-compatible'], // RFC 4291, section 2.5.5.1
  ['::ffff:0:0:0/96', 'IPv4-translated'], // RFC 2765, section 2.1
  ['64:ff9b::/96', 'NAT64'], // RFC 6052
  ['64:ff9b:1::/48', 'NAT64'], // RFC 8215
  ['100::/64', 'discard'], // RFC 6666
  ['100:0:0:1::/64', 'dummy'], // RFC 9780
  ['2001::/32', 'Teredo'], // RFC 4380
  ['2001:2::/48', 'benchmarking'], // RFC 5180
  ['2001:3::/32', 'AMT'], // RFC 7450
  ['2001:4:112::/48', 'AS112'], // RFC 7535
  ['2001:10::/28', 'ORCHID'], // RFC 4843
  ['2001:20::/28', 'ORCHID'], // RFC 7343
  ['2001:30::/28', 'DRIP'], // RFC 9374
  ['2001::/23', 'for protocols'], // RFC 2928
  ['2001:db8::/32', 'documentation'], // RFC 3849
  ['2002::/16', '6to4'], // RFC 3056
  ['2620:4f:8000::/48', 'AS112'], // RFC 7534
  ['3fff::/20', 'documentation'], // RFC 9637
  ['5f00::/16', 'segment routing'], // RFC 9602
  ['fc00::/7', 'unique local'], // RFC 4193
  ['fe80::/10', 'link-local'], // RFC 4291, section 2.5.6
  ['fec0::/10', 'site-local'], // RFC 3879
  ['ff00::/8', 'multicast'], // RFC 4291, section 2.7
  // Public addresses are assigned only from 2000::/3 (RFC 4291, section 2.4). These are all other ranges.
  ['::/3', 'reserved'],
  ['4000::/2', 'reserved'],
  ['8000::/1', 'reserved'],
]);

/** The purpose of an address that is not public; null for a public one. Convert an IPv4-mapped address to IPv4 first. */
export function purposeOf(address: Address): string | null {
  const match = special.find(([range]) => isIn(address, range));
  if (match) return match[1];
  return address instanceof ipaddr.IPv6 && isIsatap(address) ? 'ISATAP' : null;
}

/** In any prefix, an ISATAP interface identifier ends in the IPv4 address of a tunnel (RFC 5214, section 6.1). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200);
}
