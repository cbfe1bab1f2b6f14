import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);

/** The addon is found from its own folder. */
const addon: Plugin = {
  name: 'addon',
  setup({ onResolve }) {
    onResolve({ filter: /^better-sqlite3$/ }, ({ path }) => ({ path: require.resolve(path), external: true }));
  },
};

/** Takes the API out of the program. */
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
 * The server of child.ts with all its packages in one file, which starts in a third of the time; without its API, in
 * a tenth. Made once for a file of tests, and gone after it.
 */
export function crashBundle(hasApi: boolean): Promise<string> {
  const made = bundles.get(hasApi) ?? bundle(hasApi);
  bundles.set(hasApi, made);
  return made;
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
    plugins: hasApi ? [addon] : [addon, withoutApi],
    // Packages in CommonJS ask for Node's modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    // Where the migrations are found from.
    define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'db')) },
  });
  return outfile;
}
