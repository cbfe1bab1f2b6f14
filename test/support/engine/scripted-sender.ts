import { gunzipSync } from 'node:zlib';
import type { DeliveryRequest, Sender, Target } from '../../../src/delivery/transport/types.js';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import type { Clock } from '../../../src/runtime/clock.js';
import { linesOf } from '../receiver/lines.js';
import { requestsIn } from './portal.js';

export type Reply = Partial<Outcome> & Pick<Outcome, 'verdict'>;
export const delivered: Reply = { verdict: 'DELIVERED', responseCode: 200 };
export const unavailable: Reply = { verdict: 'RETRYABLE', responseCode: 503 };
export const refused: Reply = { verdict: 'FINAL', responseCode: 401 };

/** A sender that sends nothing and returns `reply` at once. */
export class ScriptedSender implements Sender {
  readonly name = 'sender';
  readonly posts: { at: number; deliveryId: string; requests: string[]; target: Target }[] = [];
  reply: Reply = delivered;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  send(target: Target, { deliveryId, body }: DeliveryRequest): Promise<Outcome> {
    const at = this.clock.now();
    this.posts.push({ at, deliveryId, target, requests: requestsIn(linesOf(gunzipSync(body).toString())) });
    for (const check of this.#waiting) check();
    const facts = { durationMs: 0, responseCode: null, message: 'scripted', retryAfterMs: null };
    return Promise.resolve({ attemptedAt: at, ...facts, ...this.reply });
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when `count` posts were made. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.posts.length < count) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
