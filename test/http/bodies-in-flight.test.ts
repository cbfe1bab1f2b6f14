import { expect, it } from 'vitest';
import { rawConnection } from '../support/graphql/raw.js';
import { startApp } from '../support/server/app.js';

const MIB = 1024 * 1024;
/** The size of the smallest body that counts, in bytes. */
const COUNTED = 65_537;

it('a body is refused with 503 and Retry-After if all open bodies would exceed 64 MiB, and accepted when others have ended', async () => {
  const test = await startApp();
  const body = (bytes: number) => JSON.stringify({ query: '{ viewer { tokenName } }' }).padEnd(bytes);
  /** Starts a call and sends only its headers. The server answers 100 Continue when it accepts the body. */
  const begin = async (bytes: number) => {
    const connection = rawConnection(test.origin);
    const lines = [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Expect: 100-continue',
      'Content-Type: application/json',
    ];
    connection.write(
      `${[...lines, `Authorization: Bearer ${test.token}`, `Content-Length: ${bytes}`].join('\r\n')}\r\n\r\n`,
    );
    await connection.received(/ 100 Continue\r\n\r\n/);
    return connection;
  };
  const call = (bytes = COUNTED) =>
    fetch(test.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${test.token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: body(bytes),
    });
  /** Repeats the call, because the server notices the end of a connection a little later than its client. */
  const untilAccepted = async () => {
    let status = 503;
    while (status === 503) ({ status } = await call());
    expect(status).toBe(200);
  };

  const small = await begin(COUNTED);
  const [first, second] = [
    await begin(16 * MIB),
    await begin(16 * MIB),
    await begin(16 * MIB),
    await begin(16 * MIB - COUNTED),
  ];
  const refused = await call();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });

  // A small body is never refused.
  expect((await call(COUNTED - 1)).status).toBe(200);

  // The open calls are answered, and then no longer count. The same holds for a connection that is cut off.
  small.write(body(COUNTED));
  await small.received(/"tokenName":"admin"/);
  await untilAccepted();
  const again = await begin(COUNTED);
  expect((await call()).status).toBe(503);
  first?.socket.destroy();
  await first?.closed;
  await untilAccepted();
  second?.write(body(16 * MIB));
  await second?.received(/"tokenName":"admin"/);
  again.socket.destroy();
});
