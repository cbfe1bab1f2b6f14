/** Imported before everything else: graphql-js checks every value twice unless it is told that this is no development. */
process.env['NODE_ENV'] ??= 'production';
