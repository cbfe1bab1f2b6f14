import { expect, it } from 'vitest';
import { rawConnection } from '../support/graphql/raw.js';
import { startApp } from '../support/server/app.js';

const MIB = 1024 * 1024;
/** As small as a body that counts. */
const COUNTED = 65_537;

it('more than 64 MiB of bodies under way are refused with 503 and Retry-After, and room is given back', async () => {
  const test = await startApp();
  const body = (bytes: number) => JSON.stringify({ query: '{ viewer { tokenName } }' }).padEnd(bytes);
  /** A call of which only the start of the body has come; the server asks for the rest once it takes it. */
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
  const ask = (bytes = COUNTED) =>
    fetch(test.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${test.token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: body(bytes),
    });
  /** The server learns a little later than its client that a connection has ended. */
  const untilTaken = async () => {
    let status = 503;
    while (status === 503) ({ status } = await ask());
    expect(status).toBe(200);
  };

  const small = await begin(COUNTED);
  const [first, second] = [
    await begin(16 * MIB),
    await begin(16 * MIB),
    await begin(16 * MIB),
    await begin(16 * MIB - COUNTED),
  ];
  const refused = await ask();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });

  // A small one is never kept waiting.
  expect((await ask(COUNTED - 1)).status).toBe(200);

  // Those that had begun are taken to their end, and give their room back; so does one that is cut off.
  small.write(body(COUNTED));
  await small.received(/"tokenName":"admin"/);
  await untilTaken();
  const again = await begin(COUNTED);
  expect((await ask()).status).toBe(503);
  first?.socket.destroy();
  await first?.closed;
  await untilTaken();
  second?.write(body(16 * MIB));
  await second?.received(/"tokenName":"admin"/);
  again.socket.destroy();
});
