import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Authenticate } from '../../api/authenticate.js';
import type { Viewer } from '../../api/context.js';
import type { Random } from '../../runtime/random.js';
import { createService, type Service } from '../../runtime/service.js';
import { type HttpError, refuseSocket } from '../error.js';
import { pathOf } from '../path.js';
import {
  type Caller,
  causeOf,
  GRAPHQL_PATH,
  type GraphQLServer,
  isPersisted,
  persistedQueryNotSupported,
  unreadable,
} from './server.js';

const MAX_MESSAGE_BYTES = 65_536;
const MAX_OPERATIONS_PER_SOCKET = 100;
/** How long a client may take to send its token. */
const INIT_TIMEOUT_MS = 5_000;

/** Close codes (RFC 6455, section 7.4): 4401 from the range of applications, as graphql-ws uses it. */
const CLOSE_UNAUTHORIZED = 4401;
const CLOSE_GOING_AWAY = 1001;

const NO_SUCH_ADDRESS: HttpError = {
  status: 404,
  code: 'NOT_FOUND',
  message: `This address does not exist; GraphQL over WebSocket is at ${GRAPHQL_PATH}.`,
};
const OTHER_SITE: HttpError = {
  status: 403,
  code: 'FORBIDDEN',
  message:
    'A page of another site may not open a WebSocket: the headers Origin and Host differ. Connect from a program, which sends no Origin; a proxy in front of this server must pass Host unchanged.',
};
const NO_WEBSOCKET: HttpError = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'This is not a valid request for a WebSocket of version 13; send other calls without the header Upgrade.',
};

interface State extends Record<PropertyKey, unknown> {
  viewer: Viewer;
}

export interface WebSockets extends Service {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** GraphQL over WebSocket (graphql-transport-ws); the token comes in the connection parameters. */
export function createWebSockets(yoga: GraphQLServer, authenticate: Authenticate, random: Random): WebSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  server.on('wsClientError', (_, socket) => refuseSocket(socket, NO_WEBSOCKET));
  // The caller of each socket that has sent a valid token.
  const viewers = new WeakMap<object, Viewer>();

  const served = useServer<Record<string, unknown>, State>(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      jsonMessageReviver: withQuery,
      onConnect({ connectionParams, extra }) {
        const caller = authenticate(tokenIn(connectionParams));
        if ('viewer' in caller) viewers.set(extra.socket, caller.viewer);
        else extra.socket.close(CLOSE_UNAUTHORIZED, caller.unauthenticated.message);
        return 'viewer' in caller;
      },
      // The arguments contain Yoga's functions, which include its plugins.
      execute: (args) => yogaArgs(args).execute(args),
      subscribe: (args) => yogaArgs(args).subscribe(args),
      onNext: (_context, _id, _payload, _args, { errors, ...result }) => ({
        ...result,
        ...(errors && { errors: errors.map(withoutHttp) }),
      }),
      onError: (_context, _id, _payload, errors) => errors.map(withoutHttp),
      async onSubscribe({ extra, subscriptions }, _id, payload) {
        const viewer = viewers.get(extra.socket);
        if (!viewer) throw new Error('An operation arrived before the token');
        // The new operation is counted already.
        if (Object.keys(subscriptions).length > MAX_OPERATIONS_PER_SOCKET) {
          const message = `A WebSocket may have at most ${MAX_OPERATIONS_PER_SOCKET} open operations; open another WebSocket.`;
          return [new GraphQLError(message, { extensions: { code: 'TOO_MANY_OPERATIONS' } })];
        }
        if (payload.query === NO_QUERY) return [persistedQueryNotSupported()];
        return prepare(yoga, { viewer, cause: causeOf(viewer, undefined, random) }, extra, payload);
      },
    },
    server,
  );

  return {
    upgrade(request, socket, head) {
      // Without a listener, a client that resets its connection would stop the process.
      socket.on('error', () => socket.destroy());
      if (pathOf(request) !== GRAPHQL_PATH) return refuseSocket(socket, NO_SUCH_ADDRESS);
      if (!isSameOrigin(request)) return refuseSocket(socket, OTHER_SITE);
      server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
    },
    ...createService('websockets', {
      async stop() {
        for (const client of server.clients) client.close(CLOSE_GOING_AWAY, 'The server is stopping');
        const termination = setTimeout(() => {
          for (const client of server.clients) client.terminate();
        }, 500);
        await served.dispose();
        clearTimeout(termination);
      },
    }),
  };
}

/** In place of the text that a client with persisted queries leaves out: graphql-ws closes the socket without a text. */
const NO_QUERY = '# no query';

function withQuery(key: string, value: unknown): unknown {
  const isWithout = key === 'payload' && typeof value === 'object' && value !== null && isPersisted(value);
  return isWithout ? { ...value, query: NO_QUERY } : value;
}

interface YogaArgs extends ExecutionArgs {
  rootValue: Pick<ReturnType<GraphQLServer['getEnveloped']>, 'execute' | 'subscribe'>;
}

const yogaArgs = (args: ExecutionArgs) => (args as YogaArgs).rootValue;

/** Parses and validates the operation once. Errors are returned for this operation; the socket stays open. */
async function prepare(
  yoga: GraphQLServer,
  caller: Caller,
  { request, socket }: Extra,
  payload: { query: string; operationName?: string | null; variables?: Record<string, unknown> | null },
): Promise<YogaArgs | GraphQLError[]> {
  const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
    ...caller,
    req: request,
    socket,
    params: payload,
  });
  try {
    const document = parse(payload.query);
    const errors = validate(schema, document);
    if (errors.length) return [...errors];
    return {
      schema,
      operationName: payload.operationName,
      document,
      variableValues: payload.variables,
      contextValue: await contextFactory(),
      rootValue: { execute, subscribe },
    };
  } catch (error) {
    return [error instanceof GraphQLError ? error : unreadable()];
  }
}

/** The error to send, without the status that Yoga would answer over HTTP. */
function withoutHttp(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}

function tokenIn(params: Record<string, unknown> | undefined): unknown {
  return params?.['Authorization'] ?? params?.['authorization'];
}

/** Whether the request comes from a page of this server, or from a program (which sends no Origin), not from another site. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
