import { expect } from 'vitest';
import type { StreamName } from '../../../src/domain/stream.js';
import { seededRandom } from '../../support/clock/random.js';
import type { CommitFailure } from './harness.js';
import { A, ALL, B, C, type CommandTools, type Scenario, type Subject } from './subject.js';

const STEPS = 200;
const streams = [A, B, C] as const;
const failures: readonly (CommitFailure | null)[] = [null, null, null, null, 'REFUSED', 'LOST', 'PERSISTED'];

interface Event {
  position: number;
  stream: StreamName;
  version: number;
}

interface Append {
  stream: StreamName;
  count: number;
  throws: boolean;
}

/** The log as two lists: every event that was ever recorded, and the version through which each stream is pruned. */
class Model {
  readonly recorded: Event[] = [];
  readonly pruned = new Map<StreamName, number>();

  lastVersion(stream: StreamName): number {
    return this.recorded.filter((event) => event.stream === stream).length;
  }

  append({ stream, count }: Append): void {
    for (let index = 0; index < count; index += 1) {
      const position = this.recorded.length + 1;
      this.recorded.push({ position, stream, version: this.lastVersion(stream) + 1 });
    }
  }

  /** The events of a stream through a version go, except the last event of the log. */
  prune(stream: StreamName, through: number): void {
    const last = this.recorded.at(-1);
    const stays = last?.stream === stream ? last.version : this.lastVersion(stream) + 1;
    const version = Math.min(through, stays - 1);
    this.pruned.set(stream, Math.max(version, this.pruned.get(stream) ?? 0));
  }

  events(): Event[] {
    return this.recorded.filter(({ stream, version }) => version > (this.pruned.get(stream) ?? 0));
  }
}

async function compare(subject: Subject, model: Model, step: string): Promise<void> {
  for (const reader of subject.readers()) {
    const events = (await reader.after(0, ALL)).map(({ position, stream, version }) => ({ position, stream, version }));
    expect(events, step).toEqual(model.events());
    for (const stream of streams) {
      expect(await reader.lastVersion(stream), step).toBe(model.lastVersion(stream));
      expect((await reader.horizon(stream)).version, step).toBe(model.pruned.get(stream) ?? 0);
    }
  }
}

/** Random groups, failures, prunings and restarts. */
export const model: readonly Scenario[] = [
  {
    name: `the log equals a simple model after each of ${STEPS} random steps`,
    async run(subject) {
      const random = seededRandom('event log contract');
      const below = (limit: number): number => random(4).readUInt32BE() % limit;
      const anyStream = (): StreamName => streams[below(streams.length)] ?? A;
      const model = new Model();

      async function appendGroup(): Promise<string> {
        const group = Array.from(
          { length: 1 + below(4) },
          (): Append => ({ stream: anyStream(), count: below(4), throws: below(4) === 0 }),
        );
        const failure = failures[below(failures.length)] ?? null;
        if (failure) await subject.fail(failure);
        const works = group.map(({ stream, count, throws }) => ({ append, log }: CommandTools) => {
          append(stream, count);
          // A read within the command must leave nothing behind if the command is undone.
          log.range(stream, 1, ALL);
          if (throws) throw new Error('undo');
        });
        const committing = subject.commit(...works);
        if (failure === 'LOST' || failure === 'PERSISTED') {
          await expect(committing).rejects.toThrow();
          await subject.reopen('KILLED');
        } else {
          expect((await committing).writable).toBe(failure === null);
        }
        if (failure === null || failure === 'PERSISTED') {
          for (const append of group) if (!append.throws) model.append(append);
        }
        return JSON.stringify({ group, failure });
      }

      async function prune(): Promise<string> {
        const stream = anyStream();
        const through = below(model.lastVersion(stream) + 2);
        await subject.commit(({ writer }) => writer.prune({ stream, through, limit: ALL }));
        model.prune(stream, through);
        return `prune ${stream} through ${through}`;
      }

      async function reopen(): Promise<string> {
        await subject.reopen(below(2) ? 'CLOSED' : 'KILLED');
        return 'reopen';
      }

      for (let step = 1; step <= STEPS; step += 1) {
        const kind = below(10);
        const done = await (kind === 0 ? reopen() : kind === 1 ? prune() : appendGroup());
        await compare(subject, model, `step ${step}: ${done}`);
      }
    },
  },
];
