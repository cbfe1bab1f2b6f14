/** The lines of a body. @throws Error if the last one does not end with a line feed: a receiver may append bodies to a file */
export function linesOf(text: string): string[] {
  if (!text.endsWith('\n')) throw new Error('the body does not end with a line feed');
  return text.slice(0, -1).split('\n');
}
