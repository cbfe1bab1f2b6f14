/** Data directories with a history. They are made once and used by all rows. */
import { remove, temporaryDirectory } from './backlog.js';
import { type Filled, fill } from './fill.js';

export interface History extends Filled {
  /** Read only: rows that record work on a copy. */
  directory: string;
  portalId: string;
}

/** Logins with the outcome LOCKED and the type PAT. There are few of them in a history of any length, so only an index finds them fast. */
const RARE_LOGINS = 40;

const made = new Map<number, Promise<History>>();

/** A history of `logins` logins of one portal. None of them is due. */
export function historyOf(logins: number): Promise<History> {
  const history = made.get(logins) ?? make(logins);
  made.set(logins, history);
  return history;
}

async function make(logins: number): Promise<History> {
  const directory = temporaryDirectory();
  // Other rows may still need it.
  process.once('exit', () => remove(directory));
  const filled = await fill(directory, { portals: 1, logins, rare: RARE_LOGINS });
  return { ...filled, directory, portalId: filled.portalIds[0] ?? '' };
}
