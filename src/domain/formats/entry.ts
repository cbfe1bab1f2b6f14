import type { LineSettings } from '../log-line.js';
import type { AuthenticationType, Login, LoginOutcome } from '../login.js';

/** Class and name of the line of a destination test. */
const TEST_CLASS = 'AUDITWIRE_TEST';
const TEST_NAME = 'Test of a destination';

/** The content of one log line, whatever its format: the fields of Kong Konnect, in its order. */
export interface Entry {
  eventTs: string;
  line: LineSettings;
  eventClassId: `AUTHENTICATION_TYPE_${AuthenticationType}` | typeof TEST_CLASS;
  name: `AUTHENTICATION_OUTCOME_${LoginOutcome}` | typeof TEST_NAME;
  severity: number;
  rt: number;
  /** Empty if the login has no address. */
  src: string;
  request: string;
  success: boolean;
  portalId: string;
  principalId: string;
  traceId: string;
  userAgent: string;
}

/** Writes entries in one log format. The signature covers the UTF-8 bytes of the text that `write` returns. */
export interface Format {
  /** For people who choose a format. */
  description: string;
  /** One line without its signature. It contains no line break of any kind. */
  write(entry: Entry): string;
  /** The line with its signature (base64url). */
  attach(line: string, signature: string): string;
}

/** The severities of Kong Konnect. */
const severities: Record<LoginOutcome, number> = {
  SUCCESS: 0,
  NOT_FOUND: 1,
  INVALID_PASSWORD: 1,
  TOKEN_EXPIRED: 1,
  LOCKED: 6,
  DISABLED: 6,
  INVALID: 7,
};

export function entryOf(login: Login, portalId: string, line: LineSettings): Entry {
  return {
    eventTs: isoSeconds(login.occurredAt),
    line,
    eventClassId: `AUTHENTICATION_TYPE_${login.authenticationType}`,
    name: `AUTHENTICATION_OUTCOME_${login.outcome}`,
    severity: severities[login.outcome],
    rt: login.occurredAt,
    src: login.sourceAddress ?? '',
    request: login.request,
    success: login.outcome === 'SUCCESS',
    portalId,
    principalId: login.principalId,
    traceId: login.traceId,
    userAgent: login.userAgent,
  };
}

/** The line of a destination test at `now` (ms). It is not about a login, so most fields are empty or zero. */
export function testEntry(now: number, traceId: string, line: LineSettings): Entry {
  return {
    eventTs: isoSeconds(now),
    line,
    eventClassId: TEST_CLASS,
    name: TEST_NAME,
    severity: 0,
    rt: now,
    src: '0.0.0.0',
    request: '',
    success: true,
    portalId: '00000000-0000-0000-0000-000000000000',
    principalId: '',
    traceId,
    userAgent: '',
  };
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, -5)}Z`;
}

/** `\u` and four hex digits: the escape of JSON for one UTF-16 code unit. */
export function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
