import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** The first address of a range, and how many leading bits all its addresses share. */
export type Range = [Address, number];

/** @param cidr such as `10.0.0.0/8` */
export function parseRange(cidr: string): Range {
  return ipaddr.parseCIDR(cidr);
}

/** Parses the range at the start of each row of a table. */
export function rangesWith<Row extends unknown[]>(rows: [cidr: string, ...Row][]): [Range, ...Row][] {
  return rows.map(([cidr, ...row]) => [parseRange(cidr), ...row]);
}

export function isIn(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}
