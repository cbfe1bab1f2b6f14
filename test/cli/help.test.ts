import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';
import { call } from '../support/server/client-commands.js';

const commands = {
  '': ['auditwire start|demo|portal|destination|webhook|login|undelivered|replay|status|rebuild|token'],
  portal: ['auditwire portal register|list|rename|retire'],
  'portal register': ['auditwire portal register [OPTIONS] <NAME>', '--id=<uuid>'],
  'portal list': ['--include-retired'],
  'portal rename': ['<PORTAL-ID> <NAME>'],
  'portal retire': ['<PORTAL-ID>'],
  destination: ['create|list|update|test|delete'],
  'destination create': ['<NAME> --endpoint=<url>', '--authorization-file=<file>', 'AUDITWIRE_AUTHORIZATION'],
  'destination list': [],
  'destination update': ['<DESTINATION-ID>', '--name=<name>', '--remove-authorization', '--no-skip-tls-verification'],
  'destination test': ['<DESTINATION-ID>'],
  'destination delete': ['<DESTINATION-ID>'],
  webhook: ['configure|create|list|rename|remove'],
  'webhook configure': ['<PORTAL-ID>', '--webhook=<webhook>', '--catch-up=<choice>', 'SINCE_LAST_ON'],
  'webhook create': ['<PORTAL-ID>', '<NAME>', '--destination=<destination-id>', '--enable'],
  'webhook rename': ['<PORTAL-ID>', '<WEBHOOK>', '<NAME>'],
  'webhook list': [],
  'webhook remove': ['<PORTAL-ID>'],
  login: ['record|list'],
  'login record': [
    '<PORTAL-ID> --source-address=<address>',
    '--outcome=<outcome>',
    '(Default: SUCCESS)',
    'cut to 2 KiB',
  ],
  'login list': ['<PORTAL-ID>', '(Default: 100)'],
  undelivered: ['list|redeliver|discard'],
  'undelivered list': ['<PORTAL-ID>', '--webhook=<webhook>', '--state=<state>'],
  'undelivered redeliver': ['<RANGE-ID>', '--through=<webhook-id>'],
  'undelivered discard': ['<RANGE-ID>', '--reason=<text>'],
  replay: ['start|status|cancel'],
  'replay start': ['<PORTAL-ID>', '--start-at=<time>', '--end-at=<time>', '--scope=<scope>'],
  'replay status': ['<PORTAL-ID>', '--webhook=<webhook>'],
  'replay cancel': ['<PORTAL-ID>', '--webhook=<webhook>'],
  status: ['--watch'],
};

describe('--help prints the usage, the arguments and the options of', () => {
  it.each(Object.entries(commands))('auditwire %s', async (name, parts) => {
    const words = name.split(' ').filter(Boolean);
    const { code, out, err } = await call([...words, '--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`USAGE ${['auditwire', ...words].join(' ')}`);
    expect(out).not.toMatch(/\u001b| $/m);
    const commonOptions = out.includes('COMMANDS') ? [] : ['--url=<url>', '--token=<token>', '--json'];
    for (const part of [...parts, ...commonOptions]) expect(out).toContain(part);
  });
});

describe('colours', { skip: process.platform !== 'linux' }, () => {
  /** Runs the program at a terminal, with standard error in the file `err`. */
  const terminal = ['sh', '-c', 'exec script -qe -c "$* 2> err" /dev/null', 'sh', process.execPath];

  it.each([
    ['are written to a terminal', ['portal', '--help'], {}, true],
    ['are not written to a terminal with NO_COLOR', ['portal', '--help'], { NO_COLOR: 'yes' }, false],
  ])('%s', async (_, args, env, isColoured) => {
    const help = auditwire(temporaryDirectory(), args, { TERM: 'xterm', ...env }, terminal);
    await help.ended;
    expect(help.said()).toContain('USAGE');
    expect(help.said().includes('\u001b[')).toBe(isColoured);
  });

  it('are not written into a file, although the other output is a terminal', async () => {
    const directory = temporaryDirectory();
    await auditwire(directory, ['portal'], { TERM: 'xterm' }, terminal).ended;
    const err = readFileSync(join(directory, 'err'), 'utf8');
    expect(err).toContain('USAGE');
    expect(err).not.toContain('\u001b');
  });
});
