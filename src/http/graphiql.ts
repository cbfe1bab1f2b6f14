import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { parse, print } from 'graphql';
import * as examples from '../client/generated/graphql.js';
import { GRAPHQL_PATH } from './graphql.js';

/** Everything is in the page itself; it talks to this server only, and no other page may frame it. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const PORTAL = '<id of the portal>';
const DESTINATION = '<id of the destination>';

const tabs: [document: string, variables: object][] = [
  [String(examples.PortalsDocument), { first: 20 }],
  [String(examples.RegisterPortalDocument), { input: { name: 'Developer portal' } }],
  [
    String(examples.CreateDestinationDocument),
    {
      input: {
        name: 'SIEM',
        endpoint: 'https://siem.example.com/collector',
        authorization: 'Splunk …',
        logFormat: 'CEF',
      },
    },
  ],
  [
    String(examples.ConfigureWebhookDocument),
    { input: { portalId: PORTAL, destinationId: DESTINATION, enabled: true } },
  ],
  [
    String(examples.RecordLoginDocument),
    { input: { portalId: PORTAL, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } },
  ],
  [String(examples.WebhookStatusChangedDocument), { portalId: PORTAL }],
];

let page: Promise<Buffer> | null = null;

/** The page is 9 MB: made when first asked for, and kept compressed. */
async function render(): Promise<Buffer> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = JSON.stringify({ Authorization: 'Bearer <your token>' }, null, 2);
  const html = renderGraphiQL({
    title: 'Auditwire',
    endpoint: GRAPHQL_PATH,
    subscriptionsProtocol: 'WS',
    headers,
    defaultEditorToolsVisibility: 'headers',
    defaultTabs: tabs.map(([document, variables]) => ({
      query: print(parse(document)),
      variables: JSON.stringify(variables, null, 2),
      headers,
    })),
  });
  return promisify(gzip)(html);
}

export async function serveGraphiQL(acceptEncoding: string | undefined, response: ServerResponse): Promise<void> {
  page ??= render();
  const compressed = await page;
  if (acceptEncoding?.includes('gzip')) {
    response.writeHead(200, { ...HEADERS, 'content-encoding': 'gzip', vary: 'accept-encoding' }).end(compressed);
  } else {
    response.writeHead(200, { ...HEADERS, vary: 'accept-encoding' }).end(await promisify(gunzip)(compressed));
  }
}
