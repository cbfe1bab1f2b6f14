import type { LookupAddress } from 'node:dns';
import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AddressRefused, createAddressGuard } from '../../../src/delivery/egress/address-guard.js';
import type { Resolve } from '../../../src/delivery/egress/resolver.js';
import { createSender } from '../../../src/delivery/transport/sender.js';
import { WatchedClock } from '../../support/clock/watched-clock.js';
import { aPost, aTarget } from '../../support/engine/sender.js';
import { startRawReceiver } from '../../support/receiver/raw-receiver.js';

const guardWith = (allowed: string[] = [], resolve?: Resolve) => createAddressGuard(allowed, resolve);

/** Resolves every name to these addresses. */
const resolvesTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));

// biome-ignore format: a table
const allowedHosts = [
  '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '93.184.216.34', '100.63.255.255', '100.128.0.1', '126.255.255.255',
  '128.0.0.1', '169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.1', '192.167.255.255', '192.169.0.1', '223.255.255.255',
  '192.0.1.0', '191.255.255.255', '192.0.3.0', '192.31.195.255', '192.31.197.0', '192.52.192.255', '192.52.194.0',
  '192.88.98.255', '192.88.100.0', '192.175.47.255', '192.175.49.0', '198.17.255.255', '198.20.0.0', '198.51.99.255',
  '198.51.101.0', '203.0.112.255', '203.0.114.0', '1.0.0.0', '168.63.129.15', '168.63.129.17',
  '16843009', '0x01010101', '[2606:4700:4700::1111]', '[2a00:1450:4001:81b::200e]', '[::ffff:8.8.8.8]', '[2001:200::]',
  '[2001:db7:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:db9::]', '[2003::]', '[2620:4f:7fff:ffff:ffff:ffff:ffff:ffff]',
  '[2620:4f:8001::]', '[3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff]', '[3fff:1000::]', '[2606:4700::5eff:0:1]',
  '[2606:4700::100:5efe:808:808]',
  // They could be 169.254.169.254 behind a NAT64 of the network, but byte 8 is not 0, or another byte differs.
  '[2a00:1450:a9fe:a9fe:100::1]', '[2a00:1450:1:2:1a9:fea9:fe00:0]', '[2a00:1450:a9fe:a9fd::1]', '[2a00:1450:1:2:a9:fea9:fd00:0]',
  // Behind such a NAT64, only the metadata services are refused.
  '[2a00:1450:7f00:1::1]', '[2a00:1450:1:2:a:0:100:0]',
];

describe('without an allow-list', () => {
  const guard = guardWith();

  it.each(allowedHosts)('%s can be reached by https', async (host) => {
    const url = new URL(`https://${host}/collector`);
    expect(await guard.reasonAgainstSaving(url)).toBeNull();
    expect(() => guard.assertLiteral(url)).not.toThrow();
  });

  it('a public address is refused over plain http', async () => {
    const url = new URL('http://93.184.216.34/');
    expect(await guard.reasonAgainstSaving(url)).toBe(
      '93.184.216.34 may only be reached by https; the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES',
    );
    expect(() => guard.assertLiteral(url)).toThrow(/AUDITWIRE_ALLOWED_ADDRESSES/);
  });
});

describe('the allow-list', () => {
  it.each([
    ['10.1.0.0/16', '10.1.255.255', '10.2.0.0'],
    ['127.0.0.1/32', '127.0.0.1', '127.0.0.2'],
    ['127.0.0.1/32', '[::ffff:127.0.0.1]', '[::1]'],
    ['fd00:1::/32', '[fd00:1::7]', '[fd00:2::7]'],
    ['::1/128', '[::1]', '127.0.0.1'],
    ['fe80::/10', '[fe80::1]', '[fd80::1]'],
  ])('%s allows %s, also over http, but not %s', async (range, inside, outside) => {
    const guard = guardWith([range]);
    for (const scheme of ['https', 'http']) {
      expect(await guard.reasonAgainstSaving(new URL(`${scheme}://${inside}/`))).toBeNull();
      expect(() => guard.assertLiteral(new URL(`${scheme}://${inside}/`))).not.toThrow();
    }
    expect(await guard.reasonAgainstSaving(new URL(`https://${outside}/`))).not.toBeNull();
    expect(() => guard.assertLiteral(new URL(`https://${outside}/`))).toThrow(AddressRefused);
  });
});

