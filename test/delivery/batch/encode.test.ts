import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, type Rendering, writeLines } from '../../../src/delivery/batch/encode.js';
import { MAX_BATCH_BYTES } from '../../../src/domain/destination.js';
import { logFormats } from '../../../src/domain/formats/index.js';
import { type LineSettings } from '../../../src/domain/log-line.js';
import type { Login } from '../../../src/domain/login.js';
import type { SignLines } from '../../../src/vault/private-key.js';
import { hostileText, lineSettings, loginOf } from '../../support/receiver/hostile.js';
import { linesOf } from '../../support/receiver/lines.js';

const MEBIBYTE = 1_048_576;
const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';
const line: LineSettings = { host: 'h', vendor: 'v', product: 'p', version: '1', organizationId: 'o' };
const login: Login = {
  authenticationType: 'BASIC',
  outcome: 'SUCCESS',
  sourceAddress: '::1',
  request: '',
  principalId: '',
  principalName: '',
  userAgent: '',
  traceId: 't',
  occurredAt: 0,
};
/** As long as a real signature, and different for each line. */
const sign = (text: string) => Buffer.from(text).toString('base64url').padEnd(86, 'A').slice(-86);
const signLines: SignLines = (lines, attach) => lines.map((line) => attach(line, sign(line)));
const bodyOf = (logins: readonly Login[], rendering: Rendering) =>
  gunzipSync(encode(writeLines(logins, rendering), rendering.logFormat, signLines)).toString();

/** Lengths of requests that fill a batch with few lines: some short, some very long. */
const requestLengths = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 90_000, max: 400_000 })),
  {
    minLength: 1,
    maxLength: 40,
  },
);

describe.each([...logFormats])('a batch in %s', (logFormat) => {
  it('contains as many lines as fit into 1 MiB before compression', async () => {
    await fc.assert(
      fc.asyncProperty(requestLengths, async (lengths) => {
        const logins = lengths.map((length) => ({ ...login, request: 'é'.repeat(length) }));
        const rendering = { portalId, logFormat, line, maxBytes: MAX_BATCH_BYTES };
        const count = writeLines(logins, rendering).length;
        const text = bodyOf(logins, rendering);
        expect(linesOf(text)).toHaveLength(count);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MEBIBYTE);
        const next = logins[count];
        if (!next) return;
        // The counted size of a line may be a few bytes too large.
        const more = Buffer.byteLength(text) + Buffer.byteLength(bodyOf([next], rendering));
        expect(more).toBeGreaterThan(MEBIBYTE - 8 * (count + 1));
      }),
      { numRuns: 15 },
    );
  });

  it('includes the signatures in its size', async () => {
    const logins = Array.from({ length: 5_000 }, () => login);
    const text = bodyOf(logins, { portalId, logFormat, line, maxBytes: MAX_BATCH_BYTES });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MEBIBYTE);
    expect(linesOf(text).length).toBeLessThan(logins.length);
  });

  it('contains at least one line, however long it is', async () => {
    const long = { ...login, request: 'x'.repeat(MEBIBYTE) };
    expect(writeLines([long, login], { portalId, logFormat, line, maxBytes: MAX_BATCH_BYTES })).toHaveLength(1);
  });

  it('consists of the signed lines in the order of the logins, each ended by \\n', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(loginOf(hostileText), { minLength: 1, maxLength: 5 }),
        lineSettings,
        async (logins, settings) => {
          const rendering = { portalId, logFormat, line: settings, maxBytes: MAX_BATCH_BYTES };
          const alone = logins.map((one) => bodyOf([one], rendering));
          expect(bodyOf(logins, rendering)).toBe(alone.join(''));
          expect(linesOf(bodyOf(logins, rendering))).toHaveLength(logins.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is the same every time, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(loginOf(hostileText), { minLength: 1, maxLength: 5 }),
        lineSettings,
        async (logins, settings) => {
          const rendering = { portalId, logFormat, line: settings, maxBytes: MAX_BATCH_BYTES };
          expect(bodyOf(structuredClone(logins), rendering)).toBe(bodyOf(logins, rendering));
        },
      ),
      { numRuns: 50 },
    );
  });
});
