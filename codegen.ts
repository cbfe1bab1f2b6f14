/**
 * Writes the typed operations for the demo, the command line and the end-to-end tests, from the examples that people run:
 * `tsx codegen.ts`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { parse, print } from 'graphql';

const read = (name: string) => parse(readFileSync(join(import.meta.dirname, 'schema', name), 'utf8'));
const operations = read('operations.graphql');
const directory = join(import.meta.dirname, 'src/client/generated/');

const files = await preset.buildGeneratesSection({
  baseOutputDir: directory,
  presetConfig: { fragmentMasking: false },
  schema: read('schema.graphql'),
  documents: [{ location: 'schema/operations.graphql', document: operations, rawSDL: print(operations) }],
  plugins: [],
  pluginMap: {},
  config: {
    documentMode: 'string',
    enumsAsTypes: true,
    useTypeImports: true,
    scalars: { DateTime: 'string', ID: 'string' },
    importExtension: '.js',
  },
});
mkdirSync(directory, { recursive: true });
for (const file of files) writeFileSync(file.filename, await codegen(file));
