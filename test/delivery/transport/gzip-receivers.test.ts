import { server as hapiServer } from '@hapi/hapi';
import { expect, it, onTestFinished } from 'vitest';
import { aPortal, logIn, numbered, requestsIn, untilEvent } from '../../support/engine/portal.js';
import { linesOf } from '../../support/receiver/lines.js';
import { makeCertificate } from '../../support/receiver/receiver.js';
import { startApp } from '../../support/server/app.js';

/** A collector with another HTTP server: hapi decodes the requests with its own parser and its default limits. */
async function startHapi() {
  const { ca, ...tls } = await makeCertificate();
  const server = hapiServer({ host: '127.0.0.1', port: 0, tls });
  const payloads: unknown[] = [];
  server.route({
    method: 'POST',
    path: '/collector',
    handler: ({ payload, mime }, response) => {
      payloads.push(mime, payload);
      return response.response().code(202);
    },
  });
  await server.start();
  onTestFinished(() => server.stop());
  return { url: `${server.info.uri}/collector`, ca, payloads };
}

it('a gzip body over TLS is decoded by hapi to the same lines', async () => {
  const hapi = await startHapi();
  const server = await startApp();
  const { portalId } = await aPortal(server, hapi);
  await logIn(server, portalId, ...numbered(500));
  const { data } = await untilEvent(server, portalId, 'BatchDelivered');
  const [mime, payload] = hapi.payloads;
  expect([data.responseCode, mime]).toEqual([202, 'text/plain']);
  const lines = linesOf(String(payload));
  expect(requestsIn(lines)).toEqual(numbered(500));
  for (const line of lines) expect(line).toMatch(/^\S+ auditwire CEF:0\|Auditwire\|.* sig=[\w-]{86}$/);
});

it('the largest batch, with characters of several bytes, stays within the 1 MiB that hapi accepts by default', async () => {
  const hapi = await startHapi();
  const server = await startApp();
  const { portalId } = await aPortal(server, { ...hapi, logFormat: 'JSON' });
  // Lines of about 2,300 bytes: 500 of them would be more than 1 MiB.
  const requests = numbered(500).map((request) => request.padEnd(64, 'x') + '\u00e9"'.repeat(450));
  await logIn(server, portalId, ...requests);
  await untilEvent(server, portalId, 'BatchDelivered', 2);
  const [, first, , second] = hapi.payloads;
  const lines = [first, second].flatMap((payload) => linesOf(String(payload)));
  expect(lines.map((line) => JSON.parse(line).request)).toEqual(requests);
  expect(Buffer.byteLength(String(first))).toBeGreaterThan(1_000_000);
});
