import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { type Answer, answer, type Received, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal } from '../support/server/app.js';
import { longAccountOf, startLongRun } from '../support/server/long-run.js';

const FLAPS = 100;
const PORTALS = 3;
/** Longest time between two logins of a portal. */
const EVERY_MS = 10_000;
/** Longest time for which the receiver works or fails without a change. */
const MAX_STRETCH_MS = 15_000;

it('a receiver that fails and recovers 100 times gets every login', async () => {
  const receiver = await startReceiver();
  const run = await startLongRun();
  const accepted: Received[] = [];
  const portalIds: string[] = [];
  for (let count = 0; count < PORTALS; count += 1) portalIds.push((await connectPortal(run, receiver)).portalId);
  const failures: Record<string, number> = {};
  const fail = (kind: string) => {
    failures[kind] = (failures[kind] ?? 0) + 1;
  };

  const accept = (response: ServerResponse, received: Received, request: Parameters<Answer>[2]) => {
    response.once('finish', () => accepted.push(received));
    answer(200)(response, received, request);
  };
  const failingAnswers: Answer[] = [
    (response, received, request) => {
      fail('503');
      answer(503)(response, received, request);
    },
    (response, received, request) => {
      fail('429');
      answer(429, { 'retry-after': String(randomInt(1, 20)) })(response, received, request);
    },
    (_, __, request) => {
      fail('cut before the answer');
      request.socket.destroy();
    },
    (response, received) => {
      fail('cut in the answer');
      // The receiver has the batch, but the sender does not learn it.
      accepted.push(received);
      response.writeHead(200, { 'content-length': '10' }).flushHeaders();
      response.socket?.destroy();
    },
    (_, received, request) => {
      fail('accepted and cut');
      accepted.push(received);
      request.socket.destroy();
    },
    (response, received, request) => {
      fail('400');
      answer(400)(response, received, request);
    },
  ];

  receiver.answers(accept);
  for (const portalId of portalIds) run.keepRecording(portalId, EVERY_MS);
  for (let flap = 0; flap < FLAPS; flap += 1) {
    await run.at(run.clock.now() + randomInt(1_000, MAX_STRETCH_MS));
    const isDown = flap % 4 === 0;
    if (isDown) await receiver.down();
    else receiver.answers(failingAnswers[randomInt(failingAnswers.length)] ?? accept);
    await run.at(run.clock.now() + randomInt(1_000, MAX_STRETCH_MS));
    if (isDown) await receiver.up();
    receiver.answers(accept);
  }
  run.stop();
  await Promise.all(portalIds.map((portalId) => run.untilNothingIsLeft(portalId)));

  const account = longAccountOf(run, [receiver], accepted);
  const statuses = portalIds.map((portalId) => run.statusOf(portalId).status);
  process.stdout.write(`${FLAPS} flaps: ${JSON.stringify(account)}; failures ${JSON.stringify(failures)}\n`);
  expect(account).toMatchObject({ lost: 0, changed: 0, disorderedFirsts: 0 });
  for (const status of statuses) expect(status).toMatchObject({ state: 'ACTIVE', pending: 0, undeliveredTotal: 0 });
  const total = statuses.reduce((sum, { deliveredTotal }) => sum + deliveredTotal, 0);
  expect(total).toBe(account.logins);
  // A batch arrives again only if the answer to it was lost.
  const lostAnswers = (failures['accepted and cut'] ?? 0) + (failures['cut in the answer'] ?? 0);
  expect(accepted.length).toBeLessThanOrEqual(account.deliveries + lostAnswers);
  await receiver.down();
}, 90_000);
