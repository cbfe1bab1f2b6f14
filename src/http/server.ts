import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createAuthenticate, type Unauthenticated } from '../api/authenticate.js';
import type { Services } from '../api/context.js';
import { createService, type Service } from '../runtime/service.js';
import { jwkSet } from '../vault/signing-keys.js';
import { limitRequestTime, NEVER_CHECK } from './deadlines.js';
import { type HttpError, refuseSocket, sendError, sendJson } from './error.js';
import { serveGraphiQL } from './graphql/graphiql/page.js';
import { reasonAgainstHeaders } from './graphql/negotiate.js';
import { causeOf, createGraphQLServer, GRAPHQL_PATH } from './graphql/server.js';
import { createWebSockets } from './graphql/websocket.js';
import { pathOf } from './path.js';

/** Enough for a `recordLogins` of 1,000 logins of maximum length. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The limit for the large bodies of all open calls together, which limits their memory. Small bodies are never refused for it. */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
const SMALL_BODY_BYTES = 64 * 1024;

export const JWKS_PATH = '/audit-log-webhook/jwks.json';
export const HEALTH_PATH = '/health';

/** Listens from `start`. `stop` accepts no new calls, ends subscriptions, and waits until the open calls are answered. */
export interface HttpServer extends Service {
  /** The port that it listens on; 0 before that. */
  port(): number;
}

/** @param address to listen on; port 0: any free port. `start` rejects if the server cannot listen there */
export function createHttpServer(
  services: Services,
  address: { host: string; port: number },
  logger: Logger,
): HttpServer {
  const { random } = services;
  const authenticate = createAuthenticate(services.models.tokens);
  const yoga = createGraphQLServer(services, logger);
  const webSockets = createWebSockets(yoga, authenticate, random);

  const eventStreams = new Set<ServerResponse>();

  let bytesInFlight = 0;
  let closing = false;

  // `route` refuses a request without Host: Node's own answer has no body.
  const server = createServer({ ...NEVER_CHECK, requireHostHeader: false }, (request, response) => {
    if (closing) response.setHeader('connection', 'close');
    if (request.headers.accept?.includes('text/event-stream')) {
      eventStreams.add(response);
      response.once('close', () => eventStreams.delete(response));
    }
    route(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'a request failed');
      if (response.headersSent) response.destroy();
      else sendError(response, { status: 500, code: 'INTERNAL', message: 'Unexpected error.' });
    });
  });
  limitRequestTime(server);
  server.on('upgrade', (request, socket, head) => webSockets.upgrade(request, socket, head));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable && error.code !== 'ECONNRESET') refuseSocket(socket, unreadableRequest(error));
    else socket.destroy();
  });
  server.on('checkExpectation', (_, response) => {
    sendError(response, {
      status: 417,
      code: 'EXPECTATION_FAILED',
      message: 'Send the call without the header Expect.',
    });
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    const { host } = request.headers;
    if (!host || !URL.canParse(`http://${host}`)) {
      const message = 'The header Host is missing or not valid; send the name of this server in it.';
      return sendError(response, { status: 400, code: 'BAD_REQUEST', message });
    }
    if (path === GRAPHQL_PATH) return graphql(request, response);
    if (path !== JWKS_PATH && path !== HEALTH_PATH && path !== '/') {
      const message = `This address does not exist; GraphQL is at ${GRAPHQL_PATH}.`;
      return sendError(response, { status: 404, code: 'NOT_FOUND', message });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const message = `This address accepts only GET and HEAD; GraphQL is at ${GRAPHQL_PATH}.`;
      return sendError(response, { status: 405, code: 'METHOD_NOT_ALLOWED', message, headers: { allow: 'GET, HEAD' } });
    }
    switch (path) {
      case JWKS_PATH:
        return sendJson(response, 200, jwkSet(services.models.issuer.signingKeys()));
      case HEALTH_PATH: {
        // Without other writes, only this attempt to write finds out that the disk has space again.
        if (!services.commands.writable()) await services.commands.probe().catch(() => {});
        const writable = services.commands.writable();
        return sendJson(response, writable ? 200 : 503, { status: writable ? 'ok' : 'the log cannot be written' });
      }
      case '/':
        response.writeHead(302, { location: GRAPHQL_PATH }).end();
        return;
      default:
        return path satisfies never;
    }
  }

  async function graphql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method } = request;
    if (method === 'GET' && headers.accept?.includes('text/html')) {
      return serveGraphiQL(headers['accept-encoding'], response);
    }
    const caller = authenticate(headers.authorization);
    if ('unauthenticated' in caller) return sendError(response, unauthorized(caller.unauthenticated));
    const error = reasonAgainstHeaders(request);
    if (error) return sendError(response, error);
    const bytes = Number(headers['content-length'] ?? 0);
    if (bytes > MAX_BODY_BYTES) {
      const message = `A body may have at most ${MAX_BODY_BYTES} bytes; split the call.`;
      return sendError(response, { status: 413, code: 'BODY_TOO_LARGE', message });
    }
    if (bytes > SMALL_BODY_BYTES && bytesInFlight + bytes > MAX_BYTES_IN_FLIGHT) {
      const message = 'Too many large calls are open; send this call again in a second.';
      return sendError(response, { status: 503, code: 'UNAVAILABLE', message, headers: { 'retry-after': '1' } });
    }
    if (bytes > SMALL_BODY_BYTES) {
      bytesInFlight += bytes;
      response.once('close', () => {
        bytesInFlight -= bytes;
      });
    }
    // Yoga compares the type letter by letter.
    if (method === 'POST') headers['content-type'] = 'application/json';
    const { viewer } = caller;
    await yoga.handle(request, response, { viewer, cause: causeOf(viewer, headers['traceparent'], random) });
  }

  const service = createService('http', {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    async stop() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await webSockets.stop();
      // Closed without the end of the stream, so that a client sees that it must reconnect.
      for (const response of eventStreams) if (response.headersSent) response.destroy();
      server.closeIdleConnections();
      await closed;
    },
  });
  return { ...service, port: () => (server.address() as AddressInfo | null)?.port ?? 0 };
}

/** The challenges of RFC 6750, section 3. */
const challenges: Record<Unauthenticated['reason'], string> = {
  MISSING: 'Bearer',
  MALFORMED: 'Bearer error="invalid_request"',
  UNKNOWN: 'Bearer error="invalid_token"',
};

function unauthorized({ reason, message }: Unauthenticated): HttpError {
  return { status: 401, code: 'UNAUTHENTICATED', message, headers: { 'www-authenticate': challenges[reason] } };
}

/** The answer to a request that Node's parser refuses. */
function unreadableRequest({ code }: NodeJS.ErrnoException): HttpError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: 431,
      code: 'HEADERS_TOO_LARGE',
      message: 'The headers are too large; send fewer or shorter ones.',
    };
  }
  return {
    status: 400,
    code: 'BAD_REQUEST',
    message: 'The request cannot be read. This server speaks HTTP/1.1 without TLS.',
  };
}
