/** The secrets of a destination, in the pieces that an answer must not repeat. */
import { secretPartsOf } from '../../domain/endpoint.js';
import type { Target } from './types.js';

/** The schemes of Authorization values: those of the IANA registry, and those of collectors. They are no secrets. */
const SCHEMES = new Set(
  `apikey api-key apitoken aws4-hmac-sha256 basic bearer concealed digest dpop geniekey gnap hawk hmac hoba insert-key jwt key
  mac mutual negotiate ntlm oauth privatetoken scram-sha-1 scram-sha-256 sharedaccesssignature sharedkey signature splunk ssws
  token vapid`.split(/\s+/),
);

/** The names of parameters within such values, with what stands before them. */
const PARAMETER =
  /(?:^|[\s,;&?"'])(?:access[_-]?key|algorithm|api[_-]?key|app|client|credential|id|key|mac|nonce|oauth_\w+|opaque|password|qop|realm|response|secret|se|sig|signature|signedheaders|skn|sr|token|ts|uri|user|username)=/i;

const MIN_PART = 8;

/** The secrets in clear, without the words around them, such as `Bearer` and `token=`. They may overlap. */
export function secretsOf({ authorization, headers, clientKey, endpoint }: Target): string[] {
  const values = [...(authorization === null ? [] : [authorization]), ...headers.map(({ value }) => value)];
  const key = clientKey?.replace(/-----[^-]*-----|\s/g, '') ?? '';
  const ofEndpoint = URL.canParse(endpoint) ? secretPartsOf(endpoint).flatMap((part) => [part, unescaped(part)]) : [];
  return [...new Set([...values.flatMap(partsOf), key, ...ofEndpoint])].filter((secret) => secret !== '');
}

/** The parts of a value after its scheme: between the names of parameters, and what a pair in base64 decodes to. */
export function partsOf(value: string): string[] {
  const [scheme = ''] = value.split(' ');
  const isScheme = scheme !== value && SCHEMES.has(scheme.toLowerCase());
  const parts = value.slice(isScheme ? scheme.length + 1 : 0).split(PARAMETER);
  // Of a value of short parts, only the whole is a secret.
  if (parts.every(({ length }) => length < MIN_PART)) return [value];
  return parts.flatMap((part) => [part, ...pairIn(part)]);
}

/** `user:password` or `id:key`, if the part is such a pair in base64. */
function pairIn(part: string): string[] {
  const encoded = /^[\s"']*([\w+/-]{8,}={0,2})[\s"',;]*$/.exec(part)?.[1];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1');
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(decoded) ? [decoded] : [];
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // The part is not percent-encoded.
    return part;
  }
}
