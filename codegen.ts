import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed operations for the demo, the command line and the end-to-end tests, from the examples that people run. */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: 'schema/operations.graphql',
  importExtension: '.js',
  generates: {
    'src/client/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: { DateTime: 'string', ID: 'string' },
      },
    },
  },
};

export default config;
