import type { Format } from './entry.js';
import { json } from './json.js';

/** CrowdStrike Parsing Standard: an object whose member `event` is the JSON line. */
export const cps: Format = {
  write: (entry) => `{"event":${json.write(entry)}}`,
  attach: (line, signature) => `${json.attach(line.slice(0, -1), signature)}}`,
};
