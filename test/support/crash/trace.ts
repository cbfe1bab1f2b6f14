/** Reads the trace that strace wrote of a server: was the log synced before each caller got its answer? */
import { spawnSync } from 'node:child_process';

/** Tests that need strace are skipped without it, except in CI. */
export const LACKS_STRACE = !process.env['CI'] && spawnSync('strace', ['-V']).error !== undefined;

/** A command line that runs a server under strace, which writes each write, sync and answer to a file. `options`: more options of strace. */
export function tracing(file: string, ...options: string[]): string[] {
  const calls = 'trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg';
  return ['strace', '-f', '-y', '--seccomp-bpf', '-s', '2048', '-e', calls, ...options, '-o', file];
}

/** A command line that runs a server under strace, which kills it at the start of its n-th sync of a file, from 1. */
export function killedInSync(file: string, n: number): string[] {
  // With --seccomp-bpf, strace would not send the signal.
  const kill = `inject=fdatasync,fsync:signal=SIGKILL:when=${n}`;
  return ['strace', '-f', '-P', file, '-e', 'trace=fdatasync,fsync', '-e', kill, '-o', '/dev/null'];
}

interface Call {
  name: string;
  path: string;
  text: string;
  /** Line numbers in the trace. */
  began: number;
  ended: number;
  result: number;
}

/** The marks of the events that one transaction appended, and its writes to the write-ahead log. */
interface Group {
  marks: string[];
  writes: Call[];
}

const SYNCS = ['fsync', 'fdatasync'];

/**
 * Follows each mark (such as `mark-1`) from the event with the mark to the answer with the mark.
 *
 * @param eventsFile the file to which the server wrote each event inside its transaction
 * @returns the answered marks, and those of them (`unsynced`) without a successful sync of the write-ahead log between the last
 *   write of their transaction and the answer
 */
export function answersIn(trace: string, eventsFile: string): { answered: string[]; unsynced: string[] } {
  const calls = callsOf(trace);
  const groups = groupsOf(calls, eventsFile);
  const syncs = calls.filter(({ name, path, result }) => SYNCS.includes(name) && isWal(path) && result === 0);
  const isSynced = (mark: string, answer: Call) => {
    const write = groups.find(({ marks }) => marks.includes(mark))?.writes.at(-1);
    return write !== undefined && syncs.some((sync) => sync.began > write.ended && sync.ended < answer.began);
  };
  const answers = calls.filter(isAnswer).flatMap((answer) => marksOf(answer).map((mark) => ({ mark, answer })));
  return {
    answered: answers.map(({ mark }) => mark),
    unsynced: answers.filter(({ mark, answer }) => !isSynced(mark, answer)).map(({ mark }) => mark),
  };
}

/** Whether the server synced the write-ahead log before it answered with a mark. */
export function syncedBeforeAnswer(trace: string, mark: string): boolean {
  const calls = callsOf(trace);
  const answer = calls.find((call) => isAnswer(call) && marksOf(call).includes(mark));
  if (!answer) throw new Error(`The trace has no answer with ${mark}`);
  return calls.some(
    ({ name, path, result, ended }) => SYNCS.includes(name) && isWal(path) && result === 0 && ended < answer.began,
  );
}

function groupsOf(calls: readonly Call[], eventsFile: string): Group[] {
  const groups: Group[] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    if (call.path === eventsFile) {
      // A transaction writes when it commits, so an event after a write belongs to the next transaction.
      if (group && !group.writes.length) group.marks.push(...marksOf(call));
      else groups.push({ marks: marksOf(call), writes: [] });
    } else if (call.name === 'pwrite64' && isWal(call.path)) group?.writes.push(call);
  }
  return groups;
}

const isWal = (path: string) => path.endsWith('.db-wal');
const isAnswer = ({ path, text }: Call) => path.startsWith('socket:') && text.includes('mark-');

function marksOf({ text }: Call): string[] {
  return [...new Set(text.match(/mark-\d+/g))];
}

/** The system calls of a trace, in the order in which they began. */
function callsOf(trace: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, Call>();
  for (const [index, line] of trace.split('\n').entries()) {
    const [, resumedBy = '', outcome] = /^(\d+) +<\.\.\. \w+ resumed>.* = (-?\d+)/.exec(line) ?? [];
    Object.assign(unfinished.get(resumedBy) ?? {}, { ended: index, result: Number(outcome) });
    const [, thread = '', name = '', path = '', text = ''] = /^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$/.exec(line) ?? [];
    if (!name) continue;
    const result = / = (-?\d+)(?: \w+ \(.*\))?$/.exec(text)?.[1];
    const call: Call = { name, path, text, began: index, ended: index, result: Number(result) };
    calls.push(call);
    if (result !== undefined) continue;
    call.ended = Number.POSITIVE_INFINITY;
    unfinished.set(thread, call);
  }
  return calls;
}
