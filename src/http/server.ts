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

/** A `recordLogins` of 1,000 logins, each as long as it may be, and some. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Large bodies of all calls under way together: what bounds the memory that they take. Small ones are never kept waiting. */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
const SMALL_BODY_BYTES = 64 * 1024;

export const JWKS_PATH = '/audit-log-webhook/jwks.json';
export const HEALTH_PATH = '/health';

/** Listens from its start. A stop takes nothing new, ends subscriptions, and waits until calls in flight are answered. */
export interface HttpServer extends Service {
  /** 0 before it listens. */
  port(): number;
}

/** @param address to listen on; port 0 is any free port. `start` rejects if it cannot be listened on */
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
      return sendError(response, 400, 'BAD_REQUEST', 'The Host header is no host.');
    }
    if (path === GRAPHQL_PATH) return graphql(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendError(response, 405, 'METHOD_NOT_ALLOWED', `Only ${GRAPHQL_PATH} takes anything but GET.`);
    }
    switch (path) {
      case JWKS_PATH:
        return sendJson(response, 200, jwkSet(services.models.issuer.signingKeys()));
      case HEALTH_PATH: {
        // Asked by trying: where nobody else writes, nothing else would tell that there is room again.
        if (!services.commands.writable()) await services.commands.probe().catch(() => {});
        const writable = services.commands.writable();
        return sendJson(response, writable ? 200 : 503, { status: writable ? 'ok' : 'the log cannot be written' });
      }
      case '/':
        response.writeHead(302, { location: GRAPHQL_PATH }).end();
        return;
      default:
        sendError(response, 404, 'NOT_FOUND', `There is nothing at this address; GraphQL is at ${GRAPHQL_PATH}.`);
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
      return sendError(response, 411, 'LENGTH_REQUIRED', 'Send a Content-Length.');
    }
    const bytes = Number(headers['content-length'] ?? 0);
    if (bytes > MAX_BODY_BYTES) {
      return sendError(
        response,
        413,
        'BODY_TOO_LARGE',
        `A body may have ${MAX_BODY_BYTES} bytes at most; split the call.`,
      );
    }
    if (bytes > SMALL_BODY_BYTES && bytesInFlight + bytes > MAX_BYTES_IN_FLIGHT) {
      response.setHeader('retry-after', '1');
      return sendError(response, 503, 'UNAVAILABLE', 'Too many large calls are under way; try again in a second.');
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
      // Cut off, not completed: a client must see that it has to come back.
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

/** An error outside of GraphQL, in the shape of one. What was not read of the body is not waited for. */
function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  response.setHeader('connection', 'close');
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });
}
