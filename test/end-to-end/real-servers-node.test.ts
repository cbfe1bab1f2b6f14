import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGunzip } from 'node:zlib';
import { server as hapiServer } from '@hapi/hapi';
import express from 'express';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aPortal, logIn, numbered, requestsIn, untilLane } from '../support/engine/portal.js';
import { aPost, aTarget, startSender } from '../support/engine/sender.js';
import { linesOf } from '../support/receiver/lines.js';
import { startApp } from '../support/server/app.js';

const BODY_LIMIT = 2 * 1024 * 1024;
/** More than the system takes over before the receiver reads. */
const large = Buffer.alloc(32 * 1024 * 1024);

/** Called with each body, decoded. */
type OnBody = (text: string) => void;

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/collector`;
}

/** Receivers that decode gzip in the way that their documentation shows, with an answer in the style of each. */
const decoding: [name: string, start: (onBody: OnBody) => Promise<string>][] = [
  [
    'express',
    (onBody) => {
      const app = express();
      app.use(express.text({ type: 'text/plain', limit: BODY_LIMIT }));
      app.post('/collector', ({ body }, response) => {
        onBody(String(body));
        response.json({ text: 'Success', code: 0 });
      });
      return listen(app);
    },
  ],
  [
    'fastify',
    async (onBody) => {
      const app = fastify({ bodyLimit: BODY_LIMIT });
      app.addHook('preParsing', async (request, _, payload) => {
        // The parser compares the length of the text with this header.
        delete request.headers['content-length'];
        return payload.pipe(createGunzip());
      });
      app.post('/collector', async ({ body }) => {
        onBody(String(body));
        return { errors: false };
      });
      await app.listen({ host: '127.0.0.1', port: 0 });
      onTestFinished(() => app.close());
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/collector`;
    },
  ],
  [
    'hapi',
    async (onBody) => {
      const server = hapiServer({ host: '127.0.0.1', port: 0 });
      server.route({
        method: 'POST',
        path: '/collector',
        handler: ({ payload }, response) => {
          onBody(String(payload));
          return response.response().code(202);
        },
      });
      await server.start();
      onTestFinished(() => server.stop());
      return `${server.info.uri}/collector`;
    },
  ],
];

describe.each(decoding)('%s', (_, start) => {
  it('decodes every batch to its lines, over one connection and without a warning', async () => {
    const bodies: string[] = [];
    const url = await start((text) => void bodies.push(text));
    const server = await startApp();
    const { portalId } = await aPortal(server, { url });
    for (let sent = 0; sent < 3; sent += 1) {
      await logIn(server, portalId, ...numbered(20, 20 * sent + 1));
      const { health } = await untilLane(server, portalId, ({ totals }) => totals.delivered === 20 * (sent + 1));
      expect(health).toMatchObject({ failing: false, warning: null });
    }
    expect(requestsIn(bodies.flatMap(linesOf))).toEqual(numbered(60));
  });
});

describe('express', () => {
  const send = (url: string, body = aPost.body) => startSender().send(aTarget(url, null), { ...aPost, body });

  it('that writes 100 Continue unasked has the batch once', async () => {
    const seen: unknown[] = [];
    const app = express();
    app.post('/collector', (request, response) => {
      response.writeContinue();
      response.writeProcessing();
      seen.push(request.headers['x-auditwire-delivery']);
      request.resume().on('end', () => response.sendStatus(200));
    });
    expect(await send(await listen(app))).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
    expect(seen).toEqual([aPost.deliveryId]);
  });

  it('that answers 202 and then reads the body has taken the batch', async () => {
    let bytes = 0;
    const app = express();
    app.post('/collector', (request, response) => {
      response.sendStatus(202);
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
    expect(await send(await listen(app), large)).toMatchObject({ verdict: 'DELIVERED', responseCode: 202 });
    expect(bytes).toBeGreaterThan(large.length / 2);
  });

  it('that answers 202 and then ends the connection has not taken the batch', async () => {
    const app = express();
    app.post('/collector', (request, response) => {
      response.sendStatus(202);
      response.on('finish', () => request.socket.resetAndDestroy());
    });
    expect(await send(await listen(app), large)).toMatchObject({
      verdict: 'RETRYABLE',
      responseCode: null,
      message: expect.stringMatching(/^the receiver answered 202 before it had the whole batch|^connection reset/),
    });
  });
});
