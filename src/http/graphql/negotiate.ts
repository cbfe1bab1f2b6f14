/** What the headers of a GraphQL request must say, by the specification "GraphQL over HTTP", section 4. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { HttpError } from '../error.js';

const EVENT_STREAM = 'text/event-stream';

/** The formats of an answer. A subscription is answered only as an event stream. */
const ANSWERS = ['application/json', 'application/graphql-response+json', EVENT_STREAM];

/** Why the server cannot answer a request, by its method and headers; null if it can. Nothing is executed before. */
export function reasonAgainstHeaders({ method, headers }: IncomingMessage): HttpError | null {
  if (method !== 'GET' && method !== 'POST') {
    const message = 'GraphQL accepts only GET and POST.';
    return { status: 405, code: 'METHOD_NOT_ALLOWED', message, headers: { allow: 'GET, POST' } };
  }
  if (!accepts(headers.accept, ANSWERS)) {
    const message = `The header Accept allows no format of this server; send one of ${ANSWERS.join(', ')}.`;
    return { status: 406, code: 'NOT_ACCEPTABLE', message };
  }
  return method === 'POST' ? reasonAgainstBodyHeaders(headers) : null;
}

function reasonAgainstBodyHeaders(headers: IncomingHttpHeaders): HttpError | null {
  if (headers['content-length'] === undefined) {
    return { status: 411, code: 'LENGTH_REQUIRED', message: 'Send the header Content-Length.' };
  }
  if (!isJson(headers['content-type'])) {
    const message = 'Send the operation as JSON in UTF-8, with the header Content-Type: application/json.';
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message };
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    const message = 'Send the body without compression, and without the header Content-Encoding.';
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message, headers: { 'accept-encoding': 'identity' } };
  }
  return null;
}

function isJson(contentType = ''): boolean {
  try {
    const { essence, params } = new MIMEType(contentType);
    return essence === 'application/json' && /^utf-?8$/i.test(params.get('charset') ?? 'utf-8');
  } catch {
    return false;
  }
}

/** Whether the header Accept allows one of the media types. Without the header, everything is allowed. */
function accepts(accept: string | null | undefined, mediaTypes: readonly string[]): boolean {
  const allowed = (accept || '*/*').split(',').map((entry) => entry.replace(/;.*$/, '').trim().toLowerCase());
  return mediaTypes.some((type) => [type, type.replace(/\/.*/, '/*'), '*/*'].some((one) => allowed.includes(one)));
}

/** Refuses a subscription that HTTP cannot answer before it starts: Yoga would start it, answer without a body, and never end it. */
export const refuseUnansweredSubscriptions: Plugin<{ request?: Request }> = {
  onSubscribe({ args }) {
    // A WebSocket has no `request` of Yoga.
    const { request } = args.contextValue;
    if (!request || accepts(request.headers.get('accept'), [EVENT_STREAM])) return;
    const message = `A subscription needs the header Accept: ${EVENT_STREAM}, or a WebSocket.`;
    throw new GraphQLError(message, { extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } } });
  },
};
