import { errorCode } from '../../db/open.js';

/** A copy of an error that a message can carry. Errors of the SQLite driver would arrive as empty objects. */
export function serializableError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = errorCode(error);
  const copy = new Error(code === null ? error.message : `${error.message} (${code})`);
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
