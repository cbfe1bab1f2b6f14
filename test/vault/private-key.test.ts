import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPrivateKey } from '../../src/vault/private-key.js';

// The prefix of RFC 8410 before the 32 bytes of an Ed25519 private key.
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const signatureOf = (_: string, signature: string) => signature;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Empty and long lines too, with every kind of character, also halves of surrogate pairs. */
const lines = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 300, maxLength: 2_000 })));

/** The key pair in OpenSSL. */
function ofNode(seed: Uint8Array) {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  return {
    publicKey: createPublicKey(key).export({ format: 'jwk' }).x,
    sign: (line: string) => sign(null, Buffer.from(line), key).toString('base64url'),
  };
}

describe('a private key', () => {
  it('gives the same public key and the same signatures as node:crypto', () => {
    fc.assert(
      fc.property(bytes(32), lines, (seed, drawn) => {
        const other = ofNode(seed);
        const key = openPrivateKey(Buffer.from(seed));
        expect(key.publicKey).toBe(other.publicKey);
        expect(key.signLines(drawn, signatureOf)).toEqual(drawn.map(other.sign));
        key.close();
      }),
    );
  });

  it('gives the signatures of RFC 8032, section 7.1', () => {
    const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
    const key = openPrivateKey(seed);
    expect(Buffer.from(key.publicKey, 'base64url').toString('hex')).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    const [signature = ''] = key.signLines(['r'], signatureOf);
    expect(Buffer.from(signature, 'base64url').toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    key.close();
  });

  it('overwrites the bytes that it was opened with', () => {
    const seed = Buffer.alloc(32, 7);
    openPrivateKey(seed).close();
    expect(seed.equals(Buffer.alloc(32))).toBe(true);
  });

  it('cannot be opened with another number of bytes: the error does not contain them, and they are overwritten', () => {
    const seed = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
    const before = Buffer.from(seed);
    let error: unknown;
    try {
      openPrivateKey(seed);
    } catch (thrown) {
      error = thrown;
    }
    const text = `${String(error)} ${JSON.stringify(error)} ${error instanceof Error ? error.stack : ''}`;
    expect(text).toContain('32');
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      expect(text).not.toContain(before.subarray(-32).toString(encoding));
    }
    expect(seed.equals(Buffer.alloc(seed.length))).toBe(true);
  });

  it('signs nothing after it was closed, and can be closed twice', () => {
    const key = openPrivateKey(Buffer.alloc(32, 7));
    key.close();
    key.close();
    expect(() => key.signLines(['line'], signatureOf)).toThrow('The signing key is closed');
  });

  it.skipIf(process.platform !== 'linux')(
    'is in locked memory until the turn of the event loop after it was closed',
    async () => {
      await setImmediate();
      const before = lockedKilobytes();
      const keys = [1, 2, 3].map((fill) => openPrivateKey(Buffer.alloc(32, fill)));
      expect(lockedKilobytes()).toBeGreaterThanOrEqual(before + 3 * 4);
      for (const key of keys) key.close();
      await setImmediate();
      // The garbage collector may have freed keys of other tests meanwhile.
      expect(lockedKilobytes()).toBeLessThanOrEqual(before);
    },
  );
});

function lockedKilobytes(): number {
  const [, kilobytes] = /^VmLck:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes);
}
