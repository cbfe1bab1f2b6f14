/** Imported before everything else. */

// graphql-js checks every value twice unless it is told that this is no development.
process.env['NODE_ENV'] ??= 'production';
// A name that does not resolve takes a thread for many seconds: four of them would soon be taken.
process.env['UV_THREADPOOL_SIZE'] ??= '32';
