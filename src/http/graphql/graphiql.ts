import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ASTNode, type DefinitionNode, Kind, parse, print, visit } from 'graphql';
import { GRAPHQL_PATH } from './server.js';

/** The page contains all its scripts, connects only to this server, and may not be in a frame of another page. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The example operations, next to the contract. */
const OPERATIONS = join(import.meta.dirname, '../../../schema/operations.graphql');

const PORTAL = '<id of the portal>';
const DESTINATION = '<id of the destination>';

const WELCOME = `# Auditwire sends every login of a portal to your SIEM.
#
# 1. Put your token into the headers below.
# 2. Press the round arrows at the lower left.
#    The page then loads the documentation.
# 3. Press the run button and choose an example.
#    The variables of the examples are below,
#    in the tab next to the headers.
`;

/** The examples of the page: the name of each operation, and the input that is filled in at first. */
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

/** All examples in one document, so that a person types the token only once. Each input has its own variable name. */
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

/** Inlines the fragments: the page sends all fragments of the document with an operation, and an unused fragment is an error. */
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

/** Made at the first request and kept for all later ones, because the page has 9 MB. */
async function render(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = JSON.stringify({ Authorization: 'Bearer <your token>' }, null, 2);
  const html = renderGraphiQL({
    title: 'Auditwire',
    endpoint: GRAPHQL_PATH,
    // Over WebSocket, the page does not send the headers that a person enters.
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
