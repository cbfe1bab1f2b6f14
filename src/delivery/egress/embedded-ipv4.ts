import ipaddr from 'ipaddr.js';
import { type Address, isIn, rangesWith } from './address-range.js';

const LAST = [12, 13, 14, 15];
const ALL_BITS = 0xff;

/** The places of the IPv4 address in the 16 bytes of an IPv6 address, and the value that its bytes are XORed with. */
const forms = rangesWith([
  ['::ffff:0:0:0/96', 'CERTAIN', LAST, 0], // IPv4-translated: RFC 2765, section 2.1
  ['64:ff9b::/96', 'CERTAIN', LAST, 0], // NAT64: RFC 6052, section 2.2
  ['2002::/16', 'CERTAIN', [2, 3, 4, 5], 0], // 6to4: RFC 3056, section 2
  ['2001::/32', 'CERTAIN', [4, 5, 6, 7], 0], // Teredo, the server: RFC 4380, section 4
  ['2001::/32', 'CERTAIN', LAST, ALL_BITS], // Teredo, the client behind its NAT
  // In a network's own NAT64, the prefix length decides the place (RFC 6052, section 2.2; byte 8 is always 0).
  ['64:ff9b:1::/48', 'POSSIBLE', [6, 7, 9, 10], 0],
  ['64:ff9b:1::/48', 'POSSIBLE', [7, 9, 10, 11], 0],
  ['64:ff9b:1::/48', 'POSSIBLE', [9, 10, 11, 12], 0],
  // Such a NAT64 may have any prefix, usually of 96 bits; for shorter ones see below. IPv4-compatible and ISATAP addresses also end in the IPv4 address.
  ['::/0', 'POSSIBLE', LAST, 0],
]);

/**
 * The places in a NAT64 with any prefix of 32, 40, 48, 56 or 64 bits. They skip byte 8, which is 0. What follows is ignored by a
 * translator (RFC 6052, section 2.2).
 */
const UNUSED_BYTE = 8;
const placesAfterPrefix = [
  [4, 5, 6, 7],
  [5, 6, 7, 9],
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
];

/**
 * The IPv4 addresses in an IPv6 address. CERTAIN: packets to it are forwarded to them. POSSIBLE: its bytes allow that.
 *
 * @returns an empty list for an IPv4 address
 */
export function embeddedIn(address: Address, certainty: 'CERTAIN' | 'POSSIBLE'): ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const read = (positions: number[], mask: number) =>
    new ipaddr.IPv4(positions.map((position) => (bytes[position] ?? 0) ^ mask));
  const inForms = forms
    .filter(([range, given]) => given === certainty && isIn(address, range))
    .map(([, , positions, mask]) => read(positions, mask));
  const mayHaveAnyPrefix = certainty === 'POSSIBLE' && address.kind() === 'ipv6' && bytes[UNUSED_BYTE] === 0;
  return mayHaveAnyPrefix ? [...inForms, ...placesAfterPrefix.map((positions) => read(positions, 0))] : inForms;
}
