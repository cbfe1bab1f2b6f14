import { type Entry, type Format, unicodeEscape } from './entry.js';

// Characters that JSON does not escape, although some readers treat them as a line break or a control.
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029]/g;

/** One object per line. `rt` and `severity` are integers, `success` is a boolean, all other members are strings. */
export const json: Format = {
  description: 'One JSON object in each line.',
  write: (entry) => JSON.stringify(members(entry)).replace(UNPRINTABLE, unicodeEscape),
  attach: (line, signature) => `${line.slice(0, -1)},"sig":"${signature}"}`,
};

function members({ line, ...entry }: Entry) {
  return {
    event_ts: entry.eventTs,
    event_vendor: line.vendor,
    event_product: line.product,
    event_version: line.version,
    event_class_id: entry.eventClassId,
    name: entry.name,
    severity: entry.severity,
    cef_version: '0',
    rt: entry.rt,
    src: entry.src,
    request: entry.request,
    success: entry.success,
    org_id: line.organizationId,
    portal_id: entry.portalId,
    principal_id: entry.principalId,
    trace_id: entry.traceId,
    user_agent: entry.userAgent,
  };
}
