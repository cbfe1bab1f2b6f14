/** Data directories with a long history, made once for all rows of a run. */

import { remove, temporaryDirectory } from './backlog.js';
import { type Filled, fill } from './fill.js';

export interface History extends Filled {
  /** Not to be written to: rows that record work on a copy. */
  directory: string;
  portalId: string;
}

/** LOCKED and by PAT, whatever the size, so that an index is what finds them. */
const RARE_LOGINS = 40;

const made = new Map<number, Promise<History>>();

/** `logins` recorded logins of one portal, none of them due for delivery. */
export function historyOf(logins: number): Promise<History> {
  const known = made.get(logins);
  if (known) return known;
  const history = make(logins);
  made.set(logins, history);
  return history;
}

async function make(logins: number): Promise<History> {
  const directory = temporaryDirectory();
  // No row knows whether it is the last one that needs it.
  process.once('exit', () => remove(directory));
  const filled = await fill(directory, { portals: 1, logins, rare: RARE_LOGINS });
  return { ...filled, directory, portalId: filled.portalIds[0] ?? '' };
}
