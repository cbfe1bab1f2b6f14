/** The settings of a destination of the kind HTTP, as a caller gives them. */
import { z } from 'zod';
import { certificates, clientKey } from '../../../domain/client-certificate.js';
import { text } from '../../../domain/input.js';

/** Collectors use access keys in URLs and JWTs in Authorization values: both can be longer than the 256 characters of a name. */
const MAX_ENDPOINT_CHARACTERS = 2_048;
const MAX_HEADER_CHARACTERS = 4_096;
const MAX_HEADERS = 10;
const MAX_HEADER_NAME_CHARACTERS = 128;

const endpoint = text(MAX_ENDPOINT_CHARACTERS).superRefine((value, context) => {
  const reason = reasonAgainstEndpoint(value);
  if (reason) context.addIssue({ code: 'custom', message: reason });
});

/** Checks the form of the URL only. The address guard checks, for each connection, whether the address is allowed. */
function reasonAgainstEndpoint(value: string): string | null {
  if (value.trim() === '') return 'must not be blank';
  if (!URL.canParse(value)) return 'must be an absolute URL such as https://siem.example.com/collector';
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  // `new URL` also accepts "https:host", "https:\\host" and spaces, and guesses the meaning.
  if (!/^https?:\/\/[^/\\\s]\S*$/i.test(value.trimEnd()))
    return 'must be written in full: https://host/path, without spaces';
  if (url.username || url.password) return 'must not contain credentials; put them into authorization';
  if (url.hash) return 'must not have a fragment (#…)';
  return null;
}

// A header value: visible ASCII, with spaces only inside. The value is sent exactly as stored.
const headerValue = z
  .string()
  .max(MAX_HEADER_CHARACTERS, `must be at most ${MAX_HEADER_CHARACTERS} characters`)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be one line of visible ASCII, without spaces at its ends');

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

export const httpSettings = {
  endpoint,
  authorization: headerValue.nullish().transform((value) => value ?? null),
  headers: headersOf(headerValue)
    .nullish()
    .transform((value) => value ?? []),
  skipTlsVerification: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  caCertificate: certificates.nullish().transform((value) => value ?? null),
  clientCertificate: certificates.nullish().transform((value) => value ?? null),
  clientKey: clientKey.nullish().transform((value) => value ?? null),
};

/** A field that is left out stays as it is; null removes an optional setting. A header without a value keeps its stored value. */
export const httpChanges = {
  endpoint: endpoint.optional(),
  authorization: headerValue.nullable().optional(),
  headers: headersOf(headerValue.nullish().transform((value) => value ?? null))
    .nullable()
    .optional()
    .transform((value) => (value === null ? [] : value)),
  skipTlsVerification: z.boolean().optional(),
  caCertificate: certificates.nullable().optional(),
  clientCertificate: certificates.nullable().optional(),
  clientKey: clientKey.nullable().optional(),
};
