/** The greatest length of a string, in characters (code points) or in bytes of UTF-8. */
export type Limit = { characters: number } | { bytes: number };

const encoder = new TextEncoder();

/** The longest start of a text that is within the limit and ends between two characters. */
export function cutText(text: string, limit: Limit): string {
  if ('characters' in limit) {
    const { characters } = limit;
    if (text.length <= characters) return text;
    // A character has at most two UTF-16 units.
    const start = Array.from(text.slice(0, 2 * characters + 1));
    return start.length <= characters ? text : start.slice(0, characters).join('');
  }
  if (text.length * 3 <= limit.bytes) return text;
  // Writes whole characters only.
  const { read } = encoder.encodeInto(text, new Uint8Array(limit.bytes));
  return text.slice(0, read);
}
