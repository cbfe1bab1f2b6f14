import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { commandLineOf } from '../support/server/client-commands.js';
import { startThreaded } from '../support/server/threaded.js';

const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/;
const idIn = (text: string) => UUID.exec(text)?.[0] ?? '';

it('the commands lead from an empty server to a delivered login, with ids that earlier commands printed', {
  timeout: 60_000,
}, async () => {
  const cwd = temporaryDirectory();
  const server = await startThreaded(cwd);
  const receiver = await startReceiver();
  writeFileSync(join(cwd, 'ca.pem'), receiver.ca);
  const { run, text } = commandLineOf(server);

  expect(await run(['portal', 'list'])).toEqual({
    code: 0,
    out: '',
    err: 'There are no portals yet. Next: npm run --silent auditwire -- portal register NAME\n',
  });
  const registered = await run(['portal', 'register', 'Developer portal']);
  const portalId = idIn(registered.out);
  expect(registered).toEqual({
    code: 0,
    out: `Registered portal ${portalId} "Developer portal".\n`,
    err: 'Next: npm run --silent auditwire -- destination create NAME --endpoint URL\n',
  });

  const setting = ['--endpoint', receiver.url, '--ca-certificate-file', 'ca.pem', '--authorization-file', '-'];
  const created = await run(['destination', 'create', 'SIEM', ...setting], { cwd, input: 'Splunk 8a6b2f0c\n' });
  const destinationId = idIn(created.out);
  expect(created.out).toBe(
    [
      `Created destination ${destinationId} "SIEM":`,
      `  endpoint       ${receiver.url}`,
      '  log format     CEF',
      '  authorization  set',
      '  TLS            custom CA',
      '  limits         16 requests in flight\n',
    ].join('\n'),
  );
  expect(created.err).toBe(
    [
      `Next: npm run --silent auditwire -- webhook configure PORTAL-ID --destination ${destinationId} --enable`,
      `To send to it beside the present destination: npm run --silent auditwire -- webhook create PORTAL-ID NAME --destination ${destinationId} --enable\n`,
    ].join('\n'),
  );
  expect(await text(['destination', 'test', destinationId])).toMatch(/^Delivered \(\d+ ms\): 200 OK\n$/);

  const on = ['webhook', 'configure', portalId, '--destination', destinationId, '--enable'];
  expect(await text(on)).toBe(
    `The webhook "default" of portal ${portalId} to destination ${destinationId} "SIEM" is on, ACTIVE.\n`,
  );
  const recorded = await text([
    'login',
    'record',
    portalId,
    '--source-address',
    '192.0.2.7',
    '--principal-name',
    'ada',
  ]);
  const traceId = /^Recorded login \d+, trace ([\da-f]{32})\.\n$/.exec(recorded)?.[1] ?? 'none';
  await receiver.until(() => receiver.accepted.some((line) => line.includes(`trace_id=${traceId}`)));
  expect(receiver.received.at(-1)?.headers.authorization).toBe('Splunk 8a6b2f0c');

  expect(await text(['login', 'list', portalId])).toMatch(new RegExp(`BASIC +SUCCESS +192.0.2.7 +ada +${traceId}\n$`));
  expect(await text(['webhook', 'list'])).toMatch(
    new RegExp(`${portalId} +Developer portal +${portalId} +default +ACTIVE +${destinationId} SIEM\n$`),
  );
  expect(await text(['status'])).toContain(`Developer portal / default (${portalId}): ACTIVE, 1 delivered, 0 pending`);
  await receiver.down();
});
