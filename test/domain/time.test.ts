import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/domain/time.js';

describe('a time', () => {
  it.each([
    ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00.1239Z', Date.UTC(2026, 0, 31, 12, 0, 0, 123)],
    ['2026-01-31T12:00:00+01:00', Date.UTC(2026, 0, 31, 11)],
    ['2026-01-31T12:00:00+0000', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00.5-0330', Date.UTC(2026, 0, 31, 15, 30, 0, 500)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
  ])('can be %s', (text, at) => {
    expect(parseTime(text)).toBe(at);
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-31T25:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:61Z',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00+0060',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00:00+00',
    '2026-01-31 12:00:00Z',
    '2026-01-31',
    '1769860800000',
    '2026-01-31T12:00:00Z\n',
    'yesterday',
    '',
  ])('is malformed if it is %j', (text) => {
    expect(parseTime(text)).toBe(null);
  });

  it('is read back from every time that the server returns', () => {
    const time = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(fc.property(time, (at) => parseTime(at.toISOString()) === at.getTime()));
  });
});
