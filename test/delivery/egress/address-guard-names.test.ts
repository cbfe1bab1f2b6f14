import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAddressGuard } from '../../../src/delivery/egress/address-guard.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { listenEverywhere, watchConnectionAttempts } from '../../support/network/connection-attempts.js';
import { type Answer, startDnsServer } from '../../support/network/dns-server.js';
import { startRawReceiver } from '../../support/receiver/raw-receiver.js';
import { makeCertificate } from '../../support/receiver/receiver.js';

const PUBLIC = '93.184.216.34';
const PUBLIC_V6 = '2606:4700:4700::1111';
const NOT_PUBLIC = /is not a public address/;
const METADATA = /is the metadata service of a cloud; no setting permits it/;
const sixty = Array.from({ length: 60 }, (_, i) => `93.184.216.${i + 1}`);

/** Names and their addresses, which are the same when the destination is saved and when a connection is made. */
const refused: [name: string, answer: Answer, reason: RegExp][] = [
  // Names of this machine.
  ['localhost', ['127.0.0.1', '::1'], NOT_PUBLIC],
  ['localhost.', ['127.0.0.1'], NOT_PUBLIC],
  ['LOCALHOST', ['127.0.0.1'], NOT_PUBLIC],
  ['ｌｏｃａｌｈｏｓｔ', ['127.0.0.1'], NOT_PUBLIC],
  ['lo\u00adcal%68ost', ['127.0.0.1'], NOT_PUBLIC],
  ['app.localhost', ['::1'], NOT_PUBLIC],
  ['localhost.localdomain', ['127.0.0.1'], NOT_PUBLIC],
  ['ip6-localhost', ['::1'], NOT_PUBLIC],
  ['ip6-loopback', ['::1'], NOT_PUBLIC],
  ['localtest.me', ['127.0.0.1'], NOT_PUBLIC],
  ['customer1.app.localhost.my.company.127.0.0.1.nip.io', ['127.0.0.1'], NOT_PUBLIC],
  ['127.0.0.1.nip.io', ['127.0.0.1'], NOT_PUBLIC],
  ['127-0-0-1.sslip.io', ['127.0.0.1'], NOT_PUBLIC],
  ['7f000001.nip.io', ['127.0.0.1'], NOT_PUBLIC],
  ['0x7f000001.example.com', ['127.0.0.1'], NOT_PUBLIC],
  ['--1.sslip.io', ['::1'], NOT_PUBLIC],
  ['10-0-0-1.nip.io', ['10.0.0.1'], NOT_PUBLIC],
  ['169.254.169.254.nip.io', ['169.254.169.254'], METADATA],
  ['a9fea9fe.nip.io', ['169.254.169.254'], METADATA],
  ['1ynrnhl.xip.io', ['169.254.169.254'], METADATA],
  ['127.0.0.1..', ['127.0.0.1'], NOT_PUBLIC],
  ['0b1', ['127.0.0.1'], NOT_PUBLIC],
  ['router.lan', ['192.168.1.1'], NOT_PUBLIC],
  ['printer.local', ['169.254.17.3'], NOT_PUBLIC],
  ['kubernetes.default.svc', ['10.96.0.1'], NOT_PUBLIC],
  ['host.docker.internal', ['172.17.0.1'], NOT_PUBLIC],
  ['unspecified.example.com', ['0.0.0.0'], NOT_PUBLIC],
  ['unspecified6.example.com', ['::'], NOT_PUBLIC],
  // IPv4 in IPv6.
  ['mapped.example.com', ['::ffff:127.0.0.1'], NOT_PUBLIC],
  ['mapped-private.example.com', ['::ffff:10.0.0.1'], NOT_PUBLIC],
  ['mapped-metadata.example.com', ['::ffff:169.254.169.254'], METADATA],
  ['compatible.example.com', ['::7f00:1'], NOT_PUBLIC],
  ['translated.example.com', ['::ffff:0:7f00:1'], NOT_PUBLIC],
  ['nat64.example.com', ['64:ff9b::7f00:1'], NOT_PUBLIC],
  ['nat64-metadata.example.com', ['64:ff9b::a9fe:a9fe'], METADATA],
  ['nat64-local.example.com', ['64:ff9b:1::a00:1'], NOT_PUBLIC],
  ['six-to-four.example.com', ['2002:7f00:1::1'], NOT_PUBLIC],
  ['teredo.example.com', ['2001:0:5db8:d822::80ff:fffe'], NOT_PUBLIC],
  ['isatap.example.com', ['2606:4700::5efe:a00:1'], NOT_PUBLIC],
  ['unique-local.example.com', ['fd12:3456::1'], NOT_PUBLIC],
  ['link-local.example.com', ['fe80::1'], NOT_PUBLIC],
  // A refused address among others, at any index.
  ['first.example.com', ['10.0.0.1', PUBLIC], NOT_PUBLIC],
  ['last.example.com', [PUBLIC, '10.0.0.1'], NOT_PUBLIC],
  ['mixed4.example.com', ['127.0.0.1', PUBLIC_V6], NOT_PUBLIC],
  ['mixed6.example.com', [PUBLIC, '::1'], NOT_PUBLIC],
  ['mixed-mapped.example.com', [PUBLIC, '::ffff:127.0.0.1'], NOT_PUBLIC],
  ['mixed-metadata.example.com', [PUBLIC, PUBLIC_V6, '169.254.169.254'], METADATA],
  ['one-of-many.example.com', [...sixty, '127.0.0.1'], NOT_PUBLIC],
  // Aliases.
  ['alias.example.com', { alias: 'localhost', addresses: ['127.0.0.1', '::1'] }, NOT_PUBLIC],
  ['alias-metadata.example.com', { alias: 'metadata.google.internal', addresses: ['169.254.169.254'] }, METADATA],
  ['alias-mixed.example.com', { alias: 'siem.example.net', addresses: [PUBLIC, '10.0.0.1'] }, NOT_PUBLIC],
];

