import { expect, it } from 'vitest';
import type { Command, CommandResult, Committed } from '../../src/log/event-log.js';
import { createQueue } from '../../src/log/queue.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { CAUSE, turn } from '../support/log/fixture.js';

/** More turns than the queue needs to hand over its groups. */
const SOME_TURNS = 10;
const MAX_QUEUED_MS = 10_000;

/** A queue in front of a writer that answers when the test says so. */
function openQueue(groupsInFlight = 2) {
  const clock = new FakeClock();
  const groups: { inputs: unknown[]; answer: (how?: Partial<Committed>) => void }[] = [];
  const committed: number[] = [];
  let answered = 0;
  const queue = createQueue<{ record: (input: number) => number }>({
    commit: (group: Command[]) =>
      new Promise<Committed>((resolve) => {
        const results: CommandResult[] = group.map(({ input }) => ({ result: input }));
        const answer = (how: Partial<Committed> = {}) => {
          answered += 1;
          resolve({ results, head: answered, touched: [], writable: true, ...how });
        };
        groups.push({ inputs: group.map(({ input }) => input), answer });
      }),
    groupsInFlight,
    eventCount: ({ input }) => Math.max(1, Number(input)),
    clock,
    onCommit: (head) => committed.push(head),
  });
  /** Executes a command with so many events. `is` holds its answer, or 'waiting' until there is one. */
  const record = (events = 1) => {
    const command = { is: 'waiting' };
    void queue.execute('record', events, CAUSE).then(
      (result) => (command.is = `recorded ${result}`),
      (error: { code: string; message: string }) => (command.is = `${error.code}: ${error.message}`),
    );
    return command;
  };
  return { queue, clock, groups, committed, record };
}

const TOO_SLOW = 'UNAVAILABLE: The disk of the server is too slow: nothing was recorded. Try again later.';
const TOO_MUCH = 'UNAVAILABLE: Too many events wait for the disk; try again later.';

/** Hands over so many groups of one command each, which stay unanswered. */
async function occupy({ record, groups }: ReturnType<typeof openQueue>, count: number): Promise<void> {
  for (let group = 1; group <= count; group += 1) {
    record();
    await turn(SOME_TURNS);
    expect(groups).toHaveLength(group);
  }
}

it.each([1, 2])('hands over at most %i groups before the first of them is answered', async (groupsInFlight) => {
  const opened = openQueue(groupsInFlight);
  const { record, groups, committed } = opened;
  await occupy(opened, groupsInFlight);
  const waiting = [record(), record()];
  await turn(SOME_TURNS);
  expect(groups).toHaveLength(groupsInFlight);

  groups[0]?.answer();
  await turn(SOME_TURNS);
  expect(groups).toHaveLength(groupsInFlight + 1);
  expect(groups.at(-1)?.inputs).toEqual([1, 1]);
  groups.at(-1)?.answer();
  await turn(SOME_TURNS);
  expect(waiting.map(({ is }) => is)).toEqual(['recorded 1', 'recorded 1']);
  expect(committed).toEqual([1, 2]);
});

it('refuses a command that has waited 10 s for a busy writer, and never hands it over', async () => {
  const opened = openQueue();
  const { record, clock, groups } = opened;
  await occupy(opened, 2);
  const late = record(7);
  await turn(SOME_TURNS);

  clock.advance(MAX_QUEUED_MS - 1);
  await turn(SOME_TURNS);
  expect(late.is).toBe('waiting');
  clock.advance(1);
  await turn(SOME_TURNS);
  expect(late.is).toBe(TOO_SLOW);

  for (const { answer } of groups) answer();
  await turn(SOME_TURNS);
  expect(groups.map(({ inputs }) => inputs)).toEqual([[1], [1]]);
});

it('refuses a command that did not fit into the groups of its turn and has waited for 10 s', async () => {
  const { record, clock, groups } = openQueue();
  const commands = Array.from({ length: 3 }, () => Array.from({ length: 1_000 }, () => record()));
  await turn(SOME_TURNS);
  expect(groups.map(({ inputs }) => inputs.length)).toEqual([1_000, 1_000]);

  clock.advance(MAX_QUEUED_MS);
  await turn(SOME_TURNS);
  const said = commands.map((group) => [...new Set(group.map(({ is }) => is))]);
  expect(said).toEqual([['waiting'], ['waiting'], [TOO_SLOW]]);
  for (const { answer } of groups) answer();
  await turn(SOME_TURNS);
  expect(groups).toHaveLength(2);
});

it('counts the wait of each command from its arrival', async () => {
  const opened = openQueue();
  const { record, clock } = opened;
  await occupy(opened, 2);
  const first = record();
  clock.advance(4_000);
  const second = record();
  await turn(SOME_TURNS);

  clock.advance(6_000);
  await turn(SOME_TURNS);
  expect([first.is, second.is]).toEqual([TOO_SLOW, 'waiting']);
  clock.advance(4_000);
  await turn(SOME_TURNS);
  expect(second.is).toBe(TOO_SLOW);
});

