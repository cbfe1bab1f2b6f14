import type { LookupAddress } from 'node:dns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AddressRefused, createAddressGuard, type Resolve } from '../../src/delivery/address-guard.js';
import { createSender } from '../../src/delivery/send.js';
import { WatchedClock } from '../support/engine-clock.js';
import { startRawReceiver } from '../support/engine-raw-receiver.js';
import { aPost, aTarget, startSender } from '../support/engine-sender.js';

const guardWith = (allowed: string[] = [], resolve?: Resolve) => createAddressGuard(allowed, resolve);

/** Resolves every name to these addresses. */
const resolvesTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));

// biome-ignore format: a table
const refusedHosts = [
  // Loopback, in every notation of an address that a URL knows.
  '127.0.0.1', '127.0.0.53', '127.255.255.255', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0x7f.1',
  '0177.0.0.1', '017700000001', '0177.0.0.0x1', '127.0.0.1.', '%31%32%37.0.0.1', '１２７.0.0.1', '127。0。0。1', '①②⑦.0.0.1',
  '[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]',
  // This host, and nothing at all.
  '0.0.0.0', '0', '0.1.2.3', '0x0', '[::]', '[::ffff:0.0.0.0]',
  // Private networks.
  '10.0.0.1', '10.255.255.255', '10.1', '0xa000001', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.257', '0300.0250.1.1',
  '[::ffff:10.0.0.1]', '[::ffff:c0a8:1]', '[fc00::1]', '[fd00:ec2::254]', '[fdff:ffff::1]', '[fec0::1]',
  // Link-local, with the metadata services of clouds.
  '169.254.169.254', '169.254.0.1', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]',
  '[fe80::1]', '[febf::1]',
  // Shared by providers (CGNAT).
  '100.64.0.1', '100.100.100.200', '100.127.255.255',
  // Addresses that carry another one: NAT64, 6to4, Teredo, IPv4-compatible and -translated.
  '[64:ff9b::7f00:1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2001::1]',
  '[2001:0:7f00:1::]', '[::127.0.0.1]', '[::a9fe:a9fe]', '[::ffff:0:127.0.0.1]', '[::ffff:0:7f00:1]',
  // To many, to all, and to nobody.
  '224.0.0.1', '239.255.255.250', '255.255.255.255', '[ff02::1]', '[ff0e::1]', '240.0.0.1', '[100::1]', '[4000::1]',
  // Documentation, benchmarks, protocol assignments.
  '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '198.19.255.255', '192.0.0.8', '192.88.99.1', '[2001:db8::1]',
  '[2001:2::1]', '[3fff::1]', '[5f00::1]',
];

// biome-ignore format: a table
const allowedHosts = [
  '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '93.184.216.34', '100.63.255.255', '100.128.0.1', '126.255.255.255',
  '128.0.0.1', '169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.1', '192.167.255.255', '192.169.0.1', '223.255.255.255',
  '16843009', '0x01010101', '[2606:4700:4700::1111]', '[2a00:1450:4001:81b::200e]', '[::ffff:8.8.8.8]',
];

describe('without an allow-list', () => {
  const guard = guardWith();

  it.each(refusedHosts)('%s is refused at saving and at connecting', async (host) => {
    const url = new URL(`https://${host}/collector`);
    expect(await guard.reasonAgainstSaving(url)).toMatch(/is not a public address/);
    expect(() => guard.assertLiteral(url)).toThrow(AddressRefused);
  });

  it.each(allowedHosts)('%s may be reached by https', async (host) => {
    const url = new URL(`https://${host}/collector`);
    expect(await guard.reasonAgainstSaving(url)).toBeNull();
    expect(() => guard.assertLiteral(url)).not.toThrow();
  });

  it('a public address is refused by plain http', async () => {
    const url = new URL('http://93.184.216.34/');
    expect(await guard.reasonAgainstSaving(url)).toBe('93.184.216.34 may only be reached by https');
    expect(() => guard.assertLiteral(url)).toThrow(/AUDITWIRE_ALLOWED_ADDRESSES/);
  });

  it.each(['localhost', 'localhost.', 'app.localhost'])(
    '%s is refused where it resolves to the loopback',
    async (host) => {
      const local = guardWith([], resolvesTo('127.0.0.1', '::1'));
      expect(await local.reasonAgainstSaving(new URL(`https://${host}/`))).toMatch(/loopback/);
      await expect(lookUp(local, host)).rejects.toThrow(AddressRefused);
    },
  );
});

