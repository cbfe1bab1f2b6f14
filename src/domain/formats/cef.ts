import { type Entry, type Format, unicodeEscape } from './entry.js';

// Characters that some readers treat as a line break or a control, except \n and \r, for which CEF has escapes.
const UNPRINTABLE = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g;
const LINE_BREAK = /[\n\r]/g;

/** Common Event Format 0 (ArcSight), as Kong Konnect sends it. */
export const cef: Format = {
  description: 'Common Event Format 0: a header and then `key=value` pairs, in one line.',
  write(entry) {
    const { line } = entry;
    const device = `${headerField(line.vendor)}|${headerField(line.product)}|${headerField(line.version)}`;
    const event = `${entry.eventClassId}|${entry.name}|${entry.severity}`;
    return `${entry.eventTs} ${line.host} CEF:0|${device}|${event}|${extensions(entry)}`;
  },
  attach: (line, signature) => `${line} sig=${signature}`,
};

function extensions(entry: Entry): string {
  const { line } = entry;
  return (
    `rt=${entry.rt} src=${extensionValue(entry.src)} request=${extensionValue(entry.request)} success=${entry.success} ` +
    `org_id=${extensionValue(line.organizationId)} portal_id=${extensionValue(entry.portalId)} ` +
    `principal_id=${extensionValue(entry.principalId)} trace_id=${extensionValue(entry.traceId)} ` +
    `user_agent=${extensionValue(entry.userAgent)}`
  );
}

// Almost every value has nothing to escape; one test shows it.
const PLAIN_HEADER = /^[ -[\]-{}~]*$/;
const PLAIN_EXTENSION = /^[ -<>-[\]-~]*$/;

function headerField(value: string): string {
  if (PLAIN_HEADER.test(value)) return value;
  return printable(value.replace(LINE_BREAK, ' ')).replace(/[\\|]/g, '\\$&');
}

function extensionValue(value: string): string {
  if (PLAIN_EXTENSION.test(value)) return value;
  return printable(value).replace(/[\\=]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
}

/** CEF has no escape for other controls and line separators: they are written as text, such as `\u2028`. */
function printable(value: string): string {
  return value.toWellFormed().replace(UNPRINTABLE, unicodeEscape);
}
