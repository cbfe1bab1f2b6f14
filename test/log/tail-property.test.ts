import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Recorded } from '../../src/domain/event.js';
import type { StreamName } from '../../src/domain/stream.js';
import type { Subscription } from '../../src/log/subscription.js';
import { turn } from '../support/log/fixture.js';
import { openTail } from '../support/log/tail.js';

const STREAMS = ['login-a', 'login-b', 'login-c'] as const;
const LISTS: readonly (readonly StreamName[])[] = [STREAMS, ['login-a'], ['login-b'], ['login-a', 'login-c']];

type Step =
  | { do: 'append'; stream: number; count: number }
  | { do: 'follow'; list: number; after: number }
  | { do: 'read'; subscription: number; count: number }
  | { do: 'latest' | 'park' | 'return'; subscription: number };

const subscription = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream: fc.nat(STREAMS.length - 1),
      // Around the sizes of a page and of the memory for recent events.
      count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(120, 499, 500, 501, 1_000, 1_001)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('follow' as const),
      list: fc.nat(LISTS.length - 1),
      after: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      subscription,
      count: fc.constantFrom(1, 2, 499, 501, 1_500),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('latest' as const, 'park' as const, 'return' as const), subscription }),
  },
);

/** What a subscription should give: `due`, the events of its streams after its position that it has not given yet. */
class Model {
  due: number[] = [];
  /** What a parked `next` or `latest` was answered with. */
  answer: Promise<number | null> | null = null;

  constructor(
    readonly subscription: Subscription,
    readonly streams: readonly StreamName[],
    after: number,
    log: readonly Recorded[],
  ) {
    this.learn(log.filter(({ position }) => position > after));
  }

  learn(events: readonly Recorded[]): void {
    for (const { stream, position } of events) {
      if (this.streams.includes(stream)) this.due.push(position);
    }
  }

  async next(): Promise<void> {
    expect((await this.subscription.next()).value?.position).toBe(this.due.shift());
  }

  /** A parked subscription gives the first event of the next commit, whatever else is in it. */
  async settle(): Promise<void> {
    if (!this.answer || !this.due.length) return;
    expect(await this.answer).toBe(this.due.shift());
    this.answer = null;
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const { tail, commit, close } = openTail();
  const log: Recorded[] = [];
  const models: Model[] = [];
  const pick = (index: number) => models[index % Math.max(1, models.length)];

  for (const one of steps) {
    if (one.do === 'append') {
      const events = commit(STREAMS[one.stream] ?? STREAMS[0], one.count);
      log.push(...events);
      for (const model of models) model.learn(events);
      for (const model of models) await model.settle();
      continue;
    }
    if (one.do === 'follow') {
      const streams = LISTS[one.list] ?? STREAMS;
      const after = Math.round(one.after * log.length);
      models.push(new Model(tail.follow(streams, after), streams, after, log));
      continue;
    }
    const model = pick(one.subscription);
    if (!model || (model.answer && one.do !== 'return')) continue;
    switch (one.do) {
      case 'read':
        for (let count = Math.min(one.count, model.due.length); count > 0; count -= 1) await model.next();
        break;
      case 'park':
        if (!model.due.length) model.answer = model.subscription.next().then(({ value }) => value?.position ?? null);
        break;
      case 'latest': {
        if (!model.due.length) break;
        const latest = model.subscription.latest();
        const settled = await Promise.race([latest, turn(2).then(() => 'still waits' as const)]);
        expect(settled).toMatchObject({ value: { position: model.due.at(-1) } });
        model.due = [];
        break;
      }
      case 'return':
        await model.subscription.return();
        if (model.answer) expect(await model.answer).toBe(null);
        models.splice(models.indexOf(model), 1);
    }
    expect(tail.subscriptions()).toBe(models.length);
  }
  // In the end every subscription gives all that is left.
  for (const model of models) while (model.due.length) await model.next();
  void tail.stop();
  for (const model of models) expect(await (model.answer ?? null)).toBe(null);
  expect(tail.subscriptions()).toBe(0);
  close();
}

it('gives every subscription its events exactly once and in order, whatever else happens', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), run), { numRuns: 25 });
});
