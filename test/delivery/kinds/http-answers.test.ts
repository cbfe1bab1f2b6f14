import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../src/delivery/kinds/http/body.js';
import { describeRedirect } from '../../../src/delivery/kinds/http/redirect.js';
import { parseRetryAfter } from '../../../src/delivery/kinds/http/retry-after.js';
import { warningAbout } from '../../../src/delivery/kinds/http/warning.js';

describe('Retry-After', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 30);

  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 7_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 7_000],
    ['Sun Nov  6 08:49:37 1994', 7_000],
    ['Wed Nov 16 08:49:37 1994', 864_007_000],
    ['Sun, 06 Nov 1994 08:49:29 GMT', 0],
    ['17', 17_000],
  ])('is read from %s', (header, ms) => expect(parseRetryAfter(header, now)).toBe(ms));

  it.each([
    '',
    'soon',
    '-5',
    '1.5',
    '1994-11-06T08:49:37Z',
    'Sun, 6 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 25:49:37 GMT',
  ])('is ignored if it is %j', (header) => expect(parseRetryAfter(header, now)).toBeNull());

  it('with a year of two digits is at most 50 years ahead', () => {
    const later = Date.UTC(2026, 0, 1);
    expect(parseRetryAfter('Thursday, 01-Jan-26 00:00:09 GMT', later)).toBe(9_000);
    expect(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', later)).toBe(0);
  });
});

describe('a redirect', () => {
  const endpoint = 'https://siem.example.com/receiver/v1/http/ZaVnC4dhaV1x';

  it.each([
    ['https://login.example.com/saml/start?RelayState=abc', 'https://login.example.com/saml/start?…'],
    ['/collector/', 'https://siem.example.com/collector/'],
    ['http://siem.example.com:8088/receiver/v1/http/ZaVnC4dhaV1x', 'http://siem.example.com:8088/receiver/v1/http/…'],
    ['https://user:pass@siem.example.com/a', 'https://siem.example.com/a'],
  ])('to %s is shown as %s', (location, shown) => {
    expect(describeRedirect(302, location, endpoint)).toBe(
      `redirects to ${shown}; a redirect is not followed, so change the endpoint`,
    );
  });

  it.each([
    [302, undefined],
    [302, 'https://['],
    [302, 'javascript:alert(1)'],
    [201, '/created'],
  ])('(%i to %s) is not shown', (code, location) => {
    expect(describeRedirect(code, location, endpoint)).toBeNull();
  });
});