/** The name that is looked up. */
const lookedUp = (name: string) => new URL(`https://${name}/`).hostname.replace(/\.+$/, '');

describe(`${refused.length} names that resolve to a refused address`, () => {
  it.each(refused)('%s cannot be saved, and no connection is made to it', async (name, answer, reason) => {
    const listener = await listenEverywhere();
    onTestFinished(() => listener.close());
    const { resolve } = await startDnsServer({ [lookedUp(name)]: [answer] });
    // c-ares returns names without the trailing dot.
    const lenient = (host: string) => resolve(host.replace(/\.+$/, ''));
    const attempts = watchConnectionAttempts();

    const url = `https://${name}:${listener.port}/`;
    expect(await createAddressGuard([], lenient).reasonAgainstSaving(new URL(url))).toMatch(reason);
    const outcome = await startSender({ allowed: [], resolve: lenient }).send(aTarget(url, null), aPost);

    expect(outcome).toMatchObject({ verdict: 'FINAL', message: expect.stringMatching(reason) });
    expect([attempts, listener.connections]).toEqual([[], 0]);
  });

  it('localhost is refused with the resolver of the system, too', async () => {
    const attempts = watchConnectionAttempts();
    const outcome = await startSender({ allowed: [] }).send(aTarget('https://localhost:4444/', null), aPost);
    expect([outcome, attempts]).toMatchObject([{ verdict: 'FINAL', message: expect.stringMatching(/loopback/) }, []]);
  });
});

