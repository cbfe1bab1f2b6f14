/**
 * Operations: one function for each call that a client can make, shared by all interfaces (GraphQL; later REST and the console).
 * An operation checks that the caller may call it, validates the input, executes, and returns plain data.
 */
import type { Context, Viewer } from './context.js';

/** Makes an operation. It checks the caller first, so that a caller without permission learns nothing from errors of the input. */
export function operation<Input, Result>(
  name: string,
  run: (input: Input, context: Context) => Result,
): (input: Input, context: Context) => Result {
  return (input, context) => {
    assertMayCall(name, context.viewer);
    return run(input, context);
  };
}

/**
 * The only place that decides what a caller may do. Every token belongs to the administrator and may call every operation. The
 * interface has already refused calls without a valid token: `authenticate.ts` makes the `Viewer`, which would carry the role.
 */
function assertMayCall(_operation: string, { tokenId }: Viewer): void {
  if (!tokenId) throw new Error('An operation was called without a caller');
}
