/** The Retry-After header (RFC 9110, section 10.2.3): seconds, or a date in one of the three forms of section 5.6.7. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = String.raw`(?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d):(?<second>[0-5]\d|60)`;

const forms = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^[A-Z][a-z]{2}, (?<day>\d{2}) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(String.raw`^[A-Z][a-z]+day, (?<day>\d{2})-${MONTH}-(?<year>\d{2}) ${TIME} GMT$`),
  // asctime, in UTC: Sun Nov  6 08:49:37 1994
  new RegExp(String.raw`^[A-Z][a-z]{2} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];

/** @returns ms from `now` (ms); null if the header is missing or invalid */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = parseDate(header, now);
  return date === null ? null : Math.max(0, date - now);
}

function parseDate(text: string, now: number): number | null {
  const found = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!found) return null;
  const { year = '', month = '', day, hour, minute, second } = found;
  const fullYear = year.length === 2 ? fullYearOf(Number(year), new Date(now).getUTCFullYear()) : Number(year);
  return Date.UTC(fullYear, MONTHS.indexOf(month), Number(day), Number(hour), Number(minute), Number(second));
}

/** A year of two digits that would be more than 50 years ahead is the last year with these digits (RFC 9110, section 5.6.7). */
function fullYearOf(digits: number, present: number): number {
  const year = present - (present % 100) + digits;
  return year > present + 50 ? year - 100 : year;
}