describe('an allow-list of translated addresses', () => {
  it.each([
    ['64:ff9b::/96', '64:ff9b::808:808', '64:ff9b::a00:1', '10.0.0.1'],
    ['2002::/16', '2002:808:808::1', '2002:c0a8:101::1', '192.168.1.1'],
    ['::ffff:0:0:0/96', '::ffff:0:808:808', '::ffff:0:7f00:1', '127.0.0.1'],
    ['2001::/32', '2001:0:808:808::f7f7:f7f7', '2001:0:808:808::80ff:fffe', '127.0.0.1'],
    ['2001::/32', '2001:0:808:808::f7f7:f7f7', '2001:0:7f00:1::f7f7:f7f7', '127.0.0.1'],
  ])('(%s) allows %s, only over https, but not %s, which leads to %s', (range, open, closed, leadsTo) => {
    const guard = guardWith([range]);
    expect(guard.reasonAgainstUrl(new URL(`https://[${open}]/`))).toBeNull();
    expect(guard.reasonAgainstUrl(new URL(`http://[${open}]/`))).toMatch(/may only be reached by https/);
    expect(guard.reasonAgainstUrl(new URL(`https://[${closed}]/`))).toContain(
      `it leads to ${leadsTo}); the operator can`,
    );
    expect(guardWith([range, `${leadsTo}/32`]).reasonAgainstUrl(new URL(`https://[${closed}]/`))).toBeNull();
  });

  it('allows private addresses behind local NAT64', () => {
    const guard = guardWith(['64:ff9b:1::/48']);
    expect(guard.reasonAgainstUrl(new URL('http://[64:ff9b:1:fffe::a00:1]/'))).toBeNull();
    expect(guard.reasonAgainstUrl(new URL('http://[64:ff9b:1:fffe::a9fe:a9fe]/'))).toMatch(/metadata service/);
  });
});

describe('the check of a URL', () => {
  const guard = guardWith([], () => Promise.reject(new Error('looked up')));

  it.each(['https://siem.example.com/', 'http://siem.example.com:8088/', 'https://localhost/'])(
    'does not look up the name of %s',
    (url) => expect(guard.reasonAgainstUrl(new URL(url))).toBeNull(),
  );

  it.each([
    [
      'https://10.0.0.1/',
      '10.0.0.1 is not a public address (private); the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES',
    ],
    [
      'https://[::ffff:7f00:1]/',
      '::ffff:7f00:1 is not a public address (loopback); the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES',
    ],
    ['https://169.254.169.254/', '169.254.169.254 is the metadata service of a cloud; no setting permits it'],
    [
      'https://metadata.google.internal/',
      'metadata.google.internal is the metadata service of a cloud; no setting permits it',
    ],
    ['https://siem.example.com:25/', 'port 25 is blocked, as in browsers; no setting permits it'],
  ])('gives the reason against %s, and the setting that would help', async (url, reason) => {
    expect(guard.reasonAgainstUrl(new URL(url))).toBe(reason);
    expect(await guard.reasonAgainstSaving(new URL(url))).toBe(reason);
    expect(() => guard.assertLiteral(new URL(url))).toThrow(new AddressRefused(reason));
  });
});

describe('a name', () => {
  it('resolves to exactly the addresses that were checked', async () => {
    const guard = guardWith([], resolvesTo('93.184.216.34', '2606:4700::1'));
    expect(await lookUp(guard, 'siem.example.com')).toEqual(await resolvesTo('93.184.216.34', '2606:4700::1')(''));
  });

  it.each([
    ['93.184.216.34', '10.0.0.1'],
    ['::1', '93.184.216.34'],
    ['93.184.216.34', '::ffff:169.254.169.254'],
    ['93.184.216.34', '64:ff9b::a00:1'],
  ])('that resolves to %s and %s is refused', async (...addresses) => {
    const guard = guardWith([], resolvesTo(...addresses));
    expect(await guard.reasonAgainstSaving(new URL('https://siem.example.com/'))).not.toBeNull();
    await expect(lookUp(guard, 'siem.example.com')).rejects.toThrow(AddressRefused);
  });

  it('that does not resolve can be saved, and is looked up again for a connection', async () => {
    const guard = guardWith([], () => Promise.reject(new Error('ENOTFOUND')));
    expect(await guard.reasonAgainstSaving(new URL('https://siem.example.com/'))).toBeNull();
    await expect(lookUp(guard, 'siem.example.com')).rejects.toThrow('ENOTFOUND');
  });

  it.each(['0177.0.0.1', '127.1', '2130706433', '0x7f000001', '', 'localhost', '127.0.0.1 ', '::ffff:127.1', '[::1]'])(
    'that resolves to %j, which is not an address, is refused',
    async (address) => {
      const guard = guardWith(['0.0.0.0/0', '::/0'], resolvesTo(address));
      await expect(lookUp(guard, 'siem.example.com')).rejects.toThrow(`${address} is not an address`);
    },
  );

  it('that resolves to 4,097 addresses is refused because of the last one', async () => {
    const many = Array.from({ length: 4_096 }, (_, i) => `93.184.${i >> 8}.${i & 255}`);
    const guard = guardWith([], resolvesTo(...many, '10.0.0.1'));
    await expect(lookUp(guard, 'siem.example.com')).rejects.toThrow('10.0.0.1 is not a public address');
  });

  it('that resolves to a public address is refused over plain http', async () => {
    const guard = guardWith([], resolvesTo('93.184.216.34'));
    await expect(lookUp(guard, 'siem.example.com', 'http:')).rejects.toThrow(AddressRefused);
  });
});

