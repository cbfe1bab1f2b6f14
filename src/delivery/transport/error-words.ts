import type { PeerCertificate } from 'node:tls';

/**
 * The errors of a connection, in words that an operator understands, with what to do if that is not obvious. The codes are Node's
 * (libuv's for the system, llhttp's HPE_… for HTTP, ERR_… of its own) and OpenSSL's.
 */
const TOO_MANY_FILES = 'this machine has no file left for a connection; raise its limit of open files (ulimit -n)';
const NO_MEMORY = 'this machine has no memory left for a connection';
const NO_ADDRESS = 'the host name has no address; check its spelling and its DNS records';
const NO_RESOLVER = 'the name server gives no answer; check the DNS settings of this machine';
const FORBIDDEN = 'this machine does not permit the connection; check its firewall';

const words: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name does not resolve at the moment',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EHOSTDOWN: 'host unreachable',
  ENETDOWN: 'the network of this machine is down',
  ECONNABORTED: 'connection reset',
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOMEM: NO_MEMORY,
  ENOBUFS: NO_MEMORY,
  EADDRNOTAVAIL: 'this machine has no free local port or address for the connection; send less at a time (maxInFlight)',
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EINVAL: 'the system does not accept the address of the receiver',
  EAFNOSUPPORT: 'this machine does not support the IP version of the address',
  ENODATA: NO_ADDRESS,
  EAI_NODATA: NO_ADDRESS,
  EAI_NONAME: NO_ADDRESS,
  EAI_ADDRFAMILY: NO_ADDRESS,
  EAI_FAIL: NO_RESOLVER,
  EAI_MEMORY: NO_MEMORY,
  EAI_SYSTEM: NO_RESOLVER,
  ESERVFAIL: NO_RESOLVER,
  // The answer.
  HPE_HEADER_OVERFLOW:
    'the headers of the answer are larger than 16 KiB; make the receiver or a proxy before it send fewer',
  HPE_INVALID_EOF_STATE: 'connection closed before a response',
  ERR_INVALID_CHAR: 'a header of the request has a character that cannot be sent; set its value again',
  ERR_HTTP_INVALID_HEADER_VALUE: 'a header of the request has a value that cannot be sent; set its value again',
  ERR_INVALID_HTTP_TOKEN: 'a header of the request has a name that cannot be sent; change the name',
  ERR_UNESCAPED_CHARACTERS: 'the path of the endpoint has a character that cannot be sent; encode it',
  ERR_INVALID_URL: 'the endpoint is not a URL',
  // Why Auditwire rejects the certificate of the receiver (OpenSSL's X509_V_ERR_…).
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate was issued by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate was issued by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate was issued by an authority that is not trusted',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not yet valid',
  CERT_REVOKED: 'the certificate is revoked',
  INVALID_PURPOSE: 'a certificate in the chain does not permit this use',
  INVALID_CA: 'the issuer of the certificate is not a certificate authority',
  CERT_SIGNATURE_FAILURE: 'the signature of the certificate is invalid',
};

/** Our certificates and keys that cannot be used (OpenSSL). */
const ownCertificates: [pattern: RegExp, words: string][] = [
  [/KEY_VALUES_MISMATCH/, 'the client key does not belong to the client certificate'],
  [/BAD_DECRYPT|PASSWORD/, 'the client key is encrypted; give it without a passphrase'],
  [/./, 'a certificate or key of the destination cannot be read; set it again as PEM'],
];

const NO_TLS = 'the receiver does not use TLS';
const NO_COMMON_VERSION = 'the receiver supports only TLS versions that are too old; at least 1.2 is required';

/** Errors of the TLS handshake (OpenSSL's SSL_R_…). */
const handshakes: Record<string, string> = {
  WRONG_VERSION_NUMBER: NO_TLS,
  PACKET_LENGTH_TOO_LONG: NO_TLS,
  HTTP_REQUEST: NO_TLS,
  UNSUPPORTED_PROTOCOL: NO_COMMON_VERSION,
  NO_CIPHER_MATCH: 'no cipher in common with the receiver',
  WRONG_CIPHER_RETURNED: 'no cipher in common with the receiver',
  DH_KEY_TOO_SMALL: 'the receiver offers a key exchange that is too weak',
  EE_KEY_TOO_SMALL: 'the key of the certificate is too weak',
  CA_KEY_TOO_SMALL: 'the key of the authority is too weak',
  CA_MD_TOO_WEAK: 'the signature of the certificate is too weak',
  UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'the receiver uses an insecure form of TLS; update the receiver',
  LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED:
    'the receiver signs the handshake in a way that is too weak; update the receiver',
};

const BROKEN_TLS =
  'the receiver does not understand our TLS; look for a proxy in between, and for errors in the log of the receiver';

