/** What kept a receiver from speaking, in words that an operator understands. */
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
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate was issued by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate was issued by an authority that is not trusted',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
};

/** An error of the connection in words; its code stands behind them. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors[0]) return describe(error.errors[0]);
  const code = codeOf(error);
  const known = words[code];
  return known ? `${known} (${code})` : error.message;
}

/** Whether TLS failed, which it may say only after its handshake: a receiver of TLS 1.3 looks at our certificate then. */
export function isOfTls(error: unknown): boolean {
  return error instanceof Error && codeOf(error).startsWith('ERR_SSL_');
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