describe('the peer of a connection', () => {
  it.each(['127.0.0.1', '::ffff:127.0.0.1', '::1%lo', 'fe80::1%eth0', '10.0.0.1'])('must not be %s', (address) => {
    expect(() => guardWith().assertPeer(address, 'https:')).toThrow(AddressRefused);
  });

  it('must not be a metadata service, whatever the operator allows', () => {
    const guard = guardWith(['0.0.0.0/0', '::/0']);
    expect(() => guard.assertPeer('::ffff:169.254.169.254', 'https:')).toThrow(/no setting permits it/);
  });

  it('that is gone is a connection error', () => {
    expect(() => guardWith().assertPeer(undefined, 'https:')).toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
  });
});

// biome-ignore format: a table
const notPublic = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15',
  '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3', '168.63.129.16/32', '::/3', '4000::/2', '8000::/1', '2001::/23',
  '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20',
];

it('the guard agrees with the block lists of Node about any address, and about addresses near the ends of ranges', () => {
  // One list for each IP version: Node compares IPv4 addresses with IPv6 ranges, too.
  const oracles = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const cidr of notPublic) {
    const [address = '', bits] = cidr.split('/');
    oracles[familyOf(address)].addSubnet(address, Number(bits), familyOf(address));
  }
  const guard = guardWith();
  const near = fc.tuple(fc.constantFrom(...notPublic), fc.integer({ min: -2, max: 2 }), fc.boolean()).map(endOf);
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );

  fc.assert(
    fc.property(
      fc.oneof(
        near,
        bytes.map((some) => ipaddr.fromByteArray([...some]).toString()),
      ),
      (address) => {
        const refused =
          guard.reasonAgainstUrl(new URL(`https://${familyOf(address) === 'ipv6' ? `[${address}]` : address}/`)) !==
          null;
        expect(refused).toBe(oracles[familyOf(address)].check(address, familyOf(address)));
      },
    ),
    { numRuns: 3_000 },
  );
});

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** The first address of a range, or the first one after it, plus some steps. */
function endOf([cidr, steps, after]: [string, number, boolean]): string {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  const bytes = network.toByteArray();
  const size = BigInt(bytes.length * 8);
  const first = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const value = BigInt.asUintN(Number(size), first + (after ? 1n << (size - BigInt(bits)) : 0n) + BigInt(steps));
  return ipaddr
    .fromByteArray(bytes.map((_, i) => Number((value >> BigInt((bytes.length - 1 - i) * 8)) & 0xffn)))
    .toString();
}

it('no request is sent over a connection to another address than the one that was checked', async () => {
  const inside = await startRawReceiver(() => {});
  const guard = { ...guardWith(), assertLiteral: () => {} };
  const sender = createSender({ guard, clock: new WatchedClock(), userAgent: 'Auditwire/test', egressProxy: null });
  onTestFinished(() => sender.stop());
  const outcome = await sender.send(aTarget(inside.url, null), aPost);
  expect(outcome).toMatchObject({ verdict: 'FINAL', responseCode: null, message: expect.stringMatching(/loopback/) });
  expect(inside.requests).toEqual([]);
});

/** Looks up a host as a connection does. */
function lookUp(guard: ReturnType<typeof guardWith>, host: string, protocol = 'https:'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guard.lookup(protocol)(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}