describe('an answer 2xx', () => {
  it.each([
    ['', undefined],
    ['OK', 'text/html'],
    ['{"text":"Success","code":0}', 'application/json'],
    ['{"took":3,"errors":false,"items":[{"create":{"status":201,"error":null}}]}', 'application/json'],
    ['{"partialSuccess":{}}', 'application/json'],
    ['{"status":"ok"}', 'application/json'],
    ['{"error":null}', 'application/json'],
    ['{"errors":[]}', 'application/json'],
    ['{"errors":false}', 'application/json'],
    ['{"error":"","errorMessage":null,"error_code":0,"hasErrors":"false"}', 'application/json'],
    ['{"success":true,"message":"no errors","result":"ok"}', 'application/json'],
    ['{"code":200}', 'application/json'],
    ['{"code":"200","statusCode":202,"status":"0"}', 'application/json'],
    // Splunk HEC and Humio, New Relic, Datadog, Axiom, Logz.io, PagerDuty, Confluent, Kinesis, an index of Elasticsearch.
    ['{"text":"Success","code":0,"ackId":3}', 'application/json'],
    ['{"requestId":"8c8a6f5e-0001-b000-0000-018d3f9a3c11"}', 'application/json'],
    ['{}', 'application/json'],
    ['[]', 'application/json'],
    ['{"ingested":2,"failed":0,"failures":[],"processedBytes":630,"walLength":2}', 'application/json'],
    ['{"malformedLines":0,"oversizedLines":0,"successfulLines":3}', 'application/json'],
    ['{"status":"success","message":"Event processed","dedup_key":"ab"}', 'application/json'],
    ['{"error_code":200,"cluster_id":"x","topic_name":"logins"}', 'application/json'],
    ['{"FailedRecordCount":0,"Records":[{"SequenceNumber":"1"}]}', 'application/json'],
    [
      '{"_index":"a","result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":0}',
      'application/json',
    ],
    [
      `{"took":3,"ingest":{"ms":1},"errors":false,"items":[${'{"create":{"error":"x"}},'.repeat(999)}`,
      'application/json',
    ],
    ['{"status":"ok"}\n{"status":"ok"}\n', 'application/x-ndjson'],
    ['<?xml version="1.0"?><!-- error --><response>accepted</response>', 'application/xml'],
    ['{"code":200,"success":true,"error":null,"errors":[]}', 'application/json'],
    ['accepted, no errors', 'text/plain'],
    ['not { json', 'application/json'],
  ])('with %j is clean', (text, type) => expect(warningAbout(text, type)).toBeNull());

  it.each([
    ['{"took":3,"errors":true,"items":[]}', 'errors'],
    [`{"took":3,"errors":true,"items":[${'{"create":{}},'.repeat(999)}`, 'errors'],
    ['{"text":"Server is busy","code":9}', 'code'],
    ['{"text":"Data channel is missing","code":7}', 'code'],
    ['{"error":{"type":"illegal_argument"}}', 'error'],
    ['{"success":false}', 'success'],
    ['{"status":"failed"}', 'status'],
    ['{"status":400}', 'status'],
    ['{"partialSuccess":{"rejectedLogRecords":"3"}}', 'partialSuccess'],
    ['{"errors":[{"message":"no"}]}', 'errors'],
    ['[{"error":"bad"}]', 'error'],
    ['{"statusCode":403,"message":"Not for you"}', 'statusCode'],
    ['{"success":"false"}', 'success'],
    ['{"code":"403"}', 'code'],
    ['{"Error":"x"}', 'Error'],
    ['{"error_code":5}', 'error_code'],
    ['{"error-code":"NoSuchKey"}', 'error-code'],
    ['{"code":"-1"}', 'code'],
    ['{"errorMessage":"bad"}', 'errorMessage'],
    ['{"response":{"error":"x"}}', 'response.error'],
    ['{"status":{"code":500}}', 'status.code'],
    ['{"results":[{"status":"ok"},{"status":"error"}]}', 'results.status'],
    ['{"result":"error"}', 'result'],
    ['{"message":"Forbidden"}', 'message'],
    ['{"status":"ok"}\n{"error":"x"}\n', 'error'],
    ['{"status":"ok"}\r\n{"status":"ok"}\r\n{"error":"x"}\r\n', 'error'],
    [`{"took":3,"ingest":{"a":[1,{"b":"}\\""}]},"errors":true,"items":[${'{"create":{}},'.repeat(999)}`, 'errors'],
    [`[{"ok":true},{"ok":false},{"text":"${'x'.repeat(999)}`, 'ok'],
    [`{"error":${'{"a":'.repeat(4_000)}1${'}'.repeat(4_001)}`, 'error'],
  ])('with %j has a warning that names the field', (text, field) => {
    expect(warningAbout(text, 'application/json')).toBe(
      `The answer says that it failed: its field \`${field}\` reports an error.`,
    );
  });

  it.each([
    ['<!DOCTYPE html><title>Sign in</title>', undefined, /HTML page/],
    ['  <html><body>', 'text/plain', /HTML page/],
    ['<div>Sign in</div>', 'text/html; charset=utf-8', /HTML page/],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'application/xml', /says that it failed/],
    ['<!-- x --><html><form action="/login">', undefined, /HTML page/],
    ['\ufeff<?xml version="1.0"?>\n<!DOCTYPE html><html>', 'application/xhtml+xml', /HTML page/],
    ['<?xml version="1.0"?><html>', undefined, /HTML page/],
    ['<ErrorResponse><Message>no</Message></ErrorResponse>', 'application/xml', /says that it failed/],
    ['ERROR: index is read-only', 'text/plain', /says that it failed/],
    ['"error: index is read-only"', 'application/json', /says that it failed/],
    ['[ERROR] index is read-only', 'text/plain', /says that it failed/],
  ])('with %j has a warning', (text, type, words) => expect(warningAbout(text, type)).toMatch(words));
});

it('a body ends with a line feed, so that bodies can be appended to a file', () => {
  expect(bodyOf(['one', 'two'])).toEqual(gzipSync('one\ntwo\n', { level: 1 }));
});
