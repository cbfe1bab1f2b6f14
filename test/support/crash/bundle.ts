import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);

/** Native addons are loaded from their own folders. */
const addons: Plugin = {
  name: 'addons',
  setup({ onResolve }) {
    onResolve({ filter: /^(better-sqlite3|sodium-native)$/ }, ({ path }) => ({
      path: require.resolve(path),
      external: true,
    }));
  },
};

/** Replaces the HTTP server by one that does nothing. */
const withoutApi: Plugin = {
  name: 'without the API',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/http\/server\.js$/ }, () => ({ path: 'server', namespace: 'no-api' }));
    const contents =
      "export const createHttpServer = () => ({ name: 'http', start: async () => {}, stop: async () => {}, port: () => 0 });";
    onLoad({ filter: /./, namespace: 'no-api' }, () => ({ contents }));
  },
};

const bundles = new Map<boolean, Promise<string>>();

/**
 * The server of child.ts with all its packages in one file. It starts in a third of the time, without the API in a tenth. The
 * file is made once for a test file, and deleted after it.
 */
export function crashBundle(hasApi: boolean): Promise<string> {
  const file = bundles.get(hasApi) ?? bundle(hasApi);
  bundles.set(hasApi, file);
  return file;
}

async function bundle(hasApi: boolean): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'auditwire-bundle-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, 'child.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    plugins: hasApi ? [addons] : [addons, withoutApi],
    // CommonJS packages load Node's modules with `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    // The program looks for the migrations beside db/open.ts.
    define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'db')) },
  });
  return outfile;
}
