import { Refusal } from '../domain/refusal.js';
import { type Cause, type StreamName, SYSTEM } from '../domain/stream.js';
import type { Clock } from '../runtime/clock.js';
import { createService, type Service } from '../runtime/service.js';
import type { Command, CommandResult, Commit, Committed, Handler } from './event-log.js';

/** Most commands of a group, and the number of events after which no command is added. They bound the time of a commit. */
const MAX_GROUP_COMMANDS = 1_000;
const MAX_GROUP_EVENTS = 2_000;
/** Most events that wait to be appended. A command above this is refused. */
const MAX_WAITING_EVENTS = 50_000;
/** How long a command waits before it is refused, in ms. */
const MAX_QUEUED_MS = 10_000;

type InputOf<H> = H extends (input: infer I, ...rest: never[]) => unknown ? I : never;
type ResultOf<H> = H extends (...args: never[]) => infer R ? R : never;

/**
 * The only way to change data: commands, each of which resolves when its events are durable. A stop commits the waiting commands
 * and accepts no more.
 */
export interface Commands<H extends Record<keyof H, Handler>> extends Service {
  /** @throws Refusal; UNAVAILABLE while the log cannot be written */
  execute<K extends keyof H & string>(command: K, input: InputOf<H[K]>, cause: Cause): Promise<ResultOf<H[K]>>;
  /** Whether the last group could be written, and no group has been in flight for more than 10 s. */
  writable(): boolean;
  /** Writes a row without meaning: resolves if the log can be written now. */
  probe(): Promise<void>;
}

interface QueueOptions {
  /** Commits a group, here or in the writer thread. Rejects only if the process must end. */
  commit: (group: Command[]) => Promise<Committed>;
  /** Most groups that `commit` has not answered yet. With 2, the writer can start the next group at once. */
  groupsInFlight: number;
  /** About how many events a command appends. */
  eventCount: (command: Command) => number;
  clock: Clock;
  /** Called after each commit, after its commands are answered. */
  onCommit: (head: number, touched: readonly StreamName[]) => void;
}

interface Waiting {
  command: Command;
  size: number;
  until: number;
  resolve: (value: never) => void;
  reject: (reason: unknown) => void;
}

const SYSTEM_CAUSE: Cause = { actor: SYSTEM, traceId: '' };

/**
 * The queue of commands before the writer. The commands of one turn of the event loop form a group. If the writer is busy, commands
 * wait here, up to a limit of events and of time. A command is refused before the writer gets it, or by the
 * writer if the disk is full; in both cases it appends no events.
 */
export function createQueue<H extends Record<keyof H, Handler>>(options: QueueOptions): Commands<H> {
  const { commit, groupsInFlight, eventCount, clock, onCommit } = options;
  const queue: Waiting[] = [];
  let waitingEvents = 0;
  let scheduled = false;
  let writable = true;
  // When each group in flight was given to `commit` (ms), oldest first.
  const inFlightSince: number[] = [];
  let closed = false;
  let cancelExpiry: (() => void) | null = null;
  let onIdle: (() => void) | null = null;
  let cancelErasure: (() => void) | null = null;

  function schedule(): void {
    if (scheduled || inFlightSince.length >= groupsInFlight || !queue.length) return;
    scheduled = true;
    // A microtask would make groups of one command. With setImmediate, it has the commands of all requests of this turn.
    setImmediate(() => {
      scheduled = false;
      void submit(takeGroup());
      schedule();
      expireLater();
    });
  }

  function takeGroup(): Waiting[] {
    let events = 0;
    let count = 0;
    while (count < queue.length && count < MAX_GROUP_COMMANDS && events < MAX_GROUP_EVENTS) {
      events += queue[count]?.size ?? 0;
      count += 1;
    }
    waitingEvents -= events;
    return queue.splice(0, count);
  }

  async function submit(group: readonly Waiting[]): Promise<void> {
    inFlightSince.push(clock.now());
    const committed = await commit(group.map(({ command }) => command));
    inFlightSince.shift();
    writable = committed.writable;
    for (const [index, waiting] of group.entries()) settle(waiting, committed.results[index]);
    if (writable) onCommit(committed.head, committed.touched);
    eraseLater(committed.eraseAt);
    schedule();
    if (!queue.length && !inFlightSince.length) onIdle?.();
  }

  /** Commits an empty group at a time (ms), so that the log removes deleted bytes that a reader needed. */
  function eraseLater(at: number | undefined): void {
    cancelErasure?.();
    cancelErasure = null;
    if (at === undefined || closed) return;
    cancelErasure = clock.at(at, () => {
      cancelErasure = null;
      void submit([]);
    });
  }

  function settle({ resolve, reject }: Waiting, answer: CommandResult | undefined): void {
    if (answer && 'result' in answer) resolve(answer.result as never);
    else reject(answer?.error);
  }

  /** Refuses commands that have waited too long. There is a timer only while a command waits for longer than this turn. */
  function expireLater(): void {
    const [first] = queue;
    if (!first) {
      cancelExpiry?.();
      cancelExpiry = null;
    }
    if (!first || cancelExpiry) return;
    cancelExpiry = clock.at(first.until, () => {
      cancelExpiry = null;
      const expired = queue.findIndex(({ until }) => until > clock.now());
      for (const { size, reject } of queue.splice(0, expired < 0 ? queue.length : expired)) {
        waitingEvents -= size;
        reject(
          new Refusal('UNAVAILABLE', 'The disk of the server is too slow: nothing was recorded. Try again later.'),
        );
      }
      expireLater();
    });
  }

  function enqueue<T>(command: Command): Promise<T> {
    if (closed) return Promise.reject(new Refusal('UNAVAILABLE', 'The server is stopping; try again when it is back.'));
    const size = eventCount(command);
    if (waitingEvents + size > MAX_WAITING_EVENTS) {
      return Promise.reject(new Refusal('UNAVAILABLE', 'Too many events wait for the disk; try again later.'));
    }
    return new Promise((resolve, reject) => {
      waitingEvents += size;
      queue.push({ command, size, until: clock.now() + MAX_QUEUED_MS, resolve, reject });
      schedule();
      if (!scheduled) expireLater();
    });
  }

  return {
    ...createService('commands', {
      async stop() {
        closed = true;
        cancelErasure?.();
        if (queue.length || inFlightSince.length) await new Promise<void>((resolve) => (onIdle = resolve));
        cancelExpiry?.();
      },
    }),
    execute: (name, input, cause) => enqueue({ name, input, cause }),
    writable: () => writable && (inFlightSince[0] ?? clock.now()) > clock.now() - MAX_QUEUED_MS,
    probe: () => enqueue({ name: null, input: null, cause: SYSTEM_CAUSE }),
  };
}

/** Commits in this thread. After a fatal error, no command is answered. */
export function commitHere(
  commit: Commit,
  onFatal: (error: unknown) => void,
): (group: Command[]) => Promise<Committed> {
  return (group) => {
    try {
      return Promise.resolve(commit(group));
    } catch (error) {
      onFatal(error);
      return new Promise(() => {});
    }
  };
}
