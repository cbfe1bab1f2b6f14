/** Import this before everything else. */

// graphql-js checks every value twice if NODE_ENV is not `production`.
process.env['NODE_ENV'] ??= 'production';
// A lookup of a name that does not resolve occupies a thread for many seconds; four, the default, are soon used up.
process.env['UV_THREADPOOL_SIZE'] ??= '32';
