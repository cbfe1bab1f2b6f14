import { z } from 'zod';

const ISO_8601 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:(Z)|([+-]\d\d):?(\d\d))$/;

/**
 * Reads a time in ISO 8601 with a time zone. The offset may be written without a colon, as strftime's `%z` does.
 * It can move a time into the year -1 or 10000 in UTC.
 *
 * @returns ms since the epoch; null if the text is malformed or names a day that does not exist
 */
export function parseTime(text: string): number | null {
  const [, date, time, utc, hours, minutes] = ISO_8601.exec(text) ?? [];
  // Date.parse takes 30 February for 2 March.
  if (date === undefined || !z.regexes.date.test(date)) return null;
  const at = Date.parse(`${date}T${time}${utc ?? `${hours}:${minutes}`}`);
  return Number.isNaN(at) ? null : at;
}
