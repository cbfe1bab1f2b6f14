/** The fields of JSON in which receivers say that they did not take a batch. */

/** The name of a known field, with a few `_`. */
const MAX_NAME_CHARACTERS = 24;
/** Deeper values within a field count as said. */
const MAX_DEPTH = 4;

type Sign = (value: unknown) => boolean;

/** The fields of an answer, without regard to case, `_` and `-`, such as `error_code`. */
const signs = new Map<string, Sign>([
  ...signsOf(
    `error errors errorMessage errorDescription errorDetails errorType errorCount hasError hasErrors isError insertErrors failed
    failure failures failedCount failureCount failedRecordCount failedPutCount rejected rejectedCount rejectedLogRecords
    numRejectedDocs malformedLines oversizedLines fault exception partialSuccess`,
    isSaid,
  ),
  ...signsOf('success successful succeeded isSuccess ok acknowledged accepted', (value) =>
    /^false$/i.test(String(value)),
  ),
  ...signsOf('status statusCode httpStatus httpCode httpStatusCode responseCode', (value) =>
    isNumber(value) ? Number(value) >= 400 : isWordOfError(value),
  ),
  ...signsOf('code', (value) => (isNumber(value) ? isCodeOfError(Number(value)) : isWordOfError(value))),
  ...signsOf('errorCode errCode', (value) => (isNumber(value) ? isCodeOfError(Number(value)) : isSaid(value))),
  ...signsOf('result outcome message msg text', isWordOfError),
]);

/** What a receiver may say within these fields is said about the batch. */
const WRAPPERS = new Set(['response', 'result', 'results', 'reply', 'status', 'meta', 'output']);

/**
 * The names of the fields that report an error, such as `error` or `response.error`, as the answer writes them.
 *
 * @param value of JSON
 */
export function errorFieldsIn(value: unknown): string[] {
  return fieldsIn(value, '', 0);
}

function fieldsIn(value: unknown, prefix: string, depth: number): string[] {
  if (Array.isArray(value)) return depth < MAX_DEPTH ? value.flatMap((item) => fieldsIn(item, prefix, depth + 1)) : [];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = name.length <= MAX_NAME_CHARACTERS ? name.toLowerCase().replace(/[_-]/g, '') : '';
    if (signs.get(known)?.(inner)) return [`${prefix}${name}`];
    return WRAPPERS.has(known) && depth < MAX_DEPTH ? fieldsIn(inner, `${prefix}${name}.`, depth + 1) : [];
  });
}

function signsOf(names: string, sign: Sign): [string, Sign][] {
  return names.split(/\s+/).map((name) => [name.toLowerCase(), sign]);
}

/** Not false, zero, empty or null, and no word for these. Lists and records have such a value. */
function isSaid(value: unknown): boolean {
  return typeof value === 'string'
    ? !/^\s*(null|none|nil|no|ok|success|n\/a)\s*$/i.test(value) && isFilled(value)
    : isFilled(value);
}

function isFilled(value: unknown, depth = 0): boolean {
  if (depth > MAX_DEPTH) return true;
  if (Array.isArray(value)) return value.some((item) => item !== null && item !== false);
  if (isRecord(value)) return Object.values(value).some((item) => isFilled(item, depth + 1));
  return typeof value === 'string' ? !/^\s*(0*|false)\s*$/i.test(value) : Boolean(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value));
}

/** Codes of collectors are zero for success, others are those of HTTP. */
function isCodeOfError(code: number): boolean {
  return code !== 0 && (code < 200 || code > 299);
}

function isWordOfError(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\s*(error|fail|invalid|reject|unauthori|forbidden|denied|access.?denied|exception)/i.test(value)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
