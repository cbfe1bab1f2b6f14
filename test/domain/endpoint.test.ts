import { describe, expect, it } from 'vitest';
import { secretPartsOf, shortEndpoint } from '../../src/domain/endpoint.js';

/** Endpoints of real collectors: what is shown of them, and what is secret. */
const collectors: [name: string, endpoint: string, short: string, secrets: string[]][] = [
  [
    'Splunk HEC',
    'https://http-inputs-acme.splunkcloud.com:8088/services/collector/raw/1.0',
    'https://http-inputs-acme.splunkcloud.com:8088/services/collector/raw/1.0',
    [],
  ],
  [
    'Splunk HEC with a token in the query',
    'https://siem.example.com/services/collector/raw?channel=FE0E-1&token=8a6b2f0c',
    'https://siem.example.com/services/collector/raw?…',
    ['FE0E-1', '8a6b2f0c'],
  ],
  [
    'Sumo Logic',
    'https://endpoint4.collection.sumologic.com/receiver/v1/http/ZaVnC4dhaV2Bx==',
    'https://endpoint4.collection.sumologic.com/receiver/v1/http/…',
    ['ZaVnC4dhaV2Bx=='],
  ],
  [
    'Azure Logic Apps',
    'https://prod-12.westeurope.logic.azure.com:443/workflows/0a1b2c/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Xy-z_0',
    'https://prod-12.westeurope.logic.azure.com/workflows/…/triggers/manual/paths/invoke?…',
    ['0a1b2c', '2016-10-01', '%2Ftriggers%2Fmanual%2Frun', '1.0', 'Xy-z_0'],
  ],
  [
    'Datadog',
    'https://http-intake.logs.datadoghq.eu/api/v2/logs?dd-api-key=0123abcd',
    'https://http-intake.logs.datadoghq.eu/api/v2/logs?…',
    ['0123abcd'],
  ],
  [
    'New Relic',
    'https://log-api.newrelic.com/log/v1?Api-Key=NRAK1',
    'https://log-api.newrelic.com/log/v1?…',
    ['NRAK1'],
  ],
  [
    'a chat webhook',
    'https://hooks.example.com/services/T0123/B0456/xyz',
    'https://hooks.example.com/services/…',
    ['T0123/B0456/xyz'],
  ],
  ['a key as the whole query', 'https://siem.example.com/in?8a6b2f0c', 'https://siem.example.com/in?…', ['8a6b2f0c']],
  ['a parameter without a value', 'https://siem.example.com/in?8a6b=', 'https://siem.example.com/in?…', ['8a6b=']],
  [
    'a key as the name of a parameter',
    'https://siem.example.com/in?secretAlpha77=1&access_token=ab&sourceType=c&token20261101=d',
    'https://siem.example.com/in?…',
    ['secretAlpha77', '1', 'ab', 'c', 'token20261101', 'd'],
  ],
  ['no path', 'https://SIEM.example.com:443', 'https://siem.example.com/', []],
  ['an IPv6 address', 'http://[2001:db8::7]:8080/s3cret/', 'http://[2001:db8::7]:8080/…/', ['s3cret']],
];

describe('an endpoint', () => {
  it.each(collectors)('of %s is shown without the parts that may be a key', (_, endpoint, short, secrets) => {
    expect(shortEndpoint(endpoint)).toBe(short);
    expect(secretPartsOf(endpoint)).toEqual(secrets);
  });
});
