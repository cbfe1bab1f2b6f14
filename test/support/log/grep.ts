import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The encodings of a secret in a file or in memory: raw, in hex, and in base64 at each offset within a longer value. */
export function encodings(secret: Buffer): Buffer[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64url');
    // The characters at the ends also depend on the neighbouring bytes.
    return shifted.slice(offset && offset + 1, -3);
  });
  const texts = [secret.toString('hex'), secret.toString('hex').toUpperCase(), ...inBase64];
  const plus = inBase64.map((text) => text.replaceAll('-', '+').replaceAll('_', '/'));
  return [secret, ...[...texts, ...plus].map((text) => Buffer.from(text))];
}

/** The files below a directory that contain a secret in any encoding. */
export function filesWith(directory: string, secret: string | Buffer): string[] {
  const encoded = encodings(Buffer.from(secret));
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .filter((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      return encoded.some((secretBytes) => bytes.includes(secretBytes));
    })
    .map((entry) => entry.name);
}