describe('the allow-list', () => {
  it.each([
    ['10.1.0.0/16', '10.1.255.255', '10.2.0.0'],
    ['127.0.0.1/32', '127.0.0.1', '127.0.0.2'],
    ['127.0.0.1/32', '[::ffff:127.0.0.1]', '[::1]'],
    ['fd00:1::/32', '[fd00:1::7]', '[fd00:2::7]'],
    ['::1/128', '[::1]', '127.0.0.1'],
    ['fe80::/10', '[fe80::1]', '[fd80::1]'],
  ])('%s allows %s, by http as well, and not %s', async (range, inside, outside) => {
    const guard = guardWith([range]);
    for (const scheme of ['https', 'http']) {
      expect(await guard.reasonAgainstSaving(new URL(`${scheme}://${inside}/`))).toBeNull();
      expect(() => guard.assertLiteral(new URL(`${scheme}://${inside}/`))).not.toThrow();
    }
    expect(await guard.reasonAgainstSaving(new URL(`https://${outside}/`))).not.toBeNull();
    expect(() => guard.assertLiteral(new URL(`https://${outside}/`))).toThrow(AddressRefused);
  });
});

describe('a name', () => {
  it('gives exactly the addresses that were checked', async () => {
    const guard = guardWith([], resolvesTo('93.184.216.34', '2606:4700::1'));
    expect(await lookUp(guard, 'siem.example.com')).toEqual(await resolvesTo('93.184.216.34', '2606:4700::1')(''));
  });

  it.each([
    ['93.184.216.34', '10.0.0.1'],
    ['::1', '93.184.216.34'],
    ['93.184.216.34', '::ffff:169.254.169.254'],
    ['93.184.216.34', '64:ff9b::a00:1'],
  ])('that resolves to %s and %s is refused altogether', async (...addresses) => {
    const guard = guardWith([], resolvesTo(...addresses));
    expect(await guard.reasonAgainstSaving(new URL('https://siem.example.com/'))).not.toBeNull();
    await expect(lookUp(guard, 'siem.example.com')).rejects.toThrow(AddressRefused);
  });

  it('that does not resolve may be saved, and is asked about again at connecting', async () => {
    const guard = guardWith([], () => Promise.reject(new Error('ENOTFOUND')));
    expect(await guard.reasonAgainstSaving(new URL('https://siem.example.com/'))).toBeNull();
    await expect(lookUp(guard, 'siem.example.com')).rejects.toThrow('ENOTFOUND');
  });

  it('that resolves to a public address is refused by plain http', async () => {
    const guard = guardWith([], resolvesTo('93.184.216.34'));
    await expect(lookUp(guard, 'siem.example.com', 'http:')).rejects.toThrow(AddressRefused);
  });
});

describe('no connection reaches', () => {
  const finalRefusal = {
    verdict: 'FINAL',
    responseCode: null,
    message: expect.stringMatching(/is not a public address/),
  };

  it('a name that was public at saving and is private at connecting', async () => {
    const inside = await startRawReceiver(() => {});
    const answers = [resolvesTo('93.184.216.34'), resolvesTo('127.0.0.1')];
    const resolve: Resolve = (name) =>
      (answers.length > 1 ? answers.shift() : answers[0])?.(name) ?? Promise.resolve([]);
    const url = `https://siem.example.com:${inside.port}/`;
    expect(await guardWith([], resolve).reasonAgainstSaving(new URL(url))).toBeNull();
    expect(await startSender({ allowed: [], resolve }).send(aTarget(url, null), aPost)).toMatchObject(finalRefusal);
    expect(inside.connections).toBe(0);
  });

  it.each(['127.1', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]', '127.0.0.1.'])('%s', async (host) => {
    const inside = await startRawReceiver(() => {});
    const target = aTarget(`https://${host}:${inside.port}/`, null);
    expect(await startSender({ allowed: [] }).send(target, aPost)).toMatchObject(finalRefusal);
    expect(inside.connections).toBe(0);
  });

  it('the one private address among public ones, though a public one could be reached', async () => {
    const inside = await startRawReceiver(() => {});
    const sender = startSender({ allowed: [], resolve: resolvesTo('93.184.216.34', '127.0.0.1') });
    const outcome = await sender.send(aTarget(`https://siem.example.com:${inside.port}/`, null), aPost);
    expect([outcome, inside.connections]).toMatchObject([finalRefusal, 0]);
  });
});

it('a connection that has reached another address than the one that was checked carries no request', async () => {
  const inside = await startRawReceiver(() => {});
  const guard = { ...guardWith(), assertLiteral: () => {} };
  const sender = createSender({ guard, clock: new WatchedClock(), userAgent: 'Auditwire/test' });
  onTestFinished(() => sender.close());
  const outcome = await sender.send(aTarget(inside.url, null), aPost);
  expect(outcome).toMatchObject({ verdict: 'FINAL', responseCode: null, message: expect.stringMatching(/loopback/) });
  expect(inside.requests).toEqual([]);
});

/** As a connection asks. */
function lookUp(guard: ReturnType<typeof guardWith>, host: string, protocol = 'https:'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guard.lookup(protocol)(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}
