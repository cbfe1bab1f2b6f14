import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { readSourceAddress } from '../../src/domain/source-address.js';

describe('a source address is read', () => {
  it.each([
    ['192.0.2.10', '192.0.2.10'],
    [' 192.0.2.10\t', '192.0.2.10'],
    ['192.0.2.10:443', '192.0.2.10'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:51744', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['fe80::1%12', 'fe80::1'],
    ['fe80::1%25', 'fe80::1'],
    ['fe80::1%br-lan_0.100', 'fe80::1'],
    ['::ffff:192.0.2.10', '192.0.2.10'],
    ['::FFFF:c000:20a', '192.0.2.10'],
    ['[::ffff:192.0.2.10]:443', '192.0.2.10'],
    ['0:0:0:0:0:ffff:0:1', '0.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['::192.0.2.10', '::c000:20a'],
    ['64:ff9b::192.0.2.10', '64:ff9b::c000:20a'],
  ])('%j as %s', (text, address) => {
    expect(readSourceAddress(text)).toBe(address);
  });

  // The examples of RFC 5952, section 4: leading zeros, one group of zeros, the longest run, the first run, and lower case.
  it.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8:AAAA::1', '2001:db8:aaaa::1'],
  ])('in the notation of RFC 5952: %s as %s', (text, address) => {
    expect(readSourceAddress(text)).toBe(address);
  });

  it('as the same bytes, in a notation that it reads as itself, whatever notation is given', () => {
    const given = fc.tuple(fc.ipV6(), fc.constantFrom('', '%eth0'), fc.constantFrom('', ' '), fc.boolean());
    fc.assert(
      fc.property(given, ([ipv6, zone, blank, upper]) => {
        const text = `${blank}[${upper ? ipv6.toUpperCase() : ipv6}${zone}]:443${blank}`;
        const address = readSourceAddress(text) ?? 'none';
        expect(readSourceAddress(address)).toBe(address);
        expect(bytesOf(address)).toEqual(bytesOf(ipv6));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** The 16 bytes of an address. ipaddr.js reads an IPv4-compatible address (`::192.0.2.10`) as IPv4-mapped. */
function bytesOf(address: string): number[] {
  const parsed = ipaddr.parse(/^::\d+\./.test(address) ? `0:0:0:0:0:0${address.slice(1)}` : address);
  return ('toIPv4MappedAddress' in parsed ? parsed.toIPv4MappedAddress() : parsed).toByteArray();
}

describe('no source address is read', () => {
  it.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    'localhost',
    '203.0.113.9, 10.0.0.1',
    Array.from({ length: 200 }, (_, hop) => `10.0.0.${hop}`).join(', '),
    '192.0.2.10,',
    '2001:db8::7, 2001:db8::8',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.010',
    '192.0.2.7/24',
    '192.0.2.7%eth0',
    '192.0.2.7 request=x',
    '192.0.2.7\nrequest=x',
    '0x7f000001',
    '3232235521',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '::1]@[::2',
    '[::1',
    '[]',
    '[]:443',
    '%eth0',
    'fe80::1%',
    '[fe80::1%]:443',
    'fe80::1%eth0, 203.0.113.5',
    'fe80::1%eth0,203.0.113.5',
    'fe80::1%eth0;203.0.113.5',
    'fe80::1%eth0|203.0.113.5',
    'fe80::1%eth0/203.0.113.5',
    'fe80::1%eth0 unknown',
    'fe80::1%eth0\tunknown',
    'fe80::1%eth0\nunknown',
    'fe80::1%eth0\u00a0unknown',
    'fe80::1% eth0',
    '2001:db8::1%, 8.8.8.8, 9.9.9.9',
    '[fe80::1%eth0, 203.0.113.5]',
    'fe80::1%eth0%eth1',
    'fe80::1%eth0]:443',
    '::g',
    '::1\u0000',
    '\ud800',
  ])('from %j', (text) => {
    expect(readSourceAddress(text)).toBe(null);
  });

  it('and nothing is thrown, whatever the text is', () => {
    const part = fc.constantFrom(
      '::',
      ':',
      '.',
      '0',
      '00',
      'ffff',
      '12345',
      '192.0.2.1',
      '010.0.0.1',
      '[',
      ']',
      '%',
      ',',
      ' ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const address = readSourceAddress(given);
        expect(address ?? '::').toMatch(/^[\da-f:]+$|^\d+\.\d+\.\d+\.\d+$/);
      }),
      { numRuns: 500 },
    );
  });
});
