import type { Format } from './entry.js';
import { json } from './json.js';

/** CrowdStrike Parsing Standard: the JSON object as the member `event` of another. */
export const cps: Format = {
  write: (entry) => `{"event":${json.write(entry)}}`,
  attach: (line, signature) => `${json.attach(line.slice(0, -1), signature)}}`,
};
