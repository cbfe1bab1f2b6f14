/**
 * The metadata services of clouds, which give a machine its own credentials. No setting permits a request to them, by any
 * address or name.
 */
import { type Address, isIn, parseRange } from './address-range.js';
import { embeddedIn } from './embedded-ipv4.js';

const ranges = [
  '169.254.169.254/32', // AWS, Google Cloud, Azure, Oracle, Alibaba, IBM, OpenStack, DigitalOcean, Hetzner and more
  '169.254.170.2/32', // AWS, tasks of ECS
  '169.254.170.23/32', // AWS, pods of EKS
  'fd00:ec2::/32', // AWS: ::254 of instances, ::23 of pods
  'fd20:ce::254/128', // Google Cloud
  '168.63.129.16/32', // Azure, WireServer; a public address
  '100.100.100.200/32', // Alibaba
  'fd00:100::100:200/128', // Alibaba
  '192.0.0.192/32', // Oracle, classic
  'fd00:c1::a9fe:a9fe/128', // Oracle
  '169.254.0.23/32', // Tencent
  '169.254.10.10/32', // Tencent
  '169.254.42.42/32', // Scaleway
  'fd00:42::42/128', // Scaleway
  'fd00:a9fe:a9fe::1/128', // Akamai
].map(parseRange);

/** Names are checked too, because an egress proxy resolves them and Auditwire does not see their addresses. */
const names = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata', // Google Cloud, if its search domain completes the name
  'instance-data.ec2.internal',
  'instance-data',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'api.metadata.cloud.ibm.com',
]);

/** Also true for an IPv6 address that contains one of the IPv4 addresses, certainly or possibly. */
export function isMetadataAddress(address: Address): boolean {
  return [address, ...embeddedIn(address, 'CERTAIN'), ...embeddedIn(address, 'POSSIBLE')].some((one) =>
    ranges.some((range) => isIn(one, range)),
  );
}

/** @param hostname as `new URL` gives it, in lower case */
export function isMetadataName(hostname: string): boolean {
  return names.has(hostname.replace(/\.+$/, ''));
}
