import type { LogFormat } from '../../../domain/log-line.js';
import { cef } from './cef.js';
import { cps } from './cps.js';
import type { Format } from './entry.js';
import { json } from './json.js';

/**
 * Every log format. A new one is a file in this folder, a line here, its name in `domain/log-line.ts`, and its description in
 * `schema/destination.ts`; then `npm run generate`. The compiler reports a missing one.
 */
export const formats: Record<LogFormat, Format> = { CEF: cef, JSON: json, CPS: cps };
