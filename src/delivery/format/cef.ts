import { type Entry, type Format, unicodeEscape } from './entry.js';

// Everything that some reader takes for a line break or a control, but \n and \r, for which CEF has escapes.
const UNPRINTABLE = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g;
const LINE_BREAK = /[\n\r]/g;

/** Common Event Format 0 (ArcSight), as the original sends it. */
export const cef: Format = {
  write(entry) {
    const { line } = entry;
    const header = [line.vendor, line.product, line.version, entry.eventClassId, entry.name, String(entry.severity)];
    return `${entry.eventTs} ${line.host} CEF:0|${header.map(headerField).join('|')}|${extensions(entry)}`;
  },
  attach: (line, signature) => `${line} sig=${signature}`,
};

function extensions(entry: Entry): string {
  const pairs: [string, string][] = [
    ['rt', String(entry.rt)],
    ['src', entry.src],
    ['request', entry.request],
    ['success', String(entry.success)],
    ['org_id', entry.line.organizationId],
    ['portal_id', entry.portalId],
    ['principal_id', entry.principalId],
    ['trace_id', entry.traceId],
    ['user_agent', entry.userAgent],
  ];
  return pairs.map(([key, value]) => `${key}=${extensionValue(value)}`).join(' ');
}

function headerField(value: string): string {
  return printable(value.replace(LINE_BREAK, ' ')).replace(/[\\|]/g, '\\$&');
}

function extensionValue(value: string): string {
  return printable(value).replace(/[\\=]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
}

/** CEF has no escape for other controls and line separators: they are shown as the text `\u2028`. */
function printable(value: string): string {
  return value.toWellFormed().replace(UNPRINTABLE, unicodeEscape);
}
