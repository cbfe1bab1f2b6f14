/** What a receiver can decode a secret to, and may repeat: text in base64, hex or percent-encoding. */
import { bytesOf, percent, textOf } from './decodings.js';

/** Shorter texts are not searched for. */
const MIN_TEXT = 6;
const BASE64_RUN = /[\w+/-]{8,}/g;
const HEX_RUN = /[\da-f]{12,}/gi;
/** The header of a JWT and its claims: words such as `HS256`. They are no secret; its signature is. */
const JWT = /\beyJ[\w-]+\.(?:eyJ[\w-]+(?=\.))?/g;

/** The texts of 6 or more characters that a part of a secret decodes to. None if it decodes to other bytes, or to itself. */
export function decodedFrom(part: string): string[] {
  const texts = [
    ...[part, part.replaceAll('+', ' ')].map((text) => textOf(percent(bytesOf(text)))),
    // Other characters can stand before the text: its first group of four, or its first byte, then begins later.
    ...runsIn(part.replace(JWT, '.'), BASE64_RUN, 'base64', [0, 1, 2, 3]),
    ...runsIn(part, HEX_RUN, 'hex', [0, 1]),
  ];
  return [...new Set(texts)].filter((text) => text !== part && text.length >= MIN_TEXT);
}

function runsIn(part: string, run: RegExp, encoding: 'base64' | 'hex', starts: readonly number[]): string[] {
  return (part.match(run) ?? []).flatMap((found) =>
    starts.flatMap((start) => textsIn(Buffer.from(found.slice(start), encoding))),
  );
}

/** The stretches of text within bytes, in UTF-8, and the whole if it seems to be in ISO 8859-1. */
function textsIn(bytes: Buffer): string[] {
  const text = bytes.toString();
  const stretches = text.split(/[\p{Cc}\ufffd]+/u).flatMap(valuesIn);
  return text.includes('\ufffd') && isLatin(bytes.toString('latin1'))
    ? [...stretches, bytes.toString('latin1')]
    : stretches;
}

/** The bytes of a key are rarely so: without control characters, and three in four of ASCII. */
function isLatin(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.replace(/[^\x20-\x7e]/g, '').length >= 0.75 * text.length;
}

/** The texts within JSON, without the names of its fields, such as `username`. */
function valuesIn(text: string): string[] {
  if (!text.startsWith('{')) return [text];
  const values: string[] = [];
  try {
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'string') values.push(value);
      return value;
    });
  } catch {
    return [text];
  }
  return values.some(({ length }) => length >= MIN_TEXT) ? values : [text];
}