/** TLS alerts that the receiver sends (RFC 8446, section 6.2). */
const alerts: Record<string, string> = {
  PROTOCOL_VERSION: NO_COMMON_VERSION,
  INSUFFICIENT_SECURITY: 'no cipher in common with the receiver',
  // Up to TLS 1.2, a missing client certificate also causes this alert.
  HANDSHAKE_FAILURE: 'the receiver refuses the handshake: no cipher in common, or it requires a client certificate',
  CERTIFICATE_REQUIRED: 'the receiver requires a client certificate',
  NO_CERTIFICATE: 'the receiver requires a client certificate',
  BAD_CERTIFICATE: 'the receiver rejects the client certificate',
  UNSUPPORTED_CERTIFICATE: 'the receiver rejects the client certificate: its type is not supported',
  CERTIFICATE_REVOKED: 'the receiver rejects the client certificate: it is revoked',
  CERTIFICATE_EXPIRED: 'the receiver rejects the client certificate: it has expired or is not yet valid',
  CERTIFICATE_UNKNOWN: 'the receiver rejects the client certificate',
  UNKNOWN_CA: 'the receiver rejects the client certificate: the receiver does not trust its authority',
  ACCESS_DENIED: 'the receiver rejects the client certificate: access is denied',
  DECRYPT_ERROR: 'the receiver could not verify the handshake',
  DECODE_ERROR: 'the receiver could not read the handshake',
  UNRECOGNIZED_NAME: 'the receiver does not know the host name',
  INTERNAL_ERROR: 'the receiver failed in the handshake',
  NO_APPLICATION_PROTOCOL: 'the receiver does not speak HTTP/1.1 at this port; allow HTTP/1.1 there, beside HTTP/2',
  UNKNOWN_PSK_IDENTITY: 'the receiver accepts only connections with a shared key, which Auditwire does not have',
  INAPPROPRIATE_FALLBACK: 'the receiver refuses the TLS version',
  UNEXPECTED_MESSAGE: BROKEN_TLS,
  BAD_RECORD_MAC: BROKEN_TLS,
  RECORD_OVERFLOW: BROKEN_TLS,
  ILLEGAL_PARAMETER: BROKEN_TLS,
  MISSING_EXTENSION: BROKEN_TLS,
  UNSUPPORTED_EXTENSION: BROKEN_TLS,
};

/** An error of the connection in words, followed by its code. An error without a code was made here and has words already. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  return code ? `${words[code] ?? ofNames(error) ?? ofKind(code)} (${code})` : error.message;
}

/** Words for a code by its prefix. The messages of Node and OpenSSL are for their developers and can hold values. */
function ofKind(code: string): string {
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  if (code.startsWith('ERR_SSL_')) return ofTls(code);
  if (code.startsWith('ERR_OSSL_')) {
    return ownCertificates.find(([pattern]) => pattern.test(code))?.[1] ?? 'the TLS handshake failed';
  }
  if (code.startsWith('EAI_')) return NO_RESOLVER;
  return /^(CERT|CRL|UNABLE_TO|HOSTNAME_MISMATCH|PATH_LENGTH|INVALID_|OUT_OF_MEM|ERROR_IN_)/.test(code)
    ? 'the certificate of the receiver is not accepted'
    : 'the connection failed';
}

/** Whether TLS failed, and not the connection below it. */
export function isOfTls(error: Error): boolean {
  return codeOf(error).startsWith('ERR_SSL_');
}

/** How many names of a certificate a message shows, and how much of each. */
const MAX_NAMES = 3;
const MAX_NAME_CHARACTERS = 50;

/** Both sides of a name mismatch, as Node's `tls.checkServerIdentity` reports it. */
function ofNames(error: Error): string | null {
  if (codeOf(error) !== 'ERR_TLS_CERT_ALTNAME_INVALID' || !('host' in error) || !('cert' in error)) return null;
  const { subjectaltname, subject } = error.cert as Partial<PeerCertificate>;
  const names =
    subjectaltname?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')) ?? [subject?.CN ?? []].flat();
  const shown = names.slice(0, MAX_NAMES).map((name) => shortened(name, MAX_NAME_CHARACTERS));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `the certificate is for another host name: not for ${shortened(String(error.host), MAX_NAME_CHARACTERS)}, but for ${shown.join(', ') || 'no name'}${more}`;
}

function shortened(name: string, max: number): string {
  return name.length > max ? `${name.slice(0, max - 1)}…` : name;
}

function ofTls(code: string): string {
  const [, reason = ''] = /^ERR_SSL_(.+)$/.exec(code) ?? [];
  // The name of an alert begins with the TLS version that introduced it; the prefix depends on the version of OpenSSL.
  const [, alert = ''] = /^(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?(.+)$/.exec(reason) ?? [];
  return (
    handshakes[reason] ?? alerts[alert] ?? (alert ? 'the receiver refuses the handshake' : 'the TLS handshake failed')
  );
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
