/** The errors of HTTP. All have one format, that of an error of GraphQL, whatever the address and the cause. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface HttpError {
  status: number;
  code: string;
  /** What is wrong, and what to do about it. */
  message: string;
  headers?: Record<string, string>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

const bodyOf = ({ code, message }: HttpError): string =>
  JSON.stringify({ errors: [{ message, extensions: { code } }] });

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': JSON_TYPE }).end(JSON.stringify(body));
}

/** Sends an error, and closes the connection without reading the rest of the body. */
export function sendError(response: ServerResponse, error: HttpError): void {
  const headers = { ...error.headers, connection: 'close', 'content-type': JSON_TYPE };
  response.writeHead(error.status, headers).end(bodyOf(error));
}

/** Sends an error where Node gives no response: for a request that it cannot read, or that asks for another protocol. */
export function refuseSocket(socket: Duplex, error: HttpError): void {
  const body = bodyOf(error);
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'Connection: close',
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
