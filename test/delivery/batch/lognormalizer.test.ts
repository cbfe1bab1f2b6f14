/** Reads CEF lines with `lognormalizer` (Debian package liblognorm-utils), a parser that is independent of this product. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { cef } from '../../../src/domain/formats/cef.js';
import { entryOf } from '../../../src/domain/formats/entry.js';
import { withControls } from '../../support/receiver/cef-parser.js';
import { hostileText, lineSettings, loginOf } from '../../support/receiver/hostile.js';
import { temporaryDirectory } from '../../support/server/app.js';

const PROGRAM = 'lognormalizer';
const RULE = 'rule=:%ts:date-rfc5424% %host:word% %f:cef%';
const LINES = 1_000;

const installed = !spawnSync(PROGRAM, ['-V']).error;
const mayBeMissing = !process.env['CI'];

const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';
const sig = 'XQC3OSFxLbi5dy2-o4xAXHT-x8oW5Df-zVsACWQLMU9Q-sPnEyk5CVs4JHwuRcwO0QNLsNaP1wsyrXYPeneXDQ';

/** lognormalizer drops the first character of the first key unless a space precedes it. */
function withSpaceBeforeKeys(line: string): string {
  // The last match is the first key: in a value, an equals sign is escaped.
  const at = line.lastIndexOf('|rt=') + 1;
  return `${line.slice(0, at)} ${line.slice(at)}`;
}

/** Normalizes lines in one call. Returns an object for each. */
function normalize(lines: readonly string[]): unknown[] {
  const rulebase = join(temporaryDirectory(), 'cef.rule');
  writeFileSync(rulebase, `version=2\n${RULE}\n`);
  const run = spawnSync(PROGRAM, ['-r', rulebase, '-e', 'json'], {
    input: `${lines.join('\n')}\n`,
    maxBuffer: 1 << 28,
  });
  expect(run.stderr.toString()).toBe('');
  return run.stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line): unknown =>
      JSON.parse(line, (_, value: unknown) => (typeof value === 'string' ? withControls(value) : value)),
    );
}

it.skipIf(!installed && mayBeMissing)('lognormalizer reads the values of every login back from its CEF line', () => {
  expect(installed, `${PROGRAM} is not installed (Debian package liblognorm-utils)`).toBe(true);
  const entries = fc
    .sample(fc.tuple(loginOf(hostileText), lineSettings), LINES)
    .map(([login, line]) => entryOf(login, portalId, line));
  const normalized = normalize(entries.map((entry) => withSpaceBeforeKeys(cef.attach(cef.write(entry), sig))));
  expect(normalized).toHaveLength(LINES);
  for (const [index, { line, ...entry }] of entries.entries()) {
    expect(normalized[index]).toEqual({
      ts: entry.eventTs,
      host: line.host,
      f: {
        DeviceVendor: line.vendor,
        DeviceProduct: line.product,
        DeviceVersion: line.version,
        SignatureID: entry.eventClassId,
        Name: entry.name,
        Severity: String(entry.severity),
        Extensions: {
          rt: String(entry.rt),
          src: entry.src,
          request: entry.request.toWellFormed(),
          success: String(entry.success),
          org_id: line.organizationId,
          portal_id: portalId,
          principal_id: entry.principalId.toWellFormed(),
          trace_id: entry.traceId.toWellFormed(),
          user_agent: entry.userAgent.toWellFormed(),
          sig,
        },
      },
    });
  }
});
