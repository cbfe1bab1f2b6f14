import type { ServerResponse } from 'node:http';
import { type Answer, answer, type Receiver } from '../receiver/receiver.js';

/** Answers with these statuses in order, and after that always with the last one. */
export function statuses(...all: number[]): Answer {
  let next = 0;
  return (...request) => {
    answer(all[Math.min(next, all.length - 1)] ?? 200)(...request);
    next += 1;
  };
}

/** Makes a receiver delay its answers, and counts the requests in flight. */
export function hold(receiver: Receiver) {
  const waiting: { portalId: string; response: ServerResponse }[] = [];
  const most = { atOnce: 0, ofAPortal: 0 };
  receiver.answers((response, { lines }) => {
    waiting.push({ portalId: /portal_id=(\S+)/.exec(lines[0] ?? '')?.[1] ?? '', response });
    most.atOnce = Math.max(most.atOnce, waiting.length);
    for (const { portalId } of waiting) {
      most.ofAPortal = Math.max(most.ofAPortal, waiting.filter((other) => other.portalId === portalId).length);
    }
  });
  return {
    /** The largest number of requests in flight so far: of all portals, and of one portal. */
    most,
    /** Answers the request that has waited longest. */
    release: (status = 200) => void waiting.shift()?.response.writeHead(status).end(),
    /** Answers all waiting requests, and from now on every request at once. */
    releaseAll(status = 200): void {
      receiver.answers(answer(status));
      for (const { response } of waiting.splice(0)) response.writeHead(status).end();
    },
  };
}
