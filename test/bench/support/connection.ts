import { connect } from 'node:net';

/** The URL of GraphQL, and the token. */
export interface Endpoint {
  url: string;
  token: string;
}

/** A keep-alive connection with one call at a time. */
export interface Connection {
  /** Resolves to the body of the answer. Rejects if the answer is not 200 or the connection breaks. */
  call(request: Buffer): Promise<Buffer>;
  close(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** The bytes of a call, made before the measurement starts. */
export function requestOf({ url, token }: Endpoint, query: string, variables: object = {}): Buffer {
  const body = JSON.stringify({ query, variables });
  const { host, pathname } = new URL(url);
  return Buffer.from(
    `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** A minimal client, because it shares the cores with the server. It supports only responses with a Content-Length. */
function openConnection({ url }: Endpoint): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let waiting: { resolve: (body: Buffer) => void; reject: (error: Error) => void } | undefined;
  let received: Buffer = Buffer.alloc(0);

  const settle = (outcome: Buffer | Error) => {
    const call = waiting;
    waiting = undefined;
    received = Buffer.alloc(0);
    if (outcome instanceof Error) call?.reject(outcome);
    else call?.resolve(outcome);
  };
  socket.on('data', (chunk) => {
    received = received.length ? Buffer.concat([received, chunk]) : chunk;
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = received.toString('latin1', 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const body = received.subarray(headEnd + HEAD_END.length);
    if (body.length < length) return;
    settle(head.startsWith('HTTP/1.1 200') && body.length === length ? body : new Error(`${head}\n\n${String(body)}`));
  });
  socket.on('close', () => settle(new Error('The server closed the connection')));

  return new Promise((resolve, reject) => {
    socket.on('error', (error) => {
      reject(error);
      settle(error);
    });
    socket.once('connect', () =>
      resolve({
        call: (request) =>
          new Promise((answered, failed) => {
            waiting = { resolve: answered, reject: failed };
            if (socket.destroyed) settle(new Error('The connection is closed'));
            else socket.write(request);
          }),
        close: () => socket.destroy(),
      }),
    );
  });
}

/** Opens connections, at least one, and closes them after `work`. */
export async function withConnections<T>(
  endpoint: Endpoint,
  count: number,
  work: (connections: readonly [Connection, ...Connection[]]) => Promise<T>,
): Promise<T> {
  const first = await openConnection(endpoint);
  const others = await Promise.all(Array.from({ length: count - 1 }, () => openConnection(endpoint)));
  const connections: [Connection, ...Connection[]] = [first, ...others];
  try {
    return await work(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}
