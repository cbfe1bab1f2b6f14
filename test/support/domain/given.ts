import { expect } from 'vitest';
import { Refusal, type RefusalCode } from '../../../src/domain/refusal.js';

/** Tests of a decider that read as a specification: `given(...events).when(command).then(...events)`. */
export function decider<State, Event, Command>(
  initial: State,
  evolve: (state: State, event: Event) => State,
  decide: (command: Command, state: State) => Event[],
) {
  return (...events: Event[]) => ({
    when(command: Command) {
      const decided = () => decide(command, events.reduce(evolve, initial));
      return {
        then: (...expected: Event[]) => expect(decided()).toEqual(expected),
        refuses(code: RefusalCode, words?: string | RegExp) {
          const refusal = refusalOf(decided);
          expect(refusal.code).toBe(code);
          if (words) expect(refusal.message).toMatch(words);
        },
      };
    },
  });
}

/** Returns the refusal that `work` throws. Throws if `work` is not refused. */
export function refusalOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}
