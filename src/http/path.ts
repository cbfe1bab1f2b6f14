import type { IncomingMessage } from 'node:http';

/** The path of a request. `new URL` would read a path that begins with two slashes as a host. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/[?#].*$/, '');
}
