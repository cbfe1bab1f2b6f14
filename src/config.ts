import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import type { EgressProxy } from './delivery/transport/types.js';
import { lineField, lineHost } from './domain/log-line.js';
import type { RetentionSettings } from './domain/retention.js';
import { MASTER_KEY_BYTES } from './vault/secrets.js';

/** Every setting is an environment variable with this prefix; docs/settings.md lists them. */
const PREFIX = 'AUDITWIRE_';

/** Settings of commands that call a server. The server ignores them. */
const clientSettings = ['AUDITWIRE_URL', 'AUDITWIRE_TOKEN', 'AUDITWIRE_AUTHORIZATION'];

/** All wrong settings, in one error. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`These settings are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

const directory = z.string().min(1, 'must not be empty').transform(expand);

const cidr = z.string().transform((text, context): string => {
  const parsed = canonicalCidr(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: `"${text}" is not an address range such as 10.0.0.0/8 or fd00::/8` });
  return z.NEVER;
});

const masterKey = z
  .string()
  .transform((text) => Buffer.from(text.trim(), 'base64'))
  .refine(
    (key) => key.length === MASTER_KEY_BYTES,
    `must be ${MASTER_KEY_BYTES} bytes in base64: openssl rand -base64 32`,
  );

// The message does not repeat the value: it may contain a password.
const egressProxy = z.string().transform((text, context): EgressProxy => {
  const parsed = parseProxy(text.trim());
  if (parsed) return parsed;
  const message = 'must be http://host:port or http://user:password@host:port, with percent-encoded characters';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const DAY_MS = 86_400_000;

const days = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'must be a number of days')
  .transform((text) => Number(text) * DAY_MS)
  .refine((ms) => ms > 0 && ms <= 36_500 * DAY_MS, 'must be more than 0 and at most 36500');

const UNITS = ['KB', 'MB', 'GB', 'TB'];
const MIN_SIZE_BYTES = 10 * 1024 ** 2;

const size = z
  .string()
  .regex(/^\d+(\.\d+)? ?[KMGT]B$/, 'must be a size such as 500MB or 10GB')
  .transform((text) => Number.parseFloat(text) * 1024 ** (UNITS.indexOf(text.slice(-2)) + 1))
  .refine((bytes) => bytes >= MIN_SIZE_BYTES, 'must be at least 10MB');

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

const settings = z.strictObject({
  DATA_DIR: directory.prefault('./data'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d+$/, 'must be 0 to 65535')
    .default('4000')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be 0 to 65535'),
  MASTER_KEY: masterKey.optional(),
  MASTER_KEY_FILE: directory.optional(),
  ORGANIZATION_ID: z.guid('must be a UUID').optional(),
  ALLOWED_ADDRESSES: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(cidr)),
  EGRESS_PROXY: egressProxy.optional(),
  LINE_HOST: lineHost.default('auditwire'),
  LINE_VENDOR: lineField.default('Auditwire'),
  LINE_PRODUCT: lineField.default('Dev-Portal'),
  LINE_VERSION: lineField.default('1.0'),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  RETENTION_DAYS: days.prefault('7'),
  UNDELIVERED_RETENTION_DAYS: days.optional(),
  RETENTION_SIZE: size.optional(),
  SHUTDOWN_SECONDS: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be 0 to 600')
    .default('10')
    .transform(Number)
    .refine((seconds) => seconds <= 600, 'must be 0 to 600'),
});

/** The default for logins that are due and not delivered, in days; RETENTION_DAYS if that is longer. */
const UNDELIVERED_RETENTION_DAYS = 30;

export type Config = ReturnType<typeof loadConfig>;

/**
 * Reads the settings. An unknown variable with the prefix is refused, so that a typing error is not missed.
 *
 * @param optionOf the option of the command line that gave the value of a variable: an error names it instead of the variable
 * @throws ConfigError with every problem
 */
export function loadConfig(env: Record<string, string | undefined>, optionOf: Readonly<Record<string, string>> = {}) {
  const given = Object.fromEntries(
    Object.entries(env)
      .filter(
        ([name, value]) =>
          name.startsWith(PREFIX) && !clientSettings.includes(name) && value !== undefined && value !== '',
      )
      .map(([name, value]) => [name.slice(PREFIX.length), value]),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.flatMap((issue) => problemsOf(issue, optionOf)));
  const { data } = parsed;
  return {
    retention: retentionOf(data),
    dataDir: data.DATA_DIR,
    host: data.HOST,
    port: data.PORT,
    masterKey: data.MASTER_KEY ?? null,
    // Beside the data directory, not in it: the secrets in a copy of the directory alone cannot be opened.
    masterKeyFile: data.MASTER_KEY_FILE ?? `${data.DATA_DIR}.key`,
    organizationId: data.ORGANIZATION_ID?.toLowerCase() ?? null,
    allowedAddresses: data.ALLOWED_ADDRESSES,
    egressProxy: data.EGRESS_PROXY ?? null,
    line: { host: data.LINE_HOST, vendor: data.LINE_VENDOR, product: data.LINE_PRODUCT, version: data.LINE_VERSION },
    logLevel: data.LOG_LEVEL,
    shutdownMs: data.SHUTDOWN_SECONDS * 1_000,
  };
}

function retentionOf(data: z.output<typeof settings>): RetentionSettings {
  const { RETENTION_DAYS: ageMs, RETENTION_SIZE: sizeBytes = null } = data;
  const { UNDELIVERED_RETENTION_DAYS: undeliveredAgeMs = Math.max(ageMs, UNDELIVERED_RETENTION_DAYS * DAY_MS) } = data;
  if (undeliveredAgeMs < ageMs) {
    throw new ConfigError([`${PREFIX}UNDELIVERED_RETENTION_DAYS: must not be less than ${PREFIX}RETENTION_DAYS`]);
  }
  return { ageMs, undeliveredAgeMs, sizeBytes };
}

function problemsOf(issue: z.core.$ZodIssue, optionOf: Readonly<Record<string, string>>): string[] {
  if (issue.code === 'unrecognized_keys') {
    const names = Object.keys(settings.shape).map((name) => PREFIX + name);
    return issue.keys.map((key) => `${PREFIX}${key}: is not a setting; the settings are ${names.join(', ')}`);
  }
  const name = `${PREFIX}${String(issue.path[0])}`;
  return [`${optionOf[name] ?? name}: ${issue.message}`];
}

/** An address or a range of addresses as `address/bits`; null if it is neither. */
function canonicalCidr(text: string): string | null {
  const [address = '', bits] = text.split('/');
  // ipaddr.js also accepts short and octal forms; an operator does not mean those.
  if (!isIP(address)) return null;
  try {
    const parsed = ipaddr.parse(address);
    // The guard converts IPv4-mapped addresses to IPv4, so such a range would never match.
    if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) return null;
    if (bits === undefined) return `${address}/${parsed.kind() === 'ipv4' ? 32 : 128}`;
    ipaddr.parseCIDR(text);
    return text;
  } catch {
    return null;
  }
}

function parseProxy(text: string): EgressProxy | null {
  if (!/^http:\/\/[^/?#\s]+\/?$/i.test(text) || !URL.canParse(text)) return null;
  const { hostname, port, username, password } = new URL(text);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const authorization = credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
    return { host, port: Number(port) || 80, authorization };
  } catch {
    return null;
  }
}

function expand(path: string): string {
  return resolve(path.replace(/^~(?=\/|$)/, homedir()));
}
