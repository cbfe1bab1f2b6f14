/** The settings of a destination of the kind HTTP, as a caller gives them. */
import { z } from 'zod';
import { authorities, clientChain } from '../../../domain/certificates.js';
import { clientKey } from '../../../domain/client-certificate.js';
import { isShortened } from '../../../domain/endpoint.js';
import { orNone, placeOf, text } from '../../../domain/input.js';

/** Collectors use access keys in URLs and JWTs in Authorization values: both can be longer than the 256 characters of a name. */
const MAX_ENDPOINT_CHARACTERS = 2_048;
const MAX_HEADER_CHARACTERS = 4_096;
const MAX_HEADERS = 10;
const MAX_HEADER_NAME_CHARACTERS = 128;

/** Blanks, and characters that no one sees: the end of a paste, or a part of it that was not meant. */
const INVISIBLE = /[\s\p{Cf}]/u;

/** Credentials in a URL, also empty ones: `https://@host`, `https://:@host`. A URL without them has no `@` before its path. */
const CREDENTIALS = /^https?:\/\/[^/\\?#]*@/i;

/** An endpoint as it is requested: `/%2e%2e/c` is `/c`. So every reader of the stored URL reads the same. */
const endpoint = z
  .string()
  .trim()
  .pipe(text(MAX_ENDPOINT_CHARACTERS))
  .transform((value, context) => {
    const reason = reasonAgainstEndpoint(value);
    const { href } = reason ? { href: value } : new URL(value);
    const message = reason ?? reasonAgainstLength(href);
    if (message) context.addIssue({ code: 'custom', message });
    return href;
  });

/** Checks the form of the URL only. The address guard checks, for each connection, whether the address is allowed. */
function reasonAgainstEndpoint(value: string): string | null {
  if (value === '') return 'must not be blank';
  if (isShortened(value)) return 'must be the whole URL: this is its short form, in which … stands for hidden parts';
  const invisible = placeOf(INVISIBLE, value);
  if (invisible) return `must not contain blanks or invisible characters; remove or percent-encode them: ${invisible}`;
  if (!URL.canParse(value)) return 'must be an absolute URL such as https://siem.example.com/collector';
  const { protocol } = new URL(value);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must be an https URL';
  // `new URL` also accepts "https:host" and "https:\\host", and guesses the meaning.
  if (!/^https?:\/\/[^/\\]/i.test(value)) return 'must be written in full: https://host/path';
  if (CREDENTIALS.test(value)) return 'must not contain credentials; put them into authorization';
  // The `hash` of a URL that ends in `#` is empty.
  if (value.includes('#')) return 'must not have a fragment (#…)';
  return null;
}

/** Percent-encoding can make a URL longer. */
function reasonAgainstLength(href: string): string | null {
  return href.length > MAX_ENDPOINT_CHARACTERS
    ? `must be at most ${MAX_ENDPOINT_CHARACTERS} characters when it is percent-encoded`
    : null;
}

// Trimmed, it is sent exactly as stored. No message repeats the value.
const headerValue = z
  .string()
  .trim()
  .max(MAX_HEADER_CHARACTERS, `must be at most ${MAX_HEADER_CHARACTERS} characters`)
  .superRefine((value, context) => {
    const place = placeOf(/[^\x20-\x7e]/u, value);
    const message = value ? place && `must be one line of visible ASCII: ${place}` : 'must not be blank';
    if (message) context.addIssue({ code: 'custom', message });
  });

/** The characters of a header name (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Headers that Auditwire or the connection sets: those of RFC 9110 about the connection and the body, and its own. */
const RESERVED =
  /^(host|authorization|user-agent|content-.*|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|date|accept-encoding|http2-settings|via|forwarded|max-forwards|range|set-cookie|__proto__|x-auditwire-.*)$/i;

const headerName = z
  .string()
  .max(MAX_HEADER_NAME_CHARACTERS, `must be at most ${MAX_HEADER_NAME_CHARACTERS} characters`)
  .regex(HEADER_NAME, 'must be the name of a header, such as X-Splunk-Request-Channel')
  .refine((value) => !RESERVED.test(value), 'is set by Auditwire itself; choose another header');

function headersOf<Value extends z.ZodType>(value: Value) {
  return z
    .array(z.object({ name: headerName, value }))
    .max(MAX_HEADERS, `must have at most ${MAX_HEADERS} headers`)
    .superRefine((headers, context) => {
      const names = headers.map(({ name }) => name.toLowerCase());
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) === index) continue;
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is there twice; give each header once' });
      }
    });
}

function given<T>(schema: z.ZodType<T>) {
  return orNone(schema)
    .optional()
    .transform((value) => value ?? null);
}

export const httpSettings = {
  endpoint,
  authorization: given(headerValue),
  headers: headersOf(headerValue)
    .nullish()
    .transform((value) => value ?? []),
  skipTlsVerification: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  caCertificate: given(authorities),
  clientCertificate: given(clientChain),
  clientKey: given(clientKey),
};

/**
 * A field that is left out stays as it is; null and '' remove an optional setting. A header without a value keeps its stored
 * value.
 */
export const httpChanges = {
  endpoint: endpoint.optional(),
  authorization: orNone(headerValue).optional(),
  headers: headersOf(headerValue.nullish().transform((value) => value ?? null))
    .nullable()
    .optional()
    .transform((value) => (value === null ? [] : value)),
  skipTlsVerification: z.boolean().optional(),
  caCertificate: orNone(authorities).optional(),
  clientCertificate: orNone(clientChain).optional(),
  clientKey: orNone(clientKey).optional(),
};
