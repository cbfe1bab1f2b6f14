import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { encode, type Rendering, writeLines } from '../../../src/delivery/batch/encode.js';
import { MAX_BATCH_BYTES } from '../../../src/domain/destination.js';
import { type LogFormat, logFormats } from '../../../src/domain/formats/index.js';
import type { Login } from '../../../src/domain/login.js';
import { createSigners, jwkSet } from '../../../src/vault/signing-keys.js';
import { openHandlers } from '../../support/log/commands.js';
import { CAUSE as cause } from '../../support/log/fixture.js';
import { hostileText, lineSettings, loginOf } from '../../support/receiver/hostile.js';

const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';

/** The signing key of a server as it is stored, and the public key as it is published. */
function makeSigner(seed = 'signing') {
  const { models, secrets, handlers } = openHandlers(seed);
  const keyId = handlers.ensureSigningKey({}, cause, 0);
  return {
    keyId,
    signLines: createSigners(models.issuer.signingKey, secrets).signerOf(keyId),
    published: jwkSet(models.issuer.signingKeys()),
    models,
    secrets,
  };
}

/** Splits a line as a receiver does: into the signature and the bytes that are signed. */
function splitLine(line: string, logFormat: LogFormat): { bytes: Uint8Array<ArrayBuffer>; signature: string } {
  const member = logFormat === 'CEF' ? ' sig=' : ',"sig":"';
  const end = { CEF: '', JSON: '}', CPS: '}}' }[logFormat];
  const quote = logFormat === 'CEF' ? '' : '"';
  // The last match is the signature: the CEF header, which only the operator sets, does not escape an equals sign.
  const at = line.lastIndexOf(member);
  expect(line.endsWith(quote + end)).toBe(true);
  const signature = line.slice(at + member.length, line.length - quote.length - end.length);
  return { bytes: utf8(line.slice(0, at) + end), signature };
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));

type Published = ReturnType<typeof jwkSet>;

/** Verifies with WebCrypto and the only key of a set. */
async function verifier({ keys }: Published) {
  const key = await importJWK(keys[0] ?? {}, 'EdDSA');
  if (key instanceof Uint8Array) throw new Error('no public key');
  return (bytes: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>) =>
    crypto.subtle.verify('Ed25519', key, signature, bytes);
}

function signedLine(login: Login, rendering: Rendering, signer: ReturnType<typeof makeSigner>): string {
  const body = encode(writeLines([login], rendering), rendering.logFormat, signer.signLines);
  return gunzipSync(body).toString().trimEnd();
}

const anyLogin = loginOf(hostileText);

describe.each([...logFormats])('the signature of a line in %s', (logFormat) => {
  it('is valid for the bytes of the line without it', async () => {
    const signer = makeSigner();
    const verify = await verifier(signer.published);
    await fc.assert(
      fc.asyncProperty(anyLogin, lineSettings, async (login, line) => {
        const { bytes, signature } = splitLine(
          signedLine(login, { portalId, logFormat, line, maxBytes: MAX_BATCH_BYTES }, signer),
          logFormat,
        );
        expect(signature).toMatch(/^[\w-]{86}$/);
        expect(await verify(bytes, new Uint8Array(Buffer.from(signature, 'base64url')))).toBe(true);
      }),
    );
  });

  it('is not valid if any byte of the line or of the signature is changed', async () => {
    const signer = makeSigner();
    const verify = await verifier(signer.published);
    const change = fc.integer({ min: 1, max: 255 });
    await fc.assert(
      fc.asyncProperty(anyLogin, lineSettings, fc.nat(), change, async (login, line, place, flipped) => {
        const split = splitLine(
          signedLine(login, { portalId, logFormat, line, maxBytes: MAX_BATCH_BYTES }, signer),
          logFormat,
        );
        const signature = new Uint8Array(Buffer.from(split.signature, 'base64url'));
        expect(await verify(altered(split.bytes, place, flipped), signature)).toBe(false);
        expect(await verify(split.bytes, altered(signature, place, flipped))).toBe(false);
      }),
    );
  });

  it('is not valid with the key of another server', async () => {
    const [signer, other] = [makeSigner(), makeSigner('another server')];
    const verify = await verifier(other.published);
    await fc.assert(
      fc.asyncProperty(anyLogin, lineSettings, async (login, line) => {
        const { bytes, signature } = splitLine(
          signedLine(login, { portalId, logFormat, line, maxBytes: MAX_BATCH_BYTES }, signer),
          logFormat,
        );
        expect(await verify(bytes, new Uint8Array(Buffer.from(signature, 'base64url')))).toBe(false);
      }),
      { numRuns: 5 },
    );
  });
});

function altered(bytes: Uint8Array<ArrayBuffer>, place: number, flipped: number): Uint8Array<ArrayBuffer> {
  const index = place % bytes.length;
  return bytes.map((byte, at) => (at === index ? byte ^ flipped : byte));
}

describe('the published key set', () => {
  it('contains only the public key, in the format of RFC 8037', () => {
    const { keyId, published } = makeSigner();
    const jwk = {
      kty: 'OKP',
      alg: 'EdDSA',
      crv: 'Ed25519',
      use: 'sig',
      kid: keyId,
      x: expect.stringMatching(/^[\w-]{43}$/),
    };
    expect(published).toEqual({ keys: [jwk] });
  });

  it('does not change after a key exists', () => {
    const { handlers, models } = openHandlers();
    const keyId = handlers.ensureSigningKey({}, cause, 0);
    const before = jwkSet(models.issuer.signingKeys());
    expect(handlers.ensureSigningKey({}, cause, 1)).toBe(keyId);
    expect(jwkSet(models.issuer.signingKeys())).toEqual(before);
  });

  it('has no signer for a key that does not exist', () => {
    const { models, secrets } = makeSigner();
    expect(() => createSigners(models.issuer.signingKey, secrets).signerOf('none')).toThrow(
      'There is no signing key none',
    );
  });
});
