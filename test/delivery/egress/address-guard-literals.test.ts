import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressRefused, createAddressGuard } from '../../../src/delivery/egress/address-guard.js';
import { createDestination } from '../../../src/delivery/kinds/input.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { type Listener, listenEverywhere, watchConnectionAttempts } from '../../support/network/connection-attempts.js';

const NOT_PUBLIC = /is not a public address \(.+\); the operator can allow it in AUDITWIRE_ALLOWED_ADDRESSES$/;
const METADATA = /is the metadata service of a cloud; no setting permits it$/;

/** The blocked ports of browsers. The list that undici uses for its `fetch` is older than the entry for port 0. */
const { badPorts } = z
  .object({ badPorts: z.array(z.string()).transform((ports) => ['0', ...ports]) })
  .parse(createRequire(import.meta.url)('undici/lib/web/fetch/constants.js'));

let everywhere: Listener;
beforeAll(async () => {
  everywhere = await listenEverywhere();
});
afterAll(() => everywhere.close());

const bytesOf = (address: string) => address.split('.').map(Number);
const hex = (byte: number) => byte.toString(16);
const hex2 = (byte: number) => hex(byte).padStart(2, '0');
const octal = (byte: number) => `0${byte.toString(8)}`;
const number = (address: string) => bytesOf(address).reduce((sum, byte) => sum * 256 + byte, 0);
/** The address as the last two groups of an IPv6 address. */
const groups = (address: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
  return `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
};
const inverted = (address: string) =>
  bytesOf(address)
    .map((byte) => byte ^ 0xff)
    .join('.');

/** Every way to write an IPv4 address as the host of a URL, and to hide it in an IPv6 address. */
const forms: Record<string, (address: string) => string> = {
  'as it is': (address) => address,
  'a decimal number': (address) => String(number(address)),
  'a hexadecimal number': (address) => `0x${number(address).toString(16)}`,
  'an octal number': (address) => `0${number(address).toString(8)}`,
  'octal parts': (address) => bytesOf(address).map(octal).join('.'),
  'octal parts with many zeros': (address) =>
    bytesOf(address)
      .map((byte) => `00000${octal(byte)}`)
      .join('.'),
  'hexadecimal parts': (address) =>
    bytesOf(address)
      .map((byte) => `0x${hex(byte)}`)
      .join('.'),
  'mixed parts': (address) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
    return `${octal(a)}.0X${hex(b)}.${c}.${octal(d)}`;
  },
  'two parts': (address) => `${bytesOf(address)[0]}.${number(address) % 2 ** 24}`,
  'three parts': (address) => `${bytesOf(address).slice(0, 2).join('.')}.${number(address) % 2 ** 16}`,
  'a dot at its end': (address) => `${address}.`,
  'percent-encoded': (address) => [...address].map((character) => `%${hex2(character.charCodeAt(0))}`).join(''),
  'full-width digits': (address) => address.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  'circled digits': (address) => address.replace(/[1-9]/g, (digit) => String.fromCharCode(0x245f + Number(digit))),
  'ideographic full stops': (address) => address.replaceAll('.', '。'),
  'soft hyphens and invisible spaces': (address) => address.replaceAll('.', '\u00ad.\u200b'),
  'IPv4-mapped': (address) => `[::ffff:${address}]`,
  'IPv4-mapped in hexadecimal': (address) => `[::FFFF:${groups(address)}]`,
  'IPv4-mapped in full': (address) => `[0000:0:0:00:0:ffff:${groups(address)}]`,
  'IPv4-compatible': (address) => `[::${address}]`,
  'IPv4-translated': (address) => `[::ffff:0:${address}]`,
  NAT64: (address) => `[64:ff9b::${address}]`,
  'NAT64 in full': (address) => `[0064:ff9b:0:0:0:0:${groups(address)}]`,
  'local NAT64 of 96 bits': (address) => `[64:ff9b:1:fffe::${address}]`,
  'local NAT64 of 64 bits': (address) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
    return `[64:ff9b:1:7:${hex(a)}:${hex2(b)}${hex2(c)}:${hex2(d)}00:0]`;
  },
  'local NAT64 of 56 bits': (address) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
    return `[64:ff9b:1:${hex(a)}:${hex(b)}:${hex2(c)}${hex2(d)}:0:0]`;
  },
  'local NAT64 of 48 bits': (address) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
    return `[64:ff9b:1:${hex2(a)}${hex2(b)}:${hex(c)}:${hex2(d)}00:0:0]`;
  },
  '6to4': (address) => `[2002:${groups(address)}::1]`,
  'Teredo, its client': (address) => `[2001:0:5db8:d822::${inverted(address)}]`,
  'Teredo, its server': (address) => `[2001:0:${groups(address)}::1]`,
  ISATAP: (address) => `[2606:4700::5efe:${address}]`,
  'ISATAP of a global address': (address) => `[2606:4700::200:5efe:${address}]`,
};

/** An address in a NAT64 with a prefix of the network (RFC 6052, section 2.2). A translator ignores the bytes after it. */
function inOwnNat64(bits: number, address: string, unused: number): string {
  const bytes = [0x2a, 0x00, 0x0d, 0xb9, 0x12, 0x34, 0x56, 0x78].slice(0, bits / 8);
  for (const byte of bytesOf(address)) {
    if (bytes.length === 8) bytes.push(0);
    bytes.push(byte);
  }
  if (bytes.length === 8) bytes.push(0);
  while (bytes.length < 16) bytes.push(unused);
  return `[${ipaddr.fromByteArray(bytes).toString()}]`;
}
const inOwnNetworks = ['169.254.169.254', '100.100.100.200', '168.63.129.16', '192.0.0.192', '169.254.170.2'].flatMap(
  (address) => [32, 40, 48, 56, 64].flatMap((bits) => [0, 0xa7].map((unused) => inOwnNat64(bits, address, unused))),
);

const hiddenAddresses: [address: string, reason: RegExp][] = [
  ['127.0.0.1', NOT_PUBLIC],
  ['127.0.0.53', NOT_PUBLIC],
  ['0.0.0.0', NOT_PUBLIC],
  ['10.0.0.1', NOT_PUBLIC],
  ['172.31.255.254', NOT_PUBLIC],
  ['192.168.1.1', NOT_PUBLIC],
  ['100.64.0.1', NOT_PUBLIC],
  ['169.254.169.254', METADATA],
  ['168.63.129.16', METADATA],
];

const inEveryForm = hiddenAddresses.flatMap(([address, reason]) =>
  Object.values(forms).map((write): [string, RegExp] => [write(address), reason]),
);

/** First and last address of each special-purpose range, from IANA's two registries and RFC 4291. */
// biome-ignore format: a table
const ends = [
  '0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '127.0.0.0', '127.255.255.255',
  '169.254.0.0', '169.254.255.255', '172.16.0.0', '172.31.255.255', '192.0.0.0', '192.0.0.255', '192.0.2.0', '192.0.2.255',
  '192.31.196.0', '192.31.196.255', '192.52.193.0', '192.52.193.255', '192.88.99.0', '192.88.99.255', '192.168.0.0',
  '192.168.255.255', '192.175.48.0', '192.175.48.255', '198.18.0.0', '198.19.255.255', '198.51.100.0', '198.51.100.255',
  '203.0.113.0', '203.0.113.255', '224.0.0.0', '239.255.255.255', '240.0.0.0', '255.255.255.254', '255.255.255.255',
  '[::]', '[::1]', '[::2]', '[::ffff:ffff]', '[::1:0:0]', '[::ffff:0:0:0]', '[::ffff:0:ffff:ffff]', '[64:ff9b::]',
  '[64:ff9b::ffff:ffff]', '[64:ff9b:1::]', '[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]', '[64:ff9b:2::]', '[100::]',
  '[100::ffff:ffff:ffff:ffff]', '[100:0:0:1::]', '[100:0:0:1:ffff:ffff:ffff:ffff]', '[1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]',
  '[2001::]', '[2001:0:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:1::1]', '[2001:1::2]', '[2001:1::3]', '[2001:2::]',
  '[2001:2:0:ffff:ffff:ffff:ffff:ffff]', '[2001:3::]', '[2001:3:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:4:112::]',
  '[2001:4:112:ffff:ffff:ffff:ffff:ffff]', '[2001:10::]', '[2001:1f:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:20::]',
  '[2001:2f:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:30::]', '[2001:3f:ffff:ffff:ffff:ffff:ffff:ffff]',
  '[2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:db8::]', '[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]', '[2002::]',
  '[2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff]', '[2620:4f:8000::]', '[2620:4f:8000:ffff:ffff:ffff:ffff:ffff]', '[3fff::]',
  '[3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff]', '[4000::]', '[5f00::]', '[5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff]', '[8000::]',
  '[fc00::]', '[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]', '[fe00::]', '[fe80::]', '[febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff]',
  '[fec0::]', '[feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]', '[ff00::]', '[ff02::1]', '[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]',
];

// biome-ignore format: a table
const metadataServices = [
  '169.254.169.254', '169.254.170.2', '169.254.170.23', '[fd00:ec2::254]', '[fd00:ec2::23]', '[fd20:ce::254]',
  '168.63.129.16', '100.100.100.200', '[fd00:100::100:200]', '192.0.0.192', '[fd00:c1::a9fe:a9fe]', '169.254.0.23',
  '169.254.10.10', '169.254.42.42', '[fd00:42::42]', '[fd00:a9fe:a9fe::1]', '[fe80::a9fe:a9fe]', '100.96.0.96', '100.80.80.80',
  '169.254.169.252', '169.254.169.250', '[::ffff:100.96.0.96]',
  // NAT64 with a prefix of the network.
  '[fd00:64::169.254.169.254]', '[2a00:1450:4001::a9fe:a9fe]', '[2a00:db8:1:2:a9:fea9:fe00:0]',
  'metadata.google.internal', 'METADATA.google.internal.', 'metadata。google。internal', 'ｍetadata.google.internal',
  'metadata.google.internal..', 'metadata.goog', 'metadata', '%6detadata', 'instance-data', 'instance-data.ec2.internal',
  'metadata.azure.internal', 'metadata.tencentyun.com', 'api.metadata.cloud.ibm.com', 'metadata.platformequinix.com',
  'metadata.packet.net', 'metadata.exoscale.com', 'global.cloudinit.sdns.ksyun.com.', 'rancher-metadata',
];

/** Parsers read these differently. The guard and the connection both use what `new URL` reads. */
// biome-ignore format: a table
const confusing = [
  ':@127.0.0.1', '127.0.0.1\\@example.com', '127.0.0.1\\.example.com', '127.0.0.1/@example.com', '127.0.0.1?@example.com',
  '127.0.0.1:8080\\@example.com:80', '127.0.0.1\t', '\u2060127.0.0.1', '127.0.0.1\u00ad', '①②⑦.⓪.⓪.①', '0x7f.1', '0x', '0',
  '[::ffff:7f00:0001]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::ffff:0.0.0.0]', '127.0.1', '0177.0.0.0x1', '192.168.257',
];

const ownAddresses = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address }) => address.replace(/%.*$/, ''))
  // A machine on the internet may have a public address.
  .filter((address) => ipaddr.parse(address).range() !== 'unicast')
  .map((address) => (address.includes(':') ? `[${address}]` : address));

const cases: [host: string, reason: RegExp][] = [
  ...inEveryForm,
  ...[...ends, ...confusing, ...ownAddresses].map((host): [string, RegExp] => [host, NOT_PUBLIC]),
  ...[...metadataServices, ...inOwnNetworks].map((host): [string, RegExp] => [host, METADATA]),
];
const distinct = new Set(cases.map(([host]) => host)).size;

describe(`${distinct} refused hosts, each written in another way`, () => {
  it('are more than 300', () => expect(distinct).toBeGreaterThan(300));

  it.each(cases)('%s cannot be saved, and no connection is made to it', async (host, reason) => {
    const guard = createAddressGuard([]);
    const attempts = watchConnectionAttempts();
    const sender = startSender({ allowed: [] });

    for (const scheme of ['https', 'http']) {
      const url = `${scheme}://${host}:${everywhere.port}/collector`;
      expect(await guard.reasonAgainstSaving(new URL(url))).toMatch(reason);
      expect(() => guard.assertLiteral(new URL(url))).toThrow(AddressRefused);
      expect(await sender.send(aTarget(url, null), aPost)).toMatchObject({
        verdict: 'FINAL',
        responseCode: null,
        message: expect.stringMatching(reason),
      });
    }

    expect(attempts).toEqual([]);
    expect(everywhere.connections).toBe(0);
  });
});

