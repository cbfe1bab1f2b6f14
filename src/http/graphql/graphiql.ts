import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ASTNode, type DocumentNode, Kind, parse, print, visit } from 'graphql';
import * as examples from '../../client/generated/graphql.js';
import { GRAPHQL_PATH } from './server.js';

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

const WELCOME = `# Auditwire: every login of a portal, into your SIEM.
#
# 1. Put your token into the headers below.
# 2. Press the round arrows at the lower left:
#    the documentation is fetched with the token.
# 3. Press run and choose an example. Their variables
#    stand below, beside the headers.
`;

/** Each example, and the variables it starts with. */
const operations: [document: { toString(): string }, input: object][] = [
  [examples.PortalsDocument, {}],
  [examples.RegisterPortalDocument, { name: 'Developer portal' }],
  [
    examples.CreateDestinationDocument,
    { name: 'SIEM', endpoint: 'https://siem.example.com/collector', authorization: 'Splunk ...', logFormat: 'CEF' },
  ],
  [examples.ConfigureWebhookDocument, { portalId: PORTAL, destinationId: DESTINATION, enabled: true }],
  [
    examples.RecordLoginDocument,
    { portalId: PORTAL, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' },
  ],
  [examples.WebhookStatusChangedDocument, {}],
];

/** All examples in one document, each input under a name of its own, so that the token is typed once. */
function exampleDocument(): { query: string; variables: string } {
  const variables: Record<string, unknown> = { portalId: PORTAL };
  const printed = operations.map(([example, input]) => {
    const text = example.toString();
    const [, initial = '', rest = ''] = /(?:query|mutation|subscription) (\w)(\w*)/.exec(text) ?? [];
    const variable = initial.toLowerCase() + rest;
    if (text.includes('$input')) variables[variable] = input;
    return print(withoutFragments(parse(text.replaceAll('$input', `$${variable}`))));
  });
  return { query: [WELCOME, ...printed].join('\n'), variables: JSON.stringify(variables, null, 2) };
}

/** The page sends the chosen operation with every fragment there is, and one that is not used is an error. */
function withoutFragments({ definitions }: DocumentNode): ASTNode {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const operation = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return visit<DocumentNode>(
    { kind: Kind.DOCUMENT, definitions: operation },
    {
      FragmentSpread({ name }) {
        const fragment = fragments.find((one) => one.name.value === name.value);
        return fragment && { ...fragment, kind: Kind.INLINE_FRAGMENT };
      },
    },
  );
}

interface Page {
  html: Buffer;
  compressed: Buffer;
}

let page: Promise<Page> | null = null;

/** The page is 9 MB: made when first asked for, and kept, so that whoever asks for it shares it. */
async function render(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = JSON.stringify({ Authorization: 'Bearer <your token>' }, null, 2);
  const html = renderGraphiQL({
    title: 'Auditwire',
    endpoint: GRAPHQL_PATH,
    // Over WebSocket this page does not send the headers that a person types.
    subscriptionsProtocol: 'SSE',
    headers,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'headers',
    defaultTabs: [{ ...exampleDocument(), headers }],
  });
  return { html: Buffer.from(html), compressed: await promisify(gzip)(html) };
}

export async function serveGraphiQL(acceptEncoding: string | undefined, response: ServerResponse): Promise<void> {
  page ??= render();
  const { html, compressed } = await page;
  if (acceptEncoding?.includes('gzip')) {
    response.writeHead(200, { ...HEADERS, 'content-encoding': 'gzip', vary: 'accept-encoding' }).end(compressed);
  } else {
    response.writeHead(200, { ...HEADERS, vary: 'accept-encoding' }).end(html);
  }
}
