/** A part of a path that cannot be a key: a short word, or very short. */
const SHOWN = /^(?:[a-z_.-]{1,16}|[\w.-]{0,4})$/i;

/**
 * Where a redirect leads, in words; null if the answer is no redirect. Its query and the parts of its path that may be
 * keys are left out.
 *
 * @param location the Location header
 * @param endpoint the URL that was requested: the location may be relative to it
 */
export function describeRedirect(responseCode: number, location: string | undefined, endpoint: string): string | null {
  if (responseCode < 300 || responseCode > 399 || location === undefined || !URL.canParse(location, endpoint))
    return null;
  const { origin, protocol, pathname, search } = new URL(location, endpoint);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  const path = pathname.split('/').map((part) => (SHOWN.test(part) ? part : '…'));
  return `redirects to ${origin}${path.join('/')}${search && '?…'}; a redirect is not followed, so change the endpoint`;
}
