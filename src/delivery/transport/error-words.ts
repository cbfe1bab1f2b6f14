import type { PeerCertificate } from 'node:tls';

/** The errors of a connection, in words that an operator understands. */
const words: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name does not resolve at the moment',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  UND_ERR_SOCKET: 'connection closed before a response',
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
};

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
};

/** An error of the connection in words, followed by its code. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors[0]) return describe(error.errors[0]);
  const code = codeOf(error);
  const known = words[code] ?? ofNames(error) ?? ofTls(code) ?? (isOfHttp(error) ? 'the answer is not HTTP' : null);
  if (!known) return error.message;
  return code ? `${known} (${code})` : known;
}

/** Whether the answer is not HTTP. undici's parser has many codes for that, and none for a bad first line. */
function isOfHttp(error: Error): boolean {
  return error.name === 'HTTPParserError';
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

function ofTls(code: string): string | undefined {
  const [, reason = ''] = /^ERR_SSL_(.+)$/.exec(code) ?? [];
  // The name of an alert begins with the TLS version that introduced it; the prefix depends on the version of OpenSSL.
  const [, alert = ''] = /^(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?(.+)$/.exec(reason) ?? [];
  return handshakes[reason] ?? alerts[alert] ?? (reason && `TLS failed: ${reason.toLowerCase().replaceAll('_', ' ')}`);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
