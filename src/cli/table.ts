import { unicodeEscape } from '../domain/formats/entry.js';

const GAP = '  ';
/** Characters that a terminal obeys or that end a line. A visitor can choose a part of a cell. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Formats rows as lines. Each column is as wide as its widest cell. Controls are written as text, such as `\u001b`. */
export function table(given: readonly (readonly string[])[]): string[] {
  const rows = given.map((row) => row.map((cell) => cell.replace(CONTROL, unicodeEscape)));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}
