import type { LogFormat } from '../../../domain/log-line.js';
import { cef } from './cef.js';
import { cps } from './cps.js';
import type { Format } from './entry.js';
import { json } from './json.js';

/** Every log format. A new one is a file in this folder, its name in `domain/log-line.ts`, and a line here. */
export const formats: Record<LogFormat, Format> = { CEF: cef, JSON: json, CPS: cps };
