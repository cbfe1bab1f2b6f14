/** Why a server did not answer, in words with a remedy. */

/** TLS errors of OpenSSL that mean that the other side does not speak TLS. */
const notTls = ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'];

/** The other side closed the connection, or its answer is not HTTP: a server with TLS does this when it gets plain HTTP. */
const notHttp = ['UND_ERR_SOCKET', 'ECONNRESET', 'HPE_INVALID_CONSTANT', 'HPE_INVALID_VERSION'];

/** The codes of Node for a certificate that it does not trust; each message names the reason. */
const NOT_TRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

/**
 * @param url the address that was called
 * @param error what `fetch` or a WebSocket failed with
 */
export function wordsOfFailure(url: string, error: unknown): string {
  const cause = deepest(error);
  const code = codeOf(cause);
  const isTls = /^(https|wss):/i.test(url);
  if (code === 'ECONNREFUSED') return 'connection refused: start the server, or correct the URL';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is not known: correct the URL';
  if (code === 'ETIMEDOUT' || code.endsWith('_TIMEOUT')) {
    return 'no answer in time: check that the server runs and that no firewall is between';
  }
  if (isTls && notTls.includes(code)) return 'it does not speak TLS: begin the URL with http:';
  if (isTls && NOT_TRUSTED.test(code)) {
    return `its certificate is not trusted: ${cause.message}; to trust another authority, set NODE_EXTRA_CA_CERTS to its file`;
  }
  if (!isTls && notHttp.includes(code)) {
    return 'it closed the connection without an HTTP answer: if it speaks TLS, begin the URL with https:';
  }
  return cause.message.trim() || code || 'the connection failed';
}

/** `fetch` fails with an error about nothing, whose cause says what happened; several addresses of a name give several errors. */
function deepest(error: unknown): Error {
  if (!(error instanceof Error)) {
    const inside = typeof error === 'object' && error !== null && 'error' in error ? error.error : null;
    return inside instanceof Error ? deepest(inside) : new Error(messageIn(error));
  }
  if (error instanceof AggregateError && error.errors.length) return deepest(error.errors[0]);
  return error.cause === undefined ? error : deepest(error.cause);
}

/** What a WebSocket fails with is an event with a message, or with the code and the reason of its end. */
function messageIn(event: unknown): string {
  if (typeof event !== 'object' || event === null) return String(event);
  if ('message' in event && typeof event.message === 'string') return event.message;
  return reasonOfEnd(event) || (isEnd(event) ? `closed with code ${event.code}` : '');
}

/** The end of a WebSocket, with a close code (RFC 6455, section 7.4). */
export function isEnd(event: unknown): event is { code: number; reason: string } {
  return typeof event === 'object' && event !== null && 'code' in event && 'reason' in event;
}

export const reasonOfEnd = (event: unknown): string => (isEnd(event) ? event.reason : '');

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
