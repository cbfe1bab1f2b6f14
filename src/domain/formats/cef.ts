import { type Entry, type Format, unicodeEscape } from './entry.js';

// Controls, characters that some readers treat as a line break, and a backslash that begins what looks like their escape.
const ESCAPED = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\\(?=u[\da-fA-F]{4})/g;

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
  return PLAIN_HEADER.test(value) ? value : printable(value).replace(/[\\|]/g, '\\$&');
}

function extensionValue(value: string): string {
  return PLAIN_EXTENSION.test(value) ? value : printable(value).replace(/[\\=]/g, '\\$&');
}

/**
 * Controls as text, such as `\u000a`. A reader that has undone the escapes of CEF replaces `\u` and four hex digits by the
 * character, and has the value again: a backslash before such text is itself written `\u005c`. The escapes `\n` and `\r` of CEF
 * are not used, because a reader that undoes them may write a second line.
 */
function printable(value: string): string {
  return value.toWellFormed().replace(ESCAPED, unicodeEscape);
}
