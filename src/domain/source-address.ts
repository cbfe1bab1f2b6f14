/** Reads the address of a visitor, in whatever notation a server or proxy passed it on. */
import { z } from 'zod';

/** `[2001:db8::7]`, with or without a port. */
const IN_BRACKETS = /^\[([^\]]*)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
const IPV6_CHARACTERS = /^[\da-f:.]+$/i;
/** A zone (RFC 6874, section 2), with the percent sign as it is or percent-encoded. It holds no blank, comma or other separator. */
const ZONE = /%(?:25)?[\w.~-]+$/;
/** The canonical form of an IPv4-mapped address (RFC 4291, section 2.5.5.2): its last two groups are the IPv4 address. */
const IPV4_MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/**
 * The one address that a text names, in canonical form (RFC 5952); null if it names none or several. Blanks around it, brackets,
 * a port and a zone are dropped: a zone has a meaning only on the machine that gave it. An IPv4-mapped IPv6 address becomes IPv4,
 * because a server that listens on `::` reports its IPv4 clients so.
 */
export function readSourceAddress(text: string): string | null {
  if (z.regexes.ipv4.test(text)) return text;
  const trimmed = text.trim();
  const host = IN_BRACKETS.exec(trimmed)?.[1] ?? IPV4_WITH_PORT.exec(trimmed)?.[1] ?? trimmed;
  if (z.regexes.ipv4.test(host)) return host;
  return canonicalIpv6(host.replace(ZONE, ''));
}

/** The URL standard writes an IPv6 address as RFC 5952 does. (ipaddr.js takes 15 times as long, and reads `::1.2.3.4` as mapped.) */
function canonicalIpv6(text: string): string | null {
  const url = `http://[${text}]`;
  if (!IPV6_CHARACTERS.test(text) || !URL.canParse(url)) return null;
  const address = new URL(url).hostname.slice(1, -1);
  const [, high, low] = IPV4_MAPPED.exec(address) ?? [];
  return high && low ? [high, low].flatMap(octets).join('.') : address;
}

function octets(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
