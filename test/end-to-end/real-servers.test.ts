import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aPortal, logIn, numbered, requestsIn, untilLane } from '../support/engine/portal.js';
import { aPost, aTarget, startSender } from '../support/engine/sender.js';
import { linesOf } from '../support/receiver/lines.js';
import {
  LACKS_APACHE,
  LACKS_HAPROXY,
  LACKS_NGINX,
  startApache,
  startHaproxy,
  startNginx,
  startRelay,
} from '../support/receiver/real-servers.js';
import { startApp } from '../support/server/app.js';

/** More than the system takes over before the receiver reads. */
const large = Buffer.alloc(32 * 1024 * 1024);

const send = (url: string, body = aPost.body, sender = startSender()) =>
  sender.send(aTarget(url, null), { ...aPost, body });

describe.skipIf(LACKS_NGINX)('nginx', () => {
  it('that answers 413 while the body is written gets smaller batches, and every login once', async () => {
    const directives = 'client_max_body_size 1k; location / { return 200; }';
    const nginx = await startNginx(directives);
    expect(await send(nginx.url, large)).toMatchObject({ verdict: 'TOO_LARGE', responseCode: 413 });
    const server = await startApp();
    const { portalId } = await aPortal(server, nginx);
    await logIn(server, portalId, ...numbered(50));
    const { totals } = await untilLane(server, portalId, (lane) => lane.totals.delivered === 50);
    expect(totals.undelivered).toBe(0);
  });

  it('that closes idle connections gets a new one, and no attempt fails', async () => {
    const nginx = await startNginx('keepalive_timeout 1s; location / { return 200; }');
    const relay = await startRelay(nginx.port);
    const sender = startSender();
    for (let sent = 0; sent < 2; sent += 1) {
      expect(await send(relay.url, aPost.body, sender)).toMatchObject({ verdict: 'DELIVERED' });
      expect(await send(relay.url, aPost.body, sender)).toMatchObject({ verdict: 'DELIVERED' });
      await relay.closed();
    }
    expect(relay.connections).toBe(2);
  });

  it('that redirects to https shows where to', async () => {
    const nginx = await startNginx('location / { return 301 https://siem.example.com$request_uri; }');
    expect(await send(`${nginx.url}?key=abc`)).toMatchObject({
      verdict: 'FINAL',
      message: expect.stringMatching(/^redirects to https:\/\/siem\.example\.com\/collector\?…; /),
    });
  });
});

describe.skipIf(LACKS_APACHE)('Apache', () => {
  it('with a CGI that appends bodies to a file has one line for each login', async () => {
    const append =
      'cat >> "$(dirname "$0")/../lines"\nprintf "Status: 200\\r\\nContent-Type: text/plain\\r\\n\\r\\nOK"';
    const apache = await startApache(append, 'SetInputFilter DEFLATE');
    const server = await startApp();
    const { portalId } = await aPortal(server, apache);
    for (let sent = 0; sent < 3; sent += 1) {
      await logIn(server, portalId, ...numbered(20, 20 * sent + 1));
      await untilLane(server, portalId, (lane) => lane.totals.delivered === 20 * (sent + 1));
    }
    const file = join(apache.directory, 'lines');
    expect(existsSync(file)).toBe(true);
    expect(requestsIn(linesOf(readFileSync(file, 'utf8')))).toEqual(numbered(60));
  });

  it('with mod_deflate shows its compressed error page', async () => {
    const fail = 'printf "Status: 400\\r\\nContent-Type: text/html\\r\\n\\r\\n<p>no such index</p>"';
    const apache = await startApache(fail, 'SetOutputFilter DEFLATE\nSetEnvIf Request_URI . force-gzip');
    expect(await send(apache.url)).toMatchObject({
      verdict: 'REJECTED',
      responseCode: 400,
      responseExcerpt: '<p>no such index</p>',
    });
  });

  it('with a CGI that answers an HTML page with 200 has a warning', async () => {
    const login = 'printf "Content-Type: text/html\\r\\n\\r\\n<!DOCTYPE html><title>Sign in</title>"';
    const apache = await startApache(login);
    expect(await send(apache.url)).toMatchObject({
      verdict: 'DELIVERED',
      warning: expect.stringMatching(/HTML page/),
    });
  });
});

describe.skipIf(LACKS_HAPROXY)('HAProxy', () => {
  it.each([
    ['closes idle connections', 'timeout http-keep-alive 500ms'],
    ['waits 500 ms for each request', 'timeout http-request 500ms'],
  ])('that %s gets a new one, and no attempt fails', async (_, directive) => {
    const haproxy = await startHaproxy(`${directive}\n  http-request return status 200`);
    const relay = await startRelay(haproxy.port);
    const sender = startSender();
    for (let sent = 0; sent < 3; sent += 1) {
      expect(await send(relay.url, aPost.body, sender)).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
      await relay.closed();
    }
    expect(relay.connections).toBe(3);
  });

  it('that answers 503 with Retry-After and closes before it read the largest body pauses the destination', async () => {
    const haproxy = await startHaproxy(
      'http-request return status 503 content-type text/plain string none hdr Retry-After 7',
    );
    expect(await send(haproxy.url, Buffer.alloc(300_000))).toMatchObject({
      verdict: 'RETRYABLE',
      responseCode: 503,
      retryAfterMs: 7_000,
    });
  });
});
