import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createClient } from '../../src/client/client.js';
import { createLogger } from '../../src/runtime/logger.js';
import { unauthorized } from '../support/domain/events.js';
import { logIn, removeWebhook, untilEvent } from '../support/engine/portal.js';
import { dataOf, mutate } from '../support/graphql/calls.js';
import { aLanePortal } from '../support/lane/commands.js';
import { filesWith } from '../support/log/grep.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, temporaryDirectory, testConfig } from '../support/server/app.js';

const BODY = 'the receiver cannot read field 17';
const EXCERPTS = `query ($id: ID!) { portal(id: $id) { webhook { status { lastResponseMessage } } }
  deliveries(portalId: $id) { edges { node { attempts { message responseExcerpt } } } }
  undelivered(portalId: $id) { edges { node { lastResponseExcerpt } } } }`;

/** A server, its log lines, and a portal whose receiver refuses what it gets. */
async function started() {
  const receiver = await startReceiver();
  receiver.answers(answer(400, {}, BODY));
  const directory = temporaryDirectory();
  const lines: string[] = [];
  const logger = createLogger('trace', { write: (line: string) => void lines.push(line) });
  const app = await createApp(testConfig(directory), logger);
  await app.start();
  const url = `http://127.0.0.1:${app.port()}/graphql`;
  const token = app.firstToken ?? '';
  const test = { app, url, origin: new URL(url).origin, token, client: createClient(url, token) };
  return { receiver, directory, lines, test, ...(await connectPortal(test, receiver)) };
}

it('an excerpt is read through the API only: it is sealed in the log, and in no log line and no message', async () => {
  const { receiver, directory, lines, test, portalId } = await started();
  await logIn(test, portalId, '/1');
  const { data } = await untilEvent(test, portalId, 'BatchAbandoned');

  expect(data.message).toBe('Bad Request');
  expect(await dataOf(test, EXCERPTS, { id: portalId })).toMatchObject({
    portal: { webhook: { status: { lastResponseMessage: 'Bad Request' } } },
    deliveries: { edges: [{ node: { attempts: [{ message: 'Bad Request', responseExcerpt: BODY }] } }] },
    undelivered: { edges: [{ node: { lastResponseExcerpt: BODY } }] },
  });
  expect(lines.some((line) => line.includes('BatchAbandoned'))).toBe(true);
  expect(lines.filter((line) => line.includes('field 17') || line.includes('responseExcerpt'))).toEqual([]);
  expect(filesWith(directory, BODY)).toEqual([]);
  test.client.close();
  await test.app.stop();
  expect(filesWith(directory, BODY)).toEqual([]);
  await receiver.down();
});

it('the excerpts of a deleted destination are null', async () => {
  const { receiver, test, portalId, destinationId: id } = await started();
  await logIn(test, portalId, '/1');
  await untilEvent(test, portalId, 'BatchAbandoned');
  await removeWebhook(test, portalId);
  await mutate(test, 'deleteDestination', { id });

  expect(await dataOf(test, EXCERPTS, { id: portalId })).toMatchObject({
    deliveries: { edges: [{ node: { attempts: [{ message: 'Bad Request', responseExcerpt: null }] } }] },
    undelivered: { edges: [{ node: { lastResponseExcerpt: null } }] },
  });
  test.client.close();
  await test.app.stop();
  await receiver.down();
});

it('an attempt that ends after its destination was deleted has no excerpt, and makes no new data key', async () => {
  const portal = await aLanePortal();
  await portal.login();
  await portal.start(1, 1);
  await portal.remove();
  await portal.deleteDestination(portal.destinationId);

  await portal.end('d-1', { ...unauthorized, responseExcerpt: BODY });

  expect(portal.deliveries().at(-1)).toMatchObject({ type: 'BatchAbandoned', data: { responseExcerpt: null } });
  expect(portal.sqlite.prepare('SELECT owner FROM keys').pluck().all()).toEqual([]);
});
