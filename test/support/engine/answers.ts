import type { ServerResponse } from 'node:http';
import { type Answer, answer, type Receiver } from '../receiver/receiver.js';

/** Answers with these statuses in turn, and with the last one for ever. */
export function statuses(...all: number[]): Answer {
  let next = 0;
  return (...request) => {
    answer(all[Math.min(next, all.length - 1)] ?? 200)(...request);
    next += 1;
  };
}

/** Lets a receiver keep its answers back, and counts the requests under way. */
export function hold(receiver: Receiver) {
  const held: { portalId: string; response: ServerResponse }[] = [];
  const most = { atOnce: 0, ofAPortal: 0 };
  receiver.answers((response, { lines }) => {
    held.push({ portalId: /portal_id=(\S+)/.exec(lines[0] ?? '')?.[1] ?? '', response });
    most.atOnce = Math.max(most.atOnce, held.length);
    for (const { portalId } of held) {
      most.ofAPortal = Math.max(most.ofAPortal, held.filter((other) => other.portalId === portalId).length);
    }
  });
  return {
    /** The most requests that were ever under way. */
    most,
    /** Answers the request that has waited longest. */
    release: (status = 200) => void held.shift()?.response.writeHead(status).end(),
    /** Answers what has waited, and from now on everything at once. */
    releaseAll(status = 200): void {
      receiver.answers(answer(status));
      for (const { response } of held.splice(0)) response.writeHead(status).end();
    },
  };
}
