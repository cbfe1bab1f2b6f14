import type { IncomingMessage } from 'node:http';

/** Not by `new URL`: a path may begin with two slashes, which would be taken for a host. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/[?#].*$/, '');
}
