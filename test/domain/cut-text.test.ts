import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText } from '../../src/domain/cut-text.js';

const text = fc
  .array(fc.constantFrom('a', 'é', '\u2028', '𝒳', '\ud800', '\0'), { maxLength: 40 })
  .map((parts) => parts.join(''));
const length = fc.integer({ min: 0, max: 40 });

describe('a text is cut', () => {
  it.each([
    ['a', 1],
    ['é', 2],
    ['\u2028', 3],
    ['𝒳', 4],
  ])('to bytes of UTF-8, where %s counts as %i', (character, bytes) => {
    const limit = { bytes: 120 };
    const longest = character.repeat(120 / bytes);
    expect(cutText(longest, limit)).toBe(longest);
    expect(cutText(`${longest}${character}`, limit)).toBe(longest);
    expect(cutText(`b${longest}`, limit)).toBe(`b${character.repeat(120 / bytes - 1)}`);
  });

  it.each(['a', 'é', '𝒳', '\ud800'])(
    'to characters, whatever their size in bytes or UTF-16 units (%j)',
    (character) => {
      expect(cutText(character.repeat(256), { characters: 256 })).toBe(character.repeat(256));
      expect(cutText(character.repeat(10_000), { characters: 256 })).toBe(character.repeat(256));
    },
  );

  it('to the longest start within the limit that ends between two characters', () => {
    fc.assert(
      fc.property(text, length, (given, characters) => {
        expect(cutText(given, { characters })).toBe(Array.from(given).slice(0, characters).join(''));
      }),
    );
    fc.assert(
      fc.property(text, length, (given, bytes) => {
        const cut = cutText(given, { bytes });
        const rest = Array.from(given.slice(cut.length));
        expect(given.startsWith(cut)).toBe(true);
        expect([...cut, ...rest].join('|')).toBe(Array.from(given).join('|'));
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        if (rest[0]) expect(Buffer.byteLength(`${cut}${rest[0]}`)).toBeGreaterThan(bytes);
      }),
    );
  });
});
