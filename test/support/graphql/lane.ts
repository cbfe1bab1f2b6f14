/** A portal over GraphQL, with a scripted sender and a fake clock. */

import { WatchedClock } from '../clock/watched-clock.js';
import { aPortal, logIn, untilEvent, untilLane } from '../engine/portal.js';
import { delivered, type Reply, refused, ScriptedSender } from '../engine/scripted-sender.js';
import { startApp } from '../server/app.js';
import { dataOf, rangeFields } from './calls.js';

export interface Range {
  id: string;
  state: string;
  loginCount: number;
}

/** A server, and a portal whose webhook is on. */
export async function startLane() {
  const clock = new WatchedClock();
  const sender = new ScriptedSender(clock);
  const server = { ...(await startApp({ appOptions: { clock, createSender: () => sender } })), clock };
  const receiver = { url: 'https://127.0.0.1:9/collector' };
  const { portalId } = await aPortal(server, receiver);

  /** Records logins in one call, and waits until the lane is past them. The receiver answers with `reply`. */
  async function record(count: number, reply: Reply): Promise<void> {
    sender.reply = reply;
    const before = server.app.services.models.lanes.get(portalId).lane;
    clock.advanceTo(before.first.nextBatchDueAt ?? clock.now());
    await logIn(server, portalId, ...Array.from({ length: count }, (_, index) => `/${index}`));
    const last = server.app.services.log.lastVersion(`login-${portalId}`);
    await untilLane(server, portalId, ({ backlog, first }) => backlog.cursor === last && !first.open);
  }

  return {
    ...server,
    sender,
    portalId,
    refuse: (count = 1) => record(count, refused),
    deliver: (count = 1) => record(count, delivered),
    /** One login whose line is too large for the receiver. */
    tooLargeLine: () => record(1, { verdict: 'TOO_LARGE', responseCode: 413 }),
    untilEvent: (type: Parameters<typeof untilEvent>[2], nth = 1) => untilEvent(server, portalId, type, nth),
    untilLane: (ready: Parameters<typeof untilLane>[2]) => untilLane(server, portalId, ready),
    /** The undelivered ranges, by a query with these arguments. */
    async listed(args = ''): Promise<Range[]> {
      const query = `{ undelivered(portalId: "${portalId}" ${args}) { edges { node { ${rangeFields()} } } } }`;
      const { undelivered } = await dataOf<{ undelivered: { edges: { node: Range }[] } }>(server, query);
      return undelivered.edges.map(({ node }) => node);
    },
  };
}
