import { errorCode } from '../../db/open.js';

/** An error that a message can carry as it is. The driver's own are no errors to a message, and would arrive as empty objects. */
export function serializableError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = errorCode(error);
  const copy = new Error(code === null ? error.message : `${error.message} (${code})`);
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
