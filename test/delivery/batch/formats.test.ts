import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cef } from '../../../src/domain/formats/cef.js';
import { cps } from '../../../src/domain/formats/cps.js';
import { type Entry, entryOf, type Format } from '../../../src/domain/formats/entry.js';
import { json } from '../../../src/domain/formats/json.js';
import type { LineSettings } from '../../../src/domain/log-line.js';
import type { Login } from '../../../src/domain/login.js';
import { parseCef, withControls } from '../../support/receiver/cef-parser.js';
import { hostileText, LINE_BREAKS, lineSettings, loginOf } from '../../support/receiver/hostile.js';

const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';
const login: Login = {
  authenticationType: 'BASIC',
  outcome: 'SUCCESS',
  sourceAddress: '172.71.232.22',
  request: '/api/v2/developer/authenticate',
  principalId: 'a3d2699a-0ed3-4417-bb10-d8e74a1513a4',
  principalName: 'Ada',
  userAgent: '',
  traceId: '3360194145499877252',
  occurredAt: 1_750_688_927_556,
};
const settings: LineSettings = {
  host: 'konghq.com',
  vendor: 'KongInc',
  product: 'Dev-Portal',
  version: '1.0',
  organizationId: '998db3e4-5cb7-4dd5-b51c-9878096a6999',
};
const sig = 'XQC3OSFxLbi5dy2-o4xAXHT-x8oW5Df-zVsACWQLMU9Q-sPnEyk5CVs4JHwuRcwO0QNLsNaP1wsyrXYPeneXDQ';

const entry = fc.tuple(loginOf(hostileText), lineSettings).map(([one, line]) => entryOf(one, portalId, line));
const written = (format: Format, one: Entry) => format.attach(format.write(one), sig);

describe('the example line of Kong Konnect', () => {
  it('is written in CEF in the same way, except for its time', () => {
    // Kong Konnect sets event_ts when it writes the line, a second after the login.
    expect(written(cef, entryOf(login, portalId, settings))).toBe(
      '2025-06-23T14:28:47Z konghq.com CEF:0|KongInc|Dev-Portal|1.0|AUTHENTICATION_TYPE_BASIC|AUTHENTICATION_OUTCOME_SUCCESS|0|' +
        'rt=1750688927556 src=172.71.232.22 request=/api/v2/developer/authenticate success=true ' +
        'org_id=998db3e4-5cb7-4dd5-b51c-9878096a6999 portal_id=3e551b39-227d-4297-b911-e68fd5d77c17 ' +
        `principal_id=a3d2699a-0ed3-4417-bb10-d8e74a1513a4 trace_id=3360194145499877252 user_agent= sig=${sig}`,
    );
  });

  const object =
    '{"event_ts":"2025-06-23T14:28:47Z","event_vendor":"KongInc","event_product":"Dev-Portal","event_version":"1.0",' +
    '"event_class_id":"AUTHENTICATION_TYPE_BASIC","name":"AUTHENTICATION_OUTCOME_SUCCESS","severity":0,"cef_version":"0",' +
    '"rt":1750688927556,"src":"172.71.232.22","request":"/api/v2/developer/authenticate","success":true,' +
    '"org_id":"998db3e4-5cb7-4dd5-b51c-9878096a6999","portal_id":"3e551b39-227d-4297-b911-e68fd5d77c17",' +
    '"principal_id":"a3d2699a-0ed3-4417-bb10-d8e74a1513a4","trace_id":"3360194145499877252","user_agent":"",' +
    `"sig":"${sig}"}`;

  it('is one object in JSON', () => {
    expect(written(json, entryOf(login, portalId, settings))).toBe(object);
  });

  it('is that object in the member "event" in CPS', () => {
    expect(written(cps, entryOf(login, portalId, settings))).toBe(`{"event":${object}}`);
  });
});

describe('an entry', () => {
  it.each([
    ['SUCCESS', 0, true],
    ['NOT_FOUND', 1, false],
    ['INVALID_PASSWORD', 1, false],
    ['TOKEN_EXPIRED', 1, false],
    ['LOCKED', 6, false],
    ['DISABLED', 6, false],
    ['INVALID', 7, false],
  ] as const)('of %s has the severity %i', (outcome, severity, success) => {
    const name = `AUTHENTICATION_OUTCOME_${outcome}`;
    expect(entryOf({ ...login, outcome }, portalId, settings)).toMatchObject({ name, severity, success });
  });

  it('has its time in whole seconds, rounded down, and in ms', () => {
    const times = { eventTs: '1970-01-01T00:00:00Z', rt: 999 };
    expect(entryOf({ ...login, occurredAt: 999 }, portalId, settings)).toMatchObject(times);
  });
});

