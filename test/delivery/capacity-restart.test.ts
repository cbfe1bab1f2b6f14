import { expect, it } from 'vitest';
import { WatchedClock } from '../support/clock/watched-clock.js';
import { aPortal, configure, logIn, untilEvent } from '../support/engine/portal.js';
import { delivered, refused, ScriptedSender } from '../support/engine/scripted-sender.js';
import { turn } from '../support/log/fixture.js';
import { startApp, temporaryDirectory } from '../support/server/app.js';

async function start(directory: string, now?: number) {
  const clock = new WatchedClock(now);
  const sender = new ScriptedSender(clock);
  return { ...(await startApp({ directory, appOptions: { clock, createSender: () => sender } })), clock, sender };
}

const siem = { url: 'https://127.0.0.1:9/collector' };

it('a new process throttles a destination that failed, although a portal that moved to it had a success elsewhere', async () => {
  const directory = temporaryDirectory();
  const server = await start(directory);
  const failing = await aPortal(server, siem);
  const moved = await aPortal(server, siem);
  server.sender.reply = refused;
  await logIn(server, failing.portalId, '/1');
  await untilEvent(server, failing.portalId, 'BatchAbandoned');
  server.clock.advance(500);
  server.sender.reply = delivered;
  await logIn(server, moved.portalId, '/2');
  await untilEvent(server, moved.portalId, 'BatchDelivered');
  await configure(server, moved.portalId, { destinationId: failing.destinationId });
  await server.app.stop();

  const again = await start(directory, server.clock.now() + 60_000);
  let inFlight = 0;
  again.sender.send = () => {
    inFlight += 1;
    return new Promise(() => {});
  };
  await logIn(again, failing.portalId, '/3');
  await logIn(again, moved.portalId, '/4');
  // More turns of the event loop than a lane needs to send its request.
  await turn(200);
  expect(inFlight, 'one at a time: it failed').toBe(1);
});
