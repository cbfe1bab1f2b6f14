import { cef } from './cef.js';
import { cps } from './cps.js';
import type { Format } from './entry.js';
import { json } from './json.js';

/** Every log format. A new one is a file in this folder and a line here; then `npm run generate`. */
export const formats = { CEF: cef, JSON: json, CPS: cps } as const satisfies Record<string, Format>;

export type LogFormat = keyof typeof formats;
export const logFormats = Object.keys(formats) as [LogFormat, ...LogFormat[]];

/** The format of a destination that names none: the default of Kong Konnect. */
export const DEFAULT_LOG_FORMAT: LogFormat = 'CEF';
