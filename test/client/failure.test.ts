import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../src/client/client.js';
import { ViewerDocument } from '../../src/client/generated/graphql.js';
import { issueCertificate } from '../support/receiver/certificates.js';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const plain = (listener: RequestListener) => listening(createHttpServer(listener));

async function failureAt(url: string): Promise<string> {
  const client = createClient(url, 'aw_token');
  return client.call(ViewerDocument, {}).then(
    () => 'no failure',
    (error: unknown) => String(error),
  );
}

describe('a call that gets no answer of Auditwire names the cause and a remedy:', () => {
  it('nothing listens', async () => {
    const server = createHttpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await failureAt(`http://127.0.0.1:${port}/graphql`)).toContain('connection refused: start the server');
  });

  it('an unknown host', async () => {
    expect(await failureAt('http://no-such-host.invalid/graphql')).toContain('the host name is not known');
  });

  it('plain HTTP where TLS is expected, and the other way round', async () => {
    const port = await plain((_, response) => response.end());
    expect(await failureAt(`https://127.0.0.1:${port}/graphql`)).toContain('begin the URL with http:');
    const { cert, key } = issueCertificate();
    const securePort = await listening(createHttpsServer({ cert, key }));
    expect(await failureAt(`http://127.0.0.1:${securePort}/graphql`)).toContain('begin the URL with https:');
    expect(await failureAt(`https://127.0.0.1:${securePort}/graphql`)).toMatch(
      /is not trusted: .* NODE_EXTRA_CA_CERTS/,
    );
  });

  it.each(['<html>', '"text"', '[]', 'null', '{"status":"ok"}'])(
    'an answer that is not one of GraphQL: %s',
    async (body) => {
      const port = await plain((_, response) => response.end(body));
      expect(await failureAt(`http://127.0.0.1:${port}/graphql`)).toContain('is not the GraphQL address of Auditwire');
    },
  );

  it('a redirection, which gets no token', async () => {
    const port = await plain((_, response) => response.writeHead(301, { location: 'https://siem.example/' }).end());
    expect(await failureAt(`http://127.0.0.1:${port}/graphql`)).toContain('redirects to https://siem.example/;');
  });
});