describe.each([
  ['CEF', cef],
  ['JSON', json],
  ['CPS', cps],
])('a line in %s', (_, format) => {
  it('contains no line break of any parser, whatever the login contains', () => {
    fc.assert(
      fc.property(entry, (one) => {
        expect(written(format, one)).not.toMatch(LINE_BREAKS);
      }),
    );
  });

  it('is well-formed, so that UTF-8 can encode it', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const line = written(format, one);
        expect(Buffer.from(line).toString()).toBe(line);
      }),
    );
  });

  it('is the same every time', () => {
    fc.assert(fc.property(entry, (one) => written(format, one) === written(format, structuredClone(one))));
  });
});

describe('a line in CEF', () => {
  it('has every control character as text, also line breaks, and shows a backslash that only looks like one', () => {
    const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).filter((one) =>
      /\p{Cc}/u.test(one),
    );
    expect(controls).toHaveLength(65);
    for (const one of [...controls, '\u2028', '\u2029']) {
      const code = one.charCodeAt(0).toString(16).padStart(4, '0');
      const line = cef.write(entryOf({ ...login, userAgent: `a${one}b` }, portalId, settings));
      expect(line).toContain(` user_agent=a\\\\u${code}b`);
      const alike = cef.write(entryOf({ ...login, userAgent: `a\\u${code}b` }, portalId, settings));
      expect(alike).toContain(` user_agent=a\\\\u005cu${code}b`);
    }
  });

  it('is parsed to the values that were written, key by key', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const { line } = one;
        const parsed = parseCef(written(cef, one));
        expect(parsed.time).toBe(one.eventTs);
        expect(parsed.host).toBe(line.host);
        expect(parsed.header.map(withControls)).toEqual([
          line.vendor,
          line.product,
          line.version,
          one.eventClassId,
          one.name,
          String(one.severity),
        ]);
        expect(parsed.extensions.map(([key, value]) => [key, withControls(value)])).toEqual([
          ['rt', String(one.rt)],
          ['src', one.src],
          ['request', one.request.toWellFormed()],
          ['success', String(one.success)],
          ['org_id', line.organizationId],
          ['portal_id', portalId],
          ['principal_id', one.principalId.toWellFormed()],
          ['trace_id', one.traceId.toWellFormed()],
          ['user_agent', one.userAgent.toWellFormed()],
          ['sig', sig],
        ]);
      }),
      { numRuns: 300 },
    );
  });

  it('has a header without line breaks even if a setting contains some', () => {
    const vendor = 'a\nb\rc\u2028d\te';
    expect(parseCef(written(cef, entryOf(login, portalId, { ...settings, vendor }))).header[0]).toBe(
      'a\\u000ab\\u000dc\\u2028d\\u0009e',
    );
  });

  it('escapes text that only resembles an escape or another key', () => {
    const userAgent = 'a\\nb \\u2028 \u2028 sig=c |\u0000';
    expect(cef.write(entryOf({ ...login, userAgent }, portalId, settings))).toContain(
      String.raw` user_agent=a\\nb \\u005cu2028 \\u2028 sig\=c |\\u0000`,
    );
  });
});

describe('a line in JSON', () => {
  const keys =
    'event_ts event_vendor event_product event_version event_class_id name severity cef_version ' +
    'rt src request success org_id portal_id principal_id trace_id user_agent sig';
  const expected = (one: Entry) => ({
    event_ts: one.eventTs,
    event_vendor: one.line.vendor,
    event_product: one.line.product,
    event_version: one.line.version,
    event_class_id: one.eventClassId,
    name: one.name,
    severity: one.severity,
    cef_version: '0',
    rt: one.rt,
    src: one.src,
    request: one.request,
    success: one.success,
    org_id: one.line.organizationId,
    portal_id: portalId,
    principal_id: one.principalId,
    trace_id: one.traceId,
    user_agent: one.userAgent,
    sig,
  });

  it('is parsed to the values that were written, with their types and in their order', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const parsed: object = JSON.parse(written(json, one));
        expect(parsed).toStrictEqual(expected(one));
        expect(Object.keys(parsed).join(' ')).toBe(keys);
      }),
      { numRuns: 300 },
    );
  });

  it('contains each key once, because parsers differ about duplicate keys', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const strings = written(json, one).matchAll(/"((?:[^"\\]|\\.)*)"(:?)/g);
        expect([...strings].flatMap(([, string, colon]) => (colon ? [string] : [])).join(' ')).toBe(keys);
      }),
    );
  });

  it('is, in CPS, the only member "event" of an outer object', () => {
    fc.assert(
      fc.property(entry, (one) => {
        expect(written(cps, one)).toBe(`{"event":${written(json, one)}}`);
      }),
    );
  });
});
