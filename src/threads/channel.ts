/** Sends groups of commands between threads, as messages. The results come back in the same order. */

import type { MessagePort } from 'node:worker_threads';
import { type Commands, eventCount } from '../commands/handlers.js';
import { type InvalidField, Refusal, type RefusalCode } from '../domain/refusal.js';
import type { StreamName } from '../domain/stream.js';
import type { Command, CommandResult, Commit, Committed } from '../log/event-log.js';
import { createQueue } from '../log/queue.js';
import type { Clock } from '../runtime/clock.js';
import { serializableError } from './serializable-error.js';

/** A refusal as plain data: the copy of an error in a message keeps neither its class nor its fields. */
interface RefusalData {
  refusal: { code: RefusalCode; message: string; fields: readonly InvalidField[] };
}

/** Sent to every port after each commit, with the results of the groups that came through that port. */
interface Reply extends Omit<Committed, 'results'> {
  groups: (CommandResult | RefusalData)[][];
}

/**
 * The writer thread's side. The groups that arrive at all ports in one turn of the event loop are committed as one group, and
 * every port gets a reply.
 */
export function serveGroups(ports: readonly MessagePort[], commit: Commit, onFatal: (error: unknown) => void): void {
  const waiting: { port: MessagePort; group: Command[] }[] = [];
  let scheduled = false;
  let ended = false;

  function commitWaiting(): void {
    scheduled = false;
    if (ended) return;
    const groups = waiting.splice(0);
    try {
      const { results, ...committed } = commit(groups.flatMap(({ group }) => group));
      const encoded = results.map(toData);
      const replies = new Map<MessagePort, Reply>(ports.map((port) => [port, { ...committed, groups: [] }]));
      for (const { port, group } of groups) replies.get(port)?.groups.push(encoded.splice(0, group.length));
      for (const [port, reply] of replies) port.postMessage(reply);
    } catch (error) {
      ended = true;
      onFatal(error);
    }
  }

  for (const port of ports) {
    port.on('message', (group: Command[]) => {
      waiting.push({ port, group });
      if (scheduled) return;
      scheduled = true;
      setImmediate(commitWaiting);
    });
  }
}

/** The side of the other threads: sends commands to the writer thread. `wake` is called after each commit of any thread. */
export function connectCommands(
  port: MessagePort,
  clock: Clock,
  wake: (head: number, touched: readonly StreamName[]) => void,
): Commands {
  return createQueue({
    commit: sendGroups(port, wake),
    // One group is being committed, and one is ready for when that has ended.
    groupsInFlight: 2,
    eventCount,
    clock,
    onCommit: wake,
  });
}

/** @param onForeign called after a commit that contains no group of this thread */
function sendGroups(
  port: MessagePort,
  onForeign: (head: number, touched: readonly StreamName[]) => void,
): (group: Command[]) => Promise<Committed> {
  const sent: ((committed: Committed) => void)[] = [];
  port.on('message', ({ groups, ...committed }: Reply) => {
    for (const group of groups) sent.shift()?.({ ...committed, results: group.map(fromData) });
    if (!groups.length) onForeign(committed.head, committed.touched);
  });
  return (group) => {
    port.postMessage(group);
    return new Promise((resolve) => sent.push(resolve));
  };
}

function toData(result: CommandResult): CommandResult | RefusalData {
  if (!('error' in result)) return result;
  if (!(result.error instanceof Refusal)) return { error: serializableError(result.error) };
  const { code, message, fields } = result.error;
  return { refusal: { code, message, fields } };
}

function fromData(result: CommandResult | RefusalData): CommandResult {
  if (!('refusal' in result)) return result;
  const { code, message, fields } = result.refusal;
  return { error: new Refusal(code, message, fields) };
}
