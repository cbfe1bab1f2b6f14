import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a secret can look like in a file: as it is, in hex, and in base64 wherever in a longer value it starts. */
function writings(secret: Buffer): Buffer[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64url');
    // The characters at the ends depend on the neighbours, too.
    return shifted.slice(offset && offset + 1, -3);
  });
  const texts = [secret.toString('hex'), secret.toString('hex').toUpperCase(), ...inBase64];
  const plus = inBase64.map((text) => text.replaceAll('-', '+').replaceAll('_', '/'));
  return [secret, ...[...texts, ...plus].map((text) => Buffer.from(text))];
}

/** The files below a directory that hold a secret in any of its writings. */
export function filesWith(directory: string, secret: string | Buffer): string[] {
  const wanted = writings(Buffer.from(secret));
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .filter((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      return wanted.some((writing) => bytes.includes(writing));
    })
    .map((entry) => entry.name);
}
