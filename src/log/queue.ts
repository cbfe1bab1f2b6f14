import { Refusal } from '../domain/refusal.js';
import { type Cause, type StreamName, SYSTEM } from '../domain/stream.js';
import type { Clock } from '../runtime/clock.js';
import type { Command, CommandResult, Commit, Committed, Handler } from './event-log.js';

/** At most so many commands, and no further one once they append so many events, share a group: nobody waits for long. */
const MAX_GROUP_COMMANDS = 1_000;
const MAX_GROUP_EVENTS = 2_000;
/** At most so many events wait to be appended; the next command is refused. */
const MAX_WAITING_EVENTS = 50_000;
/** How long a command waits for its turn before it is refused, in ms. */
const MAX_QUEUED_MS = 10_000;

type InputOf<H> = H extends (input: infer I, ...rest: never[]) => unknown ? I : never;
type ResultOf<H> = H extends (...args: never[]) => infer R ? R : never;

/** The one way to change anything: a command by name, answered when it is durable. */
export interface Commands<H extends Record<keyof H, Handler>> {
  /** @throws Refusal, or UNAVAILABLE while the log cannot be written */
  execute<K extends keyof H & string>(command: K, input: InputOf<H[K]>, cause: Cause): Promise<ResultOf<H[K]>>;
  /** Whether the last group could be written, and none is stuck on its way to the disk. */
  writable(): boolean;
  /** Writes a row that means nothing: resolves if the log can be written now. */
  probe(): Promise<void>;
  /** Commits what is waiting and takes nothing more. */
  close(): Promise<void>;
}

interface QueueOptions {
  /** Commits a group, here or in the writer thread; rejects only where the process has to end. */
  commit: (group: Command[]) => Promise<Committed>;
  /** Groups handed to `commit` before the first of them is answered: with 2, the writer finds the next one waiting. */
  groupsInFlight: number;
  /** How many events a command appends, about. */
  eventCount: (command: Command) => number;
  clock: Clock;
  /** Called after each commit, once its commands are answered. */
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
 * Commands on their way to the writer. Those of one turn of the event loop go as one group; what the writer has no time for
 * waits here, up to a limit and for a limited time, and is refused before it was handed over, so that a refusal is always true.
 */
export function createQueue<H extends Record<keyof H, Handler>>(options: QueueOptions): Commands<H> {
  const { commit, groupsInFlight, eventCount, clock, onCommit } = options;
  const queue: Waiting[] = [];
  let waitingEvents = 0;
  let scheduled = false;
  let writable = true;
  // When the groups in flight were handed over, oldest first.
  const since: number[] = [];
  let closed = false;
  let cancelExpiry: (() => void) | null = null;
  let onIdle: (() => void) | null = null;

  function schedule(): void {
    if (scheduled || since.length >= groupsInFlight || !queue.length) return;
    scheduled = true;
    // A microtask would make groups of one: setImmediate lets all requests of this turn in.
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
    since.push(clock.now());
    const committed = await commit(group.map(({ command }) => command));
    since.shift();
    writable = committed.writable;
    for (const [index, waiting] of group.entries()) settle(waiting, committed.results[index]);
    if (writable) onCommit(committed.head, committed.touched);
    schedule();
    if (!queue.length && !since.length) onIdle?.();
  }

  function settle({ resolve, reject }: Waiting, answer: CommandResult | undefined): void {
    if (answer && 'result' in answer) resolve(answer.result as never);
    else reject(answer?.error);
  }

  /** Refuses what has waited too long. There is a timer only while something waits for longer than this turn. */
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
        reject(new Refusal('UNAVAILABLE', 'The disk of the server is too slow at the moment: nothing was recorded.'));
      }
      expireLater();
    });
  }

  function enqueue<T>(command: Command): Promise<T> {
    if (closed) return Promise.reject(new Refusal('UNAVAILABLE', 'The server is stopping; try again when it is back.'));
    const size = eventCount(command);
    if (waitingEvents + size > MAX_WAITING_EVENTS) {
      return Promise.reject(new Refusal('UNAVAILABLE', 'Too much is waiting for the disk; try again later.'));
    }
    return new Promise((resolve, reject) => {
      waitingEvents += size;
      queue.push({ command, size, until: clock.now() + MAX_QUEUED_MS, resolve, reject });
      schedule();
      if (!scheduled) expireLater();
    });
  }

  return {
    execute: (name, input, cause) => enqueue({ name, input, cause }),
    writable: () => writable && (since[0] ?? clock.now()) > clock.now() - MAX_QUEUED_MS,
    probe: () => enqueue({ name: null, input: null, cause: SYSTEM_CAUSE }),
    async close() {
      closed = true;
      if (queue.length || since.length) await new Promise<void>((resolve) => (onIdle = resolve));
      cancelExpiry?.();
    },
  };
}

/** Commits in this thread. After a fatal error nobody is answered. */
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
