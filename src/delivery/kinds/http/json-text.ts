/** Reads JSON of which the end may be missing. */

/** The values in a text: one, or one in each line. A value that is cut off has what is complete of it. None if it is no JSON. */
export function readJson(text: string): unknown[] {
  if (!/^[{[]/.test(text)) return [];
  const whole = parse(text);
  if (whole.length) return whole;
  const lines = text.split('\n').filter((line) => /^\s*\{.*\}\s*$/.test(line));
  return [...parse(completed(text)), ...lines.flatMap(parse)];
}

/** The text up to its last comma, and the brackets that close what is open there. */
function completed(text: string): string {
  let open = '';
  let complete = '';
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInText) {
      if (character === '\\') at += 1;
      else isInText = character !== '"';
    } else if (character === '"') isInText = true;
    else if (character === '{') open = `}${open}`;
    else if (character === '[') open = `]${open}`;
    else if (character === '}' || character === ']') open = open.slice(1);
    else if (character === ',') complete = text.slice(0, at) + open;
  }
  return complete;
}

/** The value, or nothing. */
function parse(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
