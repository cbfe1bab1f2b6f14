import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { type Answer, answer, type Received, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal } from '../support/server/app.js';
import { longAccountOf, startLongRun } from '../support/server/long-run.js';

const FLAPS = 100;
const PORTALS = 3;
const EVERY_MS = 10_000;
/** Longest time that it is up or down at a stretch. */
const MAX_STRETCH_MS = 15_000;

it('a receiver that comes and goes a hundred times gets everything', async () => {
  const receiver = await startReceiver();
  const run = await startLongRun();
  const taken: Received[] = [];
  const portalIds: string[] = [];
  for (let count = 0; count < PORTALS; count += 1) portalIds.push((await connectPortal(run, receiver)).portalId);
  const failures: Record<string, number> = {};
  const fail = (kind: string) => {
    failures[kind] = (failures[kind] ?? 0) + 1;
  };

  const take = (response: ServerResponse, received: Received, request: Parameters<Answer>[2]) => {
    response.once('finish', () => taken.push(received));
    answer(200)(response, received, request);
  };
  const ways: Answer[] = [
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
      // It has the batch, and the sender never learns of it.
      taken.push(received);
      response.writeHead(200, { 'content-length': '10' }).flushHeaders();
      response.socket?.destroy();
    },
    (_, received, request) => {
      fail('taken and cut');
      taken.push(received);
      request.socket.destroy();
    },
    (response, received, request) => {
      fail('400');
      answer(400)(response, received, request);
    },
  ];

  receiver.answers(take);
  for (const portalId of portalIds) run.keepRecording(portalId, EVERY_MS);
  for (let flap = 0; flap < FLAPS; flap += 1) {
    await run.at(run.clock.now() + randomInt(1_000, MAX_STRETCH_MS));
    const isDown = flap % 4 === 0;
    if (isDown) await receiver.down();
    else receiver.answers(ways[randomInt(ways.length)] ?? take);
    await run.at(run.clock.now() + randomInt(1_000, MAX_STRETCH_MS));
    if (isDown) await receiver.up();
    receiver.answers(take);
  }
  run.stop();
  await Promise.all(portalIds.map((portalId) => run.untilNothingIsLeft(portalId)));

  const account = longAccountOf(run, [receiver], taken);
  const statuses = portalIds.map((portalId) => run.statusOf(portalId).status);
  process.stdout.write(`${FLAPS} flaps: ${JSON.stringify(account)}; failures ${JSON.stringify(failures)}\n`);
  expect(account).toMatchObject({ lost: 0, changed: 0, disorderedFirsts: 0 });
  for (const status of statuses) expect(status).toMatchObject({ state: 'ACTIVE', pending: 0, undeliveredTotal: 0 });
  const total = statuses.reduce((sum, { deliveredTotal }) => sum + deliveredTotal, 0);
  expect(total).toBe(account.logins);
  // A line comes twice only where an answer was lost on its way.
  const unheard = (failures['taken and cut'] ?? 0) + (failures['cut in the answer'] ?? 0);
  expect(taken.length).toBeLessThanOrEqual(account.deliveries + unheard);
  await receiver.down();
}, 90_000);
