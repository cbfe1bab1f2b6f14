/** What strace saw of a server: whether the log was synced before a caller was answered. */
import { spawnSync } from 'node:child_process';

/** Only a developer's machine may do without strace. */
export const LACKS_STRACE = !process.env['CI'] && spawnSync('strace', ['-V']).error !== undefined;

/** A command line under which each write, sync and answer of a server goes into a file, with options of strace besides. */
export function tracing(file: string, ...options: string[]): string[] {
  const calls = 'trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg';
  return ['strace', '-f', '-y', '--seccomp-bpf', '-s', '2048', '-e', calls, ...options, '-o', file];
}

/** A command line under which a server is killed when it is about to sync a file for the n-th time, counted from 1. */
export function killedInSync(file: string, n: number): string[] {
  // Not with --seccomp-bpf, with which strace sends no signals.
  const kill = `inject=fdatasync,fsync:signal=SIGKILL:when=${n}`;
  return ['strace', '-f', '-P', file, '-e', 'trace=fdatasync,fsync', '-e', kill, '-o', '/dev/null'];
}

interface Call {
  name: string;
  path: string;
  text: string;
  /** Lines of the trace. */
  began: number;
  ended: number;
  result: number;
}

/** Events that one transaction appended, and its writes to the write-ahead log. */
interface Group {
  marks: string[];
  writes: Call[];
}

const SYNCS = ['fsync', 'fdatasync'];

/**
 * Follows each mark (`mark-1`) from the event that carries it to the answer that does.
 *
 * @param eventsFile what the server wrote each event to in its transaction
 * @returns the marks that were answered, and those of them without a successful sync of the write-ahead log between the last
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
  if (!answer) throw new Error(`There is no answer with ${mark}`);
  return calls.some(
    ({ name, path, result, ended }) => SYNCS.includes(name) && isWal(path) && result === 0 && ended < answer.began,
  );
}

function groupsOf(calls: readonly Call[], eventsFile: string): Group[] {
  const groups: Group[] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    if (call.path === eventsFile) {
      // A transaction writes when it commits: an event after a write is the first of the next one.
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

/** The calls of a trace in the order in which they began. */
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
