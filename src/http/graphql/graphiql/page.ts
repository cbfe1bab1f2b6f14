import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { getIntrospectionQuery, introspectionFromSchema } from 'graphql';
import { schema } from '../../../../schema/schema.js';
import { GRAPHQL_PATH } from '../server.js';
import { exampleTexts, NOW, placeholders, plainFields, secretFields, timedTexts } from './examples.js';

/** The page contains all its scripts, connects only to this server, and may not be in a frame of another page. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** In this order, because they become one script. */
const SCRIPTS = ['fetcher.js', 'variables.js', 'editors.js', 'storage.js', 'start.js'];

const STYLE = `
  body { margin: 0; height: 100vh; display: flex; flex-direction: column; color-scheme: light dark; }
  body.graphiql-light { color-scheme: light; }
  body.graphiql-dark { color-scheme: dark; }
  header { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; padding: 8px 16px;
    font: 15px/1.4 Roboto, system-ui, sans-serif; background: Canvas; color: CanvasText; border-bottom: 1px solid #8886; }
  header ol { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0; padding: 0; list-style-position: inside; }
  #token { font: inherit; width: 22em; padding: 4px 8px; -webkit-text-security: disc; }
  #token:placeholder-shown { -webkit-text-security: none; }
  #root { flex: 1; min-height: 0; }
  #root .graphiql-container { height: 100%; }
  .graphiql-dropdown-content { max-width: none; max-height: calc(var(--radix-dropdown-menu-content-available-height) - 10px);
    display: grid; grid-auto-flow: column; grid-template-rows: repeat(15, auto); }
  .graphiql-dropdown-content .graphiql-dropdown-item { margin: 1px; padding-block: 3px; }
  .graphiql-dropdown-content::-webkit-scrollbar { width: 10px; }
  .graphiql-dropdown-content::-webkit-scrollbar-thumb { border-radius: 5px; background: #8888; }
  .graphiql-doc-explorer-search:not(:focus-within) [role=combobox] { width: 11ch; }
`;

const START = `
  <header>
    <input id="token" type="text" placeholder="Token" aria-label="Token" autocomplete="off" spellcheck="false" autofocus>
    <ol>
      <li>Paste your token here. It is gone when you leave or reload the page.</li>
      <li>Press the run button (&#9654;) and choose an example, first RegisterPortal, then those below it.</li>
      <li>The page writes the ids of what you make or list into the variables below.</li>
    </ol>
  </header>
`;

const INTROSPECTION = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};

interface Page {
  html: Buffer;
  compressed: Buffer;
}

let page: Promise<Page> | null = null;

/** Made at the first request and kept for all later ones, because the page has 9 MB. */
async function render(): Promise<Page> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const options = {
    url: GRAPHQL_PATH,
    introspection: introspectionFromSchema(schema, INTROSPECTION),
    introspectionQuery: getIntrospectionQuery(INTROSPECTION),
    examples: exampleTexts(),
    secretFields,
    plainFields,
    placeholders,
    now: NOW,
    timedTexts,
  };
  const workers = {
    editorWorkerService: graphiql.editorWorkerService,
    json: graphiql.jsonWorker,
    graphql: graphiql.graphqlWorker,
  };
  const html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Auditwire</title>
  <link rel="icon" href="data:,">
  <style>${graphiql.css}</style>
  <style>${STYLE}</style>
</head>
<body>
  ${START}
  <div id="root"></div>
  <script>
    const workers = ${inScript(workers)};
    self.MonacoEnvironment = {
      getWorkerUrl: (_, label) => URL.createObjectURL(new Blob([workers[label]], { type: 'application/javascript' })),
    };
  </script>
  <script>${graphiql.js}</script>
  <script type="module">
    ${SCRIPTS.map(scriptOf).join('\n')}
    start(${inScript(options)});
  </script>
</body>
</html>`;
  return { html: Buffer.from(html), compressed: await promisify(gzip)(html) };
}

/** The text of a script of the page without its imports, which are in the same script here. */
function scriptOf(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8').replace(/^import .*$/gm, '');
}

function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
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
