import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.js';

/** The problems of `env`, one line each. */
function problems(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const DAY_MS = 86_400_000;

const ranges = (text: string) => loadConfig({ AUDITWIRE_ALLOWED_ADDRESSES: text }).allowedAddresses;

it('no setting is required', () => {
  expect(loadConfig({})).toEqual({
    dataDir: resolve('data'),
    host: '127.0.0.1',
    port: 4000,
    masterKey: null,
    masterKeyFile: resolve('data.key'),
    organizationId: null,
    allowedAddresses: [],
    egressProxy: null,
    line: { host: 'auditwire', vendor: 'Auditwire', product: 'Dev-Portal', version: '1.0' },
    logLevel: 'info',
    retention: { ageMs: 7 * DAY_MS, undeliveredAgeMs: 30 * DAY_MS, sizeBytes: null },
    shutdownMs: 10_000,
  });
});

it('ignores the settings of commands that call a server', () => {
  expect(
    problems({ AUDITWIRE_URL: 'http://siem', AUDITWIRE_TOKEN: 'aw_1', AUDITWIRE_AUTHORIZATION: 'Splunk 1' }),
  ).toEqual([]);
});

it('every setting is read from the environment', () => {
  const config = loadConfig({
    AUDITWIRE_DATA_DIR: '/var/lib/auditwire',
    AUDITWIRE_HOST: '0.0.0.0',
    AUDITWIRE_PORT: '0',
    AUDITWIRE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    AUDITWIRE_MASTER_KEY_FILE: '/etc/auditwire/key',
    AUDITWIRE_ORGANIZATION_ID: '998DB3E4-5CB7-4DD5-B51C-9878096A6999',
    AUDITWIRE_ALLOWED_ADDRESSES: '10.0.0.0/8',
    AUDITWIRE_EGRESS_PROXY: 'http://proxy.example.com:3128',
    AUDITWIRE_LINE_HOST: 'siem.example.com',
    AUDITWIRE_LINE_VENDOR: 'Acme Inc',
    AUDITWIRE_LINE_PRODUCT: 'Portal',
    AUDITWIRE_LINE_VERSION: '2',
    AUDITWIRE_LOG_LEVEL: 'warn',
    AUDITWIRE_RETENTION_DAYS: '0.5',
    AUDITWIRE_UNDELIVERED_RETENTION_DAYS: '14',
    AUDITWIRE_RETENTION_SIZE: '1.5GB',
    AUDITWIRE_SHUTDOWN_SECONDS: '2.5',
  });
  expect(config).toMatchObject({
    dataDir: '/var/lib/auditwire',
    host: '0.0.0.0',
    port: 0,
    masterKey: Buffer.alloc(32, 7),
    masterKeyFile: '/etc/auditwire/key',
    organizationId: '998db3e4-5cb7-4dd5-b51c-9878096a6999',
    egressProxy: { host: 'proxy.example.com', port: 3128, authorization: null },
    line: { host: 'siem.example.com', vendor: 'Acme Inc', product: 'Portal', version: '2' },
    logLevel: 'warn',
    retention: { ageMs: DAY_MS / 2, undeliveredAgeMs: 14 * DAY_MS, sizeBytes: 1.5 * 1024 ** 3 },
    shutdownMs: 2_500,
  });
});

it('the master key file is beside the data directory by default', () => {
  expect(loadConfig({ AUDITWIRE_DATA_DIR: '~/aw' })).toMatchObject({
    dataDir: join(homedir(), 'aw'),
    masterKeyFile: join(homedir(), 'aw.key'),
  });
});

it('variables of other programs and empty variables are ignored', () => {
  const env = { PATH: '/bin', PORT: 'x', AUDITWIRE_PORT: '', AUDITWIRE_MASTER_KEY: '', AUDITWIRE_NOTHING: '' };
  expect(loadConfig(env)).toEqual(loadConfig({}));
});

it('all problems are reported at once, each with its variable', () => {
  const found = problems({
    AUDITWIRE_PORT: '70000',
    AUDITWIRE_MASTER_KEY: 'c2hvcnQ=',
    AUDITWIRE_ALLOWED_ADDRESSES: '10.0.0.0/8, nonsense',
    AUDITWIRE_LINE_HOST: 'two words',
    AUDITWIRE_LOG_LEVEL: 'loud',
    AUDITWIRE_PROT: '4000',
  });
  expect(found.map((problem) => problem.split(':', 1).join()).sort()).toEqual([
    'AUDITWIRE_ALLOWED_ADDRESSES',
    'AUDITWIRE_LINE_HOST',
    'AUDITWIRE_LOG_LEVEL',
    'AUDITWIRE_MASTER_KEY',
    'AUDITWIRE_PORT',
    'AUDITWIRE_PROT',
  ]);
  expect(found.every((problem) => new ConfigError(found).message.includes(problem))).toBe(true);
});

it('undelivered logins are kept at least as long as all others', () => {
  expect(loadConfig({ AUDITWIRE_RETENTION_DAYS: '90' }).retention).toMatchObject({ undeliveredAgeMs: 90 * DAY_MS });
  const env = { AUDITWIRE_RETENTION_DAYS: '90', AUDITWIRE_UNDELIVERED_RETENTION_DAYS: '30' };
  expect(problems(env)).toEqual([
    'AUDITWIRE_UNDELIVERED_RETENTION_DAYS: must not be less than AUDITWIRE_RETENTION_DAYS',
  ]);
});

it('a variable that is not a setting is reported with the list of settings', () => {
  const [problem, ...others] = problems({ AUDITWIRE_MASTERKEY: 'x' });
  expect(problem).toMatch(
    /^AUDITWIRE_MASTERKEY: is not a setting; the settings are .*AUDITWIRE_MASTER_KEY, AUDITWIRE_MASTER_KEY_FILE/,
  );
  expect(others).toEqual([]);
});

it('a character that breaks a line is named with its place', () => {
  expect(problems({ AUDITWIRE_LINE_VENDOR: 'a|b', AUDITWIRE_LINE_HOST: 'siem host' })).toEqual([
    'AUDITWIRE_LINE_HOST: must be visible ASCII without blanks, | and \\: character 5 is U+0020',
    'AUDITWIRE_LINE_VENDOR: must be printable ASCII without | and \\, and no blanks around it: character 2 is U+007C',
  ]);
});

it('a problem never contains a master key', () => {
  expect(problems({ AUDITWIRE_MASTER_KEY: 'bm90LTMyLWJ5dGVz' }).join()).not.toContain('bm90');
});

it.each([
  ['AUDITWIRE_PORT', ['-1', '65536', '1.5', 'http']],
  ['AUDITWIRE_ORGANIZATION_ID', ['acme', '998db3e4']],
  ['AUDITWIRE_RETENTION_DAYS', ['0', '-1', 'week', '36501']],
  ['AUDITWIRE_UNDELIVERED_RETENTION_DAYS', ['0', '6.9', 'never']],
  ['AUDITWIRE_RETENTION_SIZE', ['0', '10', '9MB', '10 gigabytes', '-1GB']],
  ['AUDITWIRE_SHUTDOWN_SECONDS', ['-1', '601', 'soon']],
  ['AUDITWIRE_LINE_HOST', ['a b', 'ä', 'a\n', 'a|b', 'a\\b', 'x'.repeat(257)]],
  ['AUDITWIRE_LINE_VENDOR', ['a\nb', 'ä', 'a|b', 'a\\b', ' a', 'a ', ' ', 'x'.repeat(257)]],
  ['AUDITWIRE_LINE_PRODUCT', ['a|b', 'a\u0085']],
  ['AUDITWIRE_LINE_VERSION', ['1|0', '1\t0']],
  ['AUDITWIRE_MASTER_KEY', ['x', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')]],
])('invalid values of %s are refused', (name, values) => {
  for (const value of values) expect(problems({ [name]: value }), value).toHaveLength(1);
});

describe('the egress proxy', () => {
  const proxy = (text: string) => loadConfig({ AUDITWIRE_EGRESS_PROXY: text }).egressProxy;

  it('is a host and a port, with an optional user and password', () => {
    expect(proxy('http://10.0.0.7:8080/')).toEqual({ host: '10.0.0.7', port: 8080, authorization: null });
    expect(proxy('http://[fd00::7]')).toEqual({ host: 'fd00::7', port: 80, authorization: null });
    const authorization = `Basic ${Buffer.from('me:p@ss:ü').toString('base64')}`;
    expect(proxy('http://me:p%40ss%3A%C3%BC@proxy:3128')).toEqual({ host: 'proxy', port: 3128, authorization });
  });

  it.each([
    'proxy:3128',
    'me:s3cr3t@proxy:3128',
    'https://me:s3cr3t@proxy:3128',
    'socks5://me:s3cr3t@proxy:1080',
    'http://me:s3cr3t@proxy:3128/path',
    'http://me:s3cr3t@proxy:3128?a',
    'http://me:s3cr3t%@proxy:3128',
    'http://me:s3cr3t@proxy:99999',
    'http://me:s3cr3t@',
  ])('must not be %s, and the problem does not contain the password', (text) => {
    const found = problems({ AUDITWIRE_EGRESS_PROXY: text });
    expect(found).toEqual([expect.stringMatching(/^AUDITWIRE_EGRESS_PROXY: must be http:\/\/host:port/)]);
    expect(found.join()).not.toContain('s3cr3t');
  });
});

describe('allowed addresses', () => {
  it('are ranges or single addresses, separated by commas, spaces or both', () => {
    expect(ranges('10.0.0.0/8,192.168.1.7  fd00::/8,\n::1')).toEqual([
      '10.0.0.0/8',
      '192.168.1.7/32',
      'fd00::/8',
      '::1/128',
    ]);
  });

  it.each([
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/',
    '/8',
    'example.com',
    '10.0.0.256',
    '10.0.0.0-10.0.0.9',
    '10/8',
    '10.1',
  ])('must not be %s', (text) => {
    expect(problems({ AUDITWIRE_ALLOWED_ADDRESSES: `::1,${text}` })).toEqual([
      `AUDITWIRE_ALLOWED_ADDRESSES: "${text}" is not an address range such as 10.0.0.0/8 or fd00::/8`,
    ]);
  });
});
