import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ASTNode, type DefinitionNode, Kind, parse, print, visit } from 'graphql';
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

/** The example operations, beside the contract. */
const OPERATIONS = join(import.meta.dirname, '../../../schema/operations.graphql');

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

/** The examples of the page by the names of their operations, each with the variables that it starts with. */
const examples: Record<string, object> = {
  Portals: {},
  RegisterPortal: { name: 'Developer portal' },
  CreateDestination: {
    name: 'SIEM',
    endpoint: 'https://siem.example.com/collector',
    authorization: 'Splunk ...',
    logFormat: 'CEF',
  },
  ConfigureWebhook: { portalId: PORTAL, destinationId: DESTINATION, enabled: true },
  RecordLogin: { portalId: PORTAL, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' },
  WebhookStatusChanged: {},
};

/** All examples in one document, each input under a name of its own, so that the token is typed once. */
function exampleDocument(): { query: string; variables: string } {
  const { definitions } = parse(readFileSync(OPERATIONS, 'utf8'));
  const variables: Record<string, unknown> = { portalId: PORTAL };
  const printed = Object.entries(examples).map(([name, input]) => {
    const operation = definitions.find(
      (definition) => definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === name,
    );
    if (!operation) throw new Error(`${OPERATIONS} has no operation ${name}`);
    const text = print(withoutFragments(operation, definitions));
    const variable = name.charAt(0).toLowerCase() + name.slice(1);
    if (text.includes('$input')) variables[variable] = input;
    return text.replaceAll('$input', `$${variable}`);
  });
  return { query: [WELCOME, ...printed].join('\n'), variables: JSON.stringify(variables, null, 2) };
}

/** The page sends the chosen operation with all fragments of the document, and an unused fragment is an error. */
function withoutFragments(operation: DefinitionNode, definitions: readonly DefinitionNode[]): ASTNode {
  return visit<ASTNode>(operation, {
    FragmentSpread({ name }) {
      const fragment = definitions.find(
        (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name.value,
      );
      return fragment?.kind === Kind.FRAGMENT_DEFINITION ? { ...fragment, kind: Kind.INLINE_FRAGMENT } : undefined;
    },
  });
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
