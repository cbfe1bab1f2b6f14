import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { showExcerpt, WITHHELD } from '../../../src/delivery/transport/redaction.js';
import { secretsOf } from '../../../src/delivery/transport/secret-parts.js';
import { aTarget } from '../../support/engine/sender.js';
import { encodings } from './encodings.js';
import { answers } from './real-answers.js';
import { destination, repetition } from './repeated-secrets.js';

/** More by hand: AUDITWIRE_CASES=100000 npx vitest run test/delivery/transport/repetition.test.ts */
const CASES = Number(process.env['AUDITWIRE_CASES'] ?? 2_000);

const isWithheld = (answer: string, target: Parameters<typeof secretsOf>[0]): boolean =>
  showExcerpt(answer, secretsOf(target)) === WITHHELD;

it(`an answer that repeats 8 characters of a secret, in one or two encodings, is withheld in ${CASES} cases`, {
  timeout: 30_000 + 10 * CASES,
}, () => {
  const missed: string[] = [];
  const count = (it: { target: Parameters<typeof secretsOf>[0]; piece: string; names: string[]; answer: string }) => {
    if (!isWithheld(it.answer, it.target)) missed.push(`${it.names.join(', ')}: ${it.piece} in ${it.answer}`);
  };
  fc.assert(fc.property(repetition, count), { numRuns: CASES });
  expect(missed.slice(0, 10), `${missed.length} of ${CASES} are shown`).toEqual([]);
});

it.each(
  Object.keys(encodings).flatMap((first) => Object.keys(encodings).map((second): [string, string] => [first, second])),
)('a secret is withheld in the encodings %s and %s', (first, second) => {
  const secret = 'p4s$/w0rd_&"Zk<(9x';
  const target = aTarget('https://siem.example.com/', null, { authorization: `Bearer ${secret}` });
  for (let variant = 0; variant < 12; variant += 1) {
    const once = encodings[first]?.(secret, variant, variant + 1) ?? '';
    const written = encodings[second]?.(once, variant + 2, variant) ?? '';
    expect(isWithheld(`no: ${written}`, target), written).toBe(true);
  }
});

it.each(answers)(
  'the answer of %s stays readable, whatever the secret is',
  { timeout: 30_000 + 10 * CASES },
  (_, answer) => {
    const withheld: string[] = [];
    fc.assert(
      fc.property(destination, (target) => {
        const shown = showExcerpt(answer, secretsOf(target));
        if (shown === WITHHELD) withheld.push(JSON.stringify(secretsOf(target)));
      }),
      { numRuns: Math.ceil(CASES / 20) },
    );
    expect(withheld.slice(0, 5), `${withheld.length} are withheld`).toEqual([]);
  },
);