const ofIpv6: [string, string, string][] = ownAddresses.includes('[::1]')
  ? [
      ['[::ffff:127.0.0.1]', '::ffff:7f00:1', '127.0.0.0/8'],
      ['[::1]', '::1', '::1/128'],
    ]
  : [];

describe('the watch on connection attempts', () => {
  it.each([['127.1', '127.0.0.1', '127.0.0.0/8'], ['2130706433', '127.0.0.1', '127.0.0.0/8'], ...ofIpv6])(
    'finds a connection to %s if the operator allows it',
    async (host, address, range) => {
      const listener = await listenEverywhere();
      onTestFinished(() => listener.close());
      const attempts = watchConnectionAttempts();

      const outcome = await startSender({ allowed: [range] }).send(
        aTarget(`http://${host}:${listener.port}/`, null),
        aPost,
      );

      expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
      expect(attempts).toEqual([`${address} ${listener.port}`]);
      expect(listener.connections).toBe(1);
    },
  );
});

describe('an allow-list of every address', () => {
  const everything = ['0.0.0.0/0', '::/0'];
  const services = cases.filter(([, reason]) => reason === METADATA);

  it.each(services)('does not allow %s', async (host) => {
    const attempts = watchConnectionAttempts();
    const sender = startSender({ allowed: everything });
    const outcome = await sender.send(aTarget(`http://${host}:${everywhere.port}/`, null), aPost);
    expect([outcome, attempts]).toMatchObject([{ verdict: 'FINAL', message: expect.stringMatching(METADATA) }, []]);
  });

  it.each(badPorts.map(Number))('does not allow port %i', async (port) => {
    const attempts = watchConnectionAttempts();
    const sender = startSender({ allowed: everything });
    const guard = createAddressGuard(everything);
    for (const host of ['127.0.0.1', '[::1]', '93.184.216.34', 'siem.example.com']) {
      const url = `http://${host}:${port}/`;
      const message = `port ${port} is blocked, as in browsers; no setting permits it`;
      expect(await guard.reasonAgainstSaving(new URL(url))).toBe(message);
      expect(await sender.send(aTarget(url, null), aPost)).toMatchObject({ verdict: 'FINAL', message });
    }
    expect(attempts).toEqual([]);
  });

  it('blocks the same ports as browsers', () => {
    const guard = createAddressGuard(everything);
    const blocked = Array.from({ length: 65_536 }, (_, port) => port).filter((port) =>
      guard.reasonAgainstUrl(new URL(`http://127.0.0.1:${port}/`)),
    );
    expect(blocked).toEqual(badPorts.map(Number));
  });
});

