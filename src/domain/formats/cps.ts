import type { Format } from './entry.js';
import { json } from './json.js';

/** CrowdStrike Parsing Standard: an object whose member `event` is the JSON line. */
export const cps: Format = {
  description: 'CrowdStrike Parsing Standard: a JSON object that contains the object of the JSON format as `event`.',
  write: (entry) => `{"event":${json.write(entry)}}`,
  attach: (line, signature) => `${json.attach(line.slice(0, -1), signature)}}`,
};
