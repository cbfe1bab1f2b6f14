import { describe, expect, it } from 'vitest';
import { call, commandLineOf } from '../support/server/client-commands.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();
const UNKNOWN = '3e551b39-227d-4297-b911-e68fd5d77c17';

describe('a refusal by the server names the options and arguments; its exit code is 2 for invalid input, otherwise 1', () => {
  it.each([
    [['portal', 'register', ' '], 'The server refused the call (INVALID_INPUT)\n  NAME: must not be blank\n'],
    [
      ['portal', 'rename', UNKNOWN, 'Shop'],
      `There is no portal with the id ${UNKNOWN}; the query portals lists the ids. (NOT_FOUND)\n  PORTAL-ID: is not the id of a portal; the query portals lists the ids\n`,
    ],
    [
      ['destination', 'create', 'SIEM', '--endpoint', 'ftp://siem', '--max-in-flight', '65'],
      'The server refused the call (INVALID_INPUT)\n  --endpoint: must be an https URL\n' +
        '  --max-in-flight: must be a whole number from 1 to 64\n',
    ],
    [
      ['webhook', 'configure', 'shop', '--destination', 'siem'],
      'The server refused the call (INVALID_INPUT)\n' +
        `  PORTAL-ID: must be a UUID such as ${UNKNOWN}\n  --destination: must be a UUID such as ${UNKNOWN}\n`,
    ],
    [
      ['login', 'list', 'shop'],
      `The server refused the call (INVALID_INPUT)\n  PORTAL-ID: must be a UUID such as ${UNKNOWN}\n`,
    ],
  ])('%j', async (args, reason) => {
    expect(await commandLineOf(app()).run([...args, '--json'])).toEqual({
      code: reason.includes('INVALID_INPUT') ? 2 : 1,
      out: '',
      err: `auditwire: ${reason}`,
    });
  });
});

describe('a usage error gives exit code 2 without a call to the server', () => {
  it.each([
    [['portal', 'register'], 'Missing required positional argument: NAME'],
    [['portal', 'list', 'all'], 'Unknown option or argument: all. --help lists the options.'],
    [['portal', 'list', '--no-json'], 'Unknown option or argument: --no-json.'],
    [['portal', 'register', 'Shop', '--id', '--json'], '--id needs a value.'],
    [['portal'], 'The name of a command is missing.'],
    [['portal', 'remove', UNKNOWN], 'There is no command "remove".'],
    [['--json', 'portal', 'list'], '--json: put options after the name of the command.'],
    [['destination', 'update', UNKNOWN], 'Nothing to change'],
    [['webhook', 'configure', UNKNOWN, '--enable', '--disable'], '--enable and --disable cannot be used together.'],
    [['webhook', 'configure', UNKNOWN, '--enable', '--since', 'today'], '--since must be a time with a time zone'],
    [['webhook', 'configure', UNKNOWN, '--enable', '--catch-up', 'SINCE'], '--catch-up SINCE needs --since.'],
    [
      ['webhook', 'configure', UNKNOWN, '--enable', '--since', '2026-01-31T12:00:00Z'],
      '--since needs --catch-up SINCE.',
    ],
    [['webhook', 'configure', UNKNOWN, '--disable', '--catch-up', 'FROM_NOW'], '--catch-up needs --enable.'],
    [
      ['destination', 'update', UNKNOWN, '--authorization-env', '--remove-authorization'],
      '--authorization-env and --remove-authorization cannot be used together.',
    ],
    [['portal', 'list', '--token', 'aw_…'], '--token is not a token: a token begins with aw_'],
    [
      ['portal', 'list', '--url', '127.0.0.1:4000/graphql'],
      '--url must be a URL such as http://127.0.0.1:4000/graphql',
    ],
    [['login', 'record', UNKNOWN, '--source-address', '::1', '--outcome', 'OK'], '--outcome must be one of SUCCESS, '],
    [['login', 'list', UNKNOWN, '--limit', '-1'], '--limit must be a whole number'],
  ])('%j', async (args, reason) => {
    const { code, out, err } = await call(args, {
      env: { AUDITWIRE_TOKEN: 'aw_none', AUDITWIRE_URL: 'http://127.0.0.1:1' },
    });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`auditwire: ${reason}`);
  });
});
