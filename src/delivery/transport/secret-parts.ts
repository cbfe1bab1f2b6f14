/** The secrets of a destination, in the pieces that an answer must not repeat. */
import { secretPartsOf } from '../../domain/endpoint.js';
import { percent } from './decodings.js';
import { decodedFrom } from './secret-decodings.js';
import type { Target } from './types.js';
import { isWellKnown } from './well-known.js';

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
/** A receiver can decode what it decoded: base64 within a percent-encoded value. */
const MAX_DECODINGS = 2;

/**
 * The secrets in clear, without the words around them, such as `Bearer` and `token=`, and what they decode to. They may overlap.
 */
export function secretsOf({ authorization, headers, clientKey, endpoint }: Target): string[] {
  const host = URL.canParse(endpoint) ? new URL(endpoint).host : '';
  const values = [
    ...(authorization === null ? [] : [authorization]),
    ...headers.map(({ value }) => value),
    ...(host ? secretPartsOf(endpoint) : []),
  ];
  const key = clientKey?.replace(/-----[^-]*-----|\s/g, '') ?? '';
  const parts = values
    .filter((value) => !isWellKnown(percent(value)))
    .flatMap(partsOf)
    .map((part) => withoutOrigin(part, host));
  return [...new Set([...parts, key])].filter((secret) => secret !== '');
}

/** The parts of a value after its scheme: between the names of parameters, and what they decode to. */
export function partsOf(value: string): string[] {
  const [scheme = ''] = value.split(' ');
  const isScheme = scheme !== value && SCHEMES.has(scheme.toLowerCase());
  const parts = value.slice(isScheme ? scheme.length + 1 : 0).split(PARAMETER);
  // Of a value of short parts, only the whole is a secret.
  if (parts.every(({ length }) => length < MIN_PART)) return [value];
  return parts.flatMap((part) => withDecoded(part, MAX_DECODINGS));
}

function withDecoded(part: string, decodings: number): string[] {
  if (!decodings) return [part];
  return [part, ...decodedFrom(part).flatMap((text) => withDecoded(text, decodings - 1))];
}

/** A part can be a URL on the receiver itself: its address is no secret, and is in many answers. */
function withoutOrigin(part: string, host: string): string {
  const rest = part.replace(/^[a-z]+(?::\/\/|%3a%2f%2f)/i, '');
  return host && rest.startsWith(host) ? rest.slice(host.length) : rest;
}