describe('a name whose answers change', () => {
  it.each<[string, Answer[]]>([
    ['is public at saving and private at connecting', [[PUBLIC], ['127.0.0.2']]],
    ['is public at saving and a metadata service at connecting', [[PUBLIC], ['169.254.169.254']]],
    ['is public at saving and partly private at connecting', [[PUBLIC], [PUBLIC, '127.0.0.2']]],
    ['gets a private address of the other IP version', [[PUBLIC], [PUBLIC, '::1']]],
    ['is allowed at saving and private beyond the allow-list at connecting', [['127.0.0.1'], ['127.0.0.2']]],
    ['has an error at saving and a private address at connecting', ['SERVFAIL', ['127.0.0.2']]],
    ['does not exist at saving and is private at connecting', ['NXDOMAIN', ['127.0.0.2']]],
    ['has no address at saving and a private one at connecting', [[], ['127.0.0.2']]],
    ['becomes an alias of localhost', [[PUBLIC], { alias: 'localhost', addresses: ['127.0.0.2'] }]],
  ])('%s: it can be saved, but no connection is made to it', async (_, answers) => {
    const listener = await listenEverywhere();
    onTestFinished(() => listener.close());
    const { resolve } = await startDnsServer({ 'siem.example.com': answers });
    const attempts = watchConnectionAttempts();
    const allowed = ['127.0.0.1/32'];
    const url = `https://siem.example.com:${listener.port}/`;

    expect(await createAddressGuard(allowed, resolve).reasonAgainstSaving(new URL(url))).toBeNull();
    const outcome = await startSender({ allowed, resolve }).send(aTarget(url, null), aPost);

    expect(outcome).toMatchObject({ verdict: 'FINAL', responseCode: null });
    expect(outcome.message).toMatch(/is not a public address|metadata service/);
    expect([attempts, listener.connections]).toEqual([[], 0]);
  });

  it('is resolved once for a connection, which is made to the address that was checked', async () => {
    const listener = await listenEverywhere();
    onTestFinished(() => listener.close());
    const { resolve, questions } = await startDnsServer({ 'siem.example.com': [['127.0.0.1'], ['127.0.0.2']] });
    const attempts = watchConnectionAttempts();
    const url = `http://siem.example.com:${listener.port}/`;

    const outcome = await startSender({ allowed: ['127.0.0.1/32'], resolve }).send(aTarget(url, null), aPost);

    expect(outcome).toMatchObject({ verdict: 'DELIVERED' });
    expect(attempts).toEqual([`127.0.0.1 ${listener.port}`]);
    expect(questions.toSorted()).toEqual(['A siem.example.com', 'AAAA siem.example.com']);
  });

  it('is checked again at the next connection', async () => {
    const listener = await listenEverywhere();
    onTestFinished(() => listener.close());
    const { resolve } = await startDnsServer({ 'siem.example.com': [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1']] });
    const attempts = watchConnectionAttempts();
    const sender = startSender({ allowed: ['127.0.0.1/32'], resolve });
    const target = aTarget(`http://siem.example.com:${listener.port}/`, null);

    // The listener closes each connection after its answer.
    const outcomes = [
      await sender.send(target, aPost),
      await sender.send(target, aPost),
      await sender.send(target, aPost),
    ];

    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['DELIVERED', 'FINAL', 'DELIVERED']);
    expect(attempts).toEqual([`127.0.0.1 ${listener.port}`, `127.0.0.1 ${listener.port}`]);
  });
});

describe('a name without an answer', () => {
  it.each<[string, Answer]>([
    ['an error', 'SERVFAIL'],
    ['no such name', 'NXDOMAIN'],
    ['no address', []],
    ['an alias without an address', { alias: 'localhost', addresses: [] }],
  ])('(%s) can be saved, and its attempts are retried', async (_, answer) => {
    const { resolve } = await startDnsServer({ 'siem.example.com': [answer] });
    const attempts = watchConnectionAttempts();
    expect(await createAddressGuard([], resolve).reasonAgainstSaving(new URL('https://siem.example.com/'))).toBeNull();
    const outcome = await startSender({ resolve }).send(aTarget('https://siem.example.com/', null), aPost);
    expect([outcome, attempts]).toMatchObject([{ verdict: 'RETRYABLE', responseCode: null }, []]);
  });

  it('in time can be saved after two seconds', async () => {
    const { resolve, nextQuestion } = await startDnsServer({ 'siem.example.com': ['SILENCE'] });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = nextQuestion();
    const saving = createAddressGuard([], resolve).reasonAgainstSaving(new URL('https://siem.example.com/'));
    await asked;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await saving).toBeNull();
  });
});

it('a connection to the address of a name uses the name for its certificate and its Host header', async () => {
  const { ca, cert, key } = await makeCertificate(['siem.example.com']);
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
  const receiver = await startRawReceiver((connection) => connection.write(ok), { cert, key });
  const { resolve } = await startDnsServer({ 'siem.example.com': [['127.0.0.1']] });
  const sender = startSender({ allowed: ['127.0.0.1/32'], resolve });
  const outcome = await sender.send(aTarget(`https://siem.example.com:${receiver.port}/`, ca), aPost);
  expect(outcome).toMatchObject({ verdict: 'DELIVERED' });
  expect(receiver.requests).toEqual([expect.stringMatching(`host: siem.example.com:${receiver.port}\r\n`)]);
});

describe('a URL that parsers read differently', () => {
  it.each(['siem.example.com\\@127.0.0.1', 'siem.example.com/@127.0.0.1', 'siem.example.com?@127.0.0.1'])(
    '(%s) is looked up as siem.example.com',
    async (host) => {
      const { resolve, questions } = await startDnsServer({});
      const attempts = watchConnectionAttempts();
      const outcome = await startSender({ resolve }).send(aTarget(`https://${host}:4444/`, null), aPost);
      expect([outcome, attempts]).toMatchObject([{ verdict: 'RETRYABLE' }, []]);
      expect(questions).toContain('A siem.example.com');
    },
  );
});

it.each([301, 302, 303, 307, 308])('a redirect (%i) to an internal address is not followed', async (code) => {
  const inside = await listenEverywhere();
  onTestFinished(() => inside.close());
  const location = `http://127.0.0.1:${inside.port}/`;
  const receiver = await startRawReceiver((connection) =>
    connection.end(`HTTP/1.1 ${code} Moved\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`),
  );
  const attempts = watchConnectionAttempts();
  const outcome = await startSender({ allowed: ['127.0.0.1/32'] }).send(aTarget(receiver.url, null), aPost);
  expect(outcome).toMatchObject({ verdict: 'FINAL', responseCode: code });
  expect([attempts, inside.connections]).toEqual([[`127.0.0.1 ${receiver.port}`], 0]);
});
