import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createAuthenticate, UNAUTHENTICATED } from '../api/authenticate.js';
import type { Services } from '../api/context.js';
import { createService, type Service } from '../runtime/service.js';
import { jwkSet } from '../vault/signing-keys.js';
import { limitRequestTime, NEVER_CHECK } from './deadlines.js';
import { serveGraphiQL } from './graphql/graphiql.js';
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

  const server = createServer(NEVER_CHECK, (request, response) => {
    if (closing) response.setHeader('connection', 'close');
    if (request.headers.accept?.includes('text/event-stream')) {
      eventStreams.add(response);
      response.once('close', () => eventStreams.delete(response));
    }
    route(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'a request failed');
      if (response.headersSent) response.destroy();
      else sendError(response, 500, 'INTERNAL', 'Unexpected error.');
    });
  });
  limitRequestTime(server);
  server.on('upgrade', (request, socket, head) => webSockets.upgrade(request, socket, head));

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    if (!URL.canParse(`http://${request.headers.host ?? 'localhost'}`)) {
      return sendError(response, 400, 'BAD_REQUEST', 'The Host header is not valid.');
    }
    if (path === GRAPHQL_PATH) return graphql(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendError(
        response,
        405,
        'METHOD_NOT_ALLOWED',
        `This address accepts only GET and HEAD; GraphQL is at ${GRAPHQL_PATH}.`,
      );
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
        sendError(response, 404, 'NOT_FOUND', `This address does not exist; GraphQL is at ${GRAPHQL_PATH}.`);
    }
  }

  async function graphql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method } = request;
    if (method === 'GET' && headers.accept?.includes('text/html')) {
      return serveGraphiQL(headers['accept-encoding'], response);
    }
    const viewer = authenticate(headers.authorization);
    if (!viewer) {
      response.setHeader('www-authenticate', 'Bearer');
      return sendError(response, 401, 'UNAUTHENTICATED', UNAUTHENTICATED);
    }
    if (method === 'POST' && headers['content-length'] === undefined) {
      return sendError(response, 411, 'LENGTH_REQUIRED', 'Send the header Content-Length.');
    }
    const bytes = Number(headers['content-length'] ?? 0);
    if (bytes > MAX_BODY_BYTES) {
      return sendError(
        response,
        413,
        'BODY_TOO_LARGE',
        `A body may have at most ${MAX_BODY_BYTES} bytes; split the call.`,
      );
    }
    if (bytes > SMALL_BODY_BYTES && bytesInFlight + bytes > MAX_BYTES_IN_FLIGHT) {
      response.setHeader('retry-after', '1');
      return sendError(
        response,
        503,
        'UNAVAILABLE',
        'Too many large calls are open; send this call again in a second.',
      );
    }
    if (bytes > SMALL_BODY_BYTES) {
      bytesInFlight += bytes;
      response.once('close', () => {
        bytesInFlight -= bytes;
      });
    }
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

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

/** Sends an error in the format of a GraphQL error, and closes the connection without reading the rest of the body. */
function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  response.setHeader('connection', 'close');
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });
}