it('never refuses a command that was handed over, however long the commit takes', async () => {
  const opened = openQueue();
  const { record, clock, groups } = opened;
  const slow = record(3);
  await turn(SOME_TURNS);
  clock.advance(10 * MAX_QUEUED_MS);
  await turn(SOME_TURNS);
  expect(slow.is).toBe('waiting');
  groups[0]?.answer();
  await turn(SOME_TURNS);
  expect(slow.is).toBe('recorded 3');
});

it('hands over commands in order when the writer answers again', async () => {
  const opened = openQueue();
  const { record, clock, groups } = opened;
  await occupy(opened, 2);
  const refused = record(2);
  await turn(SOME_TURNS);
  clock.advance(MAX_QUEUED_MS);
  const kept = [record(3), record(4)];
  groups[0]?.answer();
  await turn(SOME_TURNS);
  const later = record(5);
  await turn(SOME_TURNS);
  for (let next = 1; next < groups.length; next += 1) {
    groups[next]?.answer();
    await turn(SOME_TURNS);
  }
  expect(groups.flatMap(({ inputs }) => inputs)).toEqual([1, 1, 3, 4, 5]);
  expect([refused, ...kept, later].map(({ is }) => is)).toEqual([TOO_SLOW, 'recorded 3', 'recorded 4', 'recorded 5']);
});

it('refuses a command at once if more than 50,000 events would wait, and accepts a command that fits', async () => {
  const opened = openQueue();
  const { record, groups } = opened;
  await occupy(opened, 2);
  const waiting = record(49_999);
  const tooMuch = record(2);
  const fits = record(1);
  const more = record(1);
  await turn();
  expect([waiting, tooMuch, fits, more].map(({ is }) => is)).toEqual(['waiting', TOO_MUCH, 'waiting', TOO_MUCH]);

  groups[0]?.answer();
  await turn(SOME_TURNS);
  // A command that was handed over no longer counts as waiting.
  const next = record(49_999);
  await turn();
  expect(next.is).toBe('waiting');
});

it('gives the room of refused commands to later commands', async () => {
  const opened = openQueue();
  const { record, clock } = opened;
  await occupy(opened, 2);
  record(50_000);
  await turn(SOME_TURNS);
  clock.advance(MAX_QUEUED_MS);
  await turn(SOME_TURNS);
  const later = record(50_000);
  await turn();
  expect(later.is).toBe('waiting');
});

it('adds no command to a group that holds 2,000 events', async () => {
  const { record, groups } = openQueue();
  for (const events of [1_000, 999, 1_000, 1, 1]) record(events);
  await turn(SOME_TURNS);
  expect(groups.map(({ inputs }) => inputs)).toEqual([
    [1_000, 999, 1_000],
    [1, 1],
  ]);
});

it('has no timer while no command waits for its turn', async () => {
  const opened = openQueue();
  const { record, clock, groups } = opened;
  await occupy(opened, 2);
  expect(clock.nextTimer).toBe(null);
  record();
  await turn(SOME_TURNS);
  expect(clock.nextTimer).toBe(clock.now() + MAX_QUEUED_MS);

  groups[0]?.answer();
  await turn(SOME_TURNS);
  expect(groups).toHaveLength(3);
  expect(clock.nextTimer).toBe(null);
});

it('has no timer when every waiting command was refused', async () => {
  const opened = openQueue();
  const { record, clock } = opened;
  await occupy(opened, 2);
  record();
  record();
  await turn(SOME_TURNS);
  clock.advance(MAX_QUEUED_MS);
  expect(clock.nextTimer).toBe(null);
});

it('is not writable after a commit that failed, and does not report that commit', async () => {
  const { queue, record, groups, committed } = openQueue();
  record();
  await turn(SOME_TURNS);
  groups[0]?.answer({ writable: false });
  await turn(SOME_TURNS);
  expect(queue.writable()).toBe(false);
  expect(committed).toEqual([]);

  const probed = queue.probe();
  await turn(SOME_TURNS);
  groups[1]?.answer();
  await probed;
  expect(queue.writable()).toBe(true);
});

it('closes when every command is answered or refused, and then refuses commands', async () => {
  const opened = openQueue();
  const { queue, record, clock, groups } = opened;
  await occupy(opened, 2);
  const waiting = record();
  let closed = false;
  const closing = queue.stop().then(() => (closed = true));
  expect(await queue.execute('record', 1, CAUSE).catch(({ code }: { code: string }) => code)).toBe('UNAVAILABLE');
  for (let next = 0; next < groups.length; next += 1) {
    expect(closed).toBe(false);
    groups[next]?.answer();
    await turn(SOME_TURNS);
  }
  await closing;
  expect(waiting.is).toBe('recorded 1');
  expect(clock.nextTimer).toBe(null);
});