// biome-ignore format: a table
const invalidHosts = [
  '[fe80::1%25eth0]', '[fe80::1%eth0]', '[::1%25lo]', '[::1%lo]', '127.0.0.1%25lo', '[::ffff:127.0.0.1%25lo]',
  '127.0.0.1%00', '127.0.0.1%00.example.com', '127.0.0.1%0a', '127.0.0.1%20', '127.0.0.1%09', '127.0.0.1%2f',
  '256.0.0.1', '127.0.0.256', '127.0.0.0.1', '4294967296', '0x100000000', '040000000000', '127.0.0.09', '127..1',
  '[127.0.0.1]', '[::1', '::1', '[::1].nip.io', '[::ffff:127.1]', '[::ffff:0x7f.0.0.1]', '[::ffff:127.0.0.01]',
  '[1::2::3]', '[:::1]', '[::12345]', '[v1.::1]', '%5b::1%5d', 'x@127.0.0.1', 'example.com@127.0.0.1',
  '127.0.0.1#@example.com', '', 'xn--',
];

it.each(invalidHosts)('%j is not accepted as the host of an endpoint', (host) => {
  const parse = (endpoint: string) => createDestination.safeParse({ name: 'SIEM', endpoint });
  expect(parse('https://siem.example.com/').success).toBe(true);
  expect(parse(`https://${host}/`).success).toBe(false);
});
