/** Valid and invalid X.509 certificates, encoded as DER (RFC 5280) and signed with keys of Node. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';

export type KeyKind = 'rsa' | 'short-rsa' | 'ec' | 'ed25519' | 'ed448';

export interface Issued {
  /** PEM. */
  cert: string;
  key: string;
  name: string;
  privateKey: KeyObject;
}

const DAY_MS = 86_400_000;

/**
 * @param given without `issuer`, it is self-signed; `names`: host names and IPv4 addresses; `from`, `until`: ms since the epoch;
 * `isFor`: its only use
 */
export function issueCertificate(
  given: {
    name?: string;
    issuer?: Issued;
    names?: string[];
    from?: number;
    until?: number;
    isAuthority?: boolean;
    kind?: KeyKind;
    isFor?: keyof typeof USES;
  } = {},
): Issued {
  const { name = 'Test', issuer, names = [], isAuthority = false, kind = 'ec', isFor } = given;
  const { from = Date.now() - DAY_MS, until = Date.now() + DAY_MS } = given;
  const { publicKey, privateKey } = makeKeys(kind);
  const signer = issuer?.privateKey ?? privateKey;
  const algorithm = algorithmOf(signer);
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(time(from), time(until)),
    nameOf(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    tagged(0xa3, sequence(...extensions(isAuthority, names), ...useOf(isFor))),
  );
  const signature = sign(signer.asymmetricKeyType?.startsWith('ed') ? null : 'sha256', body, signer);
  const der = sequence(body, algorithm, bitString(signature));
  const cert = `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
  return { cert, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), name, privateKey };
}

/** A list of revoked certificates (RFC 5280, section 5) in PEM. */
export function revoke(issuer: Issued, ...revoked: Issued[]): string {
  const algorithm = algorithmOf(issuer.privateKey);
  const serials = revoked.map(({ cert }) => Buffer.from(new X509Certificate(cert).serialNumber, 'hex'));
  const now = Date.now();
  const body = sequence(
    integer(Buffer.from([1])),
    algorithm,
    nameOf(issuer.name),
    time(now - DAY_MS),
    time(now + DAY_MS),
    sequence(...serials.map((serial) => sequence(integer(serial), time(now - DAY_MS)))),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, issuer.privateKey)));
  return `-----BEGIN X509 CRL-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END X509 CRL-----\n`;
}

function makeKeys(kind: KeyKind) {
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'short-rsa':
      return generateKeyPairSync('rsa', { modulusLength: 512 });
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ed448':
      return generateKeyPairSync('ed448');
    default:
      return kind satisfies never;
  }
}

/** ecdsa-with-SHA256, sha256WithRSAEncryption, Ed25519 or Ed448, as an AlgorithmIdentifier. */
function algorithmOf(key: KeyObject): Buffer {
  const oids: Record<string, string> = {
    ec: '2a8648ce3d040302',
    rsa: '2a864886f70d01010b',
    ed25519: '2b6570',
    ed448: '2b6571',
  };
  const kind = key.asymmetricKeyType ?? '';
  const oid = tagged(0x06, Buffer.from(oids[kind] ?? '', 'hex'));
  return kind === 'rsa' ? sequence(oid, tagged(0x05)) : sequence(oid);
}

function extensions(isAuthority: boolean, names: readonly string[]): Buffer[] {
  const constraints = isAuthority ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence();
  const alternatives = names.map((name) =>
    isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name)),
  );
  return [
    extension('551d13', constraints),
    ...(isAuthority ? [extension('551d0f', tagged(0x03, Buffer.from([1, 0x06])))] : []),
    ...(names.length ? [extension('551d11', sequence(...alternatives))] : []),
  ];
}

/** Extended key usages (RFC 5280, section 4.2.1.12). */
const USES = { servers: '2b06010505070301', clients: '2b06010505070302', anything: '551d2500' };

function useOf(isFor: keyof typeof USES | undefined): Buffer[] {
  return isFor ? [extension('551d25', sequence(tagged(0x06, Buffer.from(USES[isFor], 'hex'))))] : [];
}

const extension = (oid: string, value: Buffer) => sequence(tagged(0x06, Buffer.from(oid, 'hex')), tagged(0x04, value));

/** CN=name; for an empty name, nothing. */
function nameOf(name: string): Buffer {
  if (name === '') return sequence();
  const type = tagged(0x06, Buffer.from('550403', 'hex'));
  return sequence(tagged(0x31, sequence(type, tagged(0x0c, Buffer.from(name)))));
}

/** UTCTime. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\..*/, '').replace(/\D/g, '').slice(2);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

const integer = (value: Buffer) => tagged(0x02, value);
const bitString = (bytes: Buffer) => tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts);

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
