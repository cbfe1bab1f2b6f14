/**
 * Operations: one function for each thing that a caller can do, under every surface (GraphQL; later REST and the console). An
 * operation checks whether the caller may call it, validates its input, executes, and returns plain data.
 */
import type { Context, Viewer } from './context.js';

/** Makes an operation. The check comes first, so that a caller without the right learns nothing about the input. */
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
 * The only place that knows what a caller may do. A token is the administrator's and may call every operation; a surface has
 * refused calls without a valid token before.
 */
function assertMayCall(_operation: string, { tokenId }: Viewer): void {
  if (!tokenId) throw new Error('An operation was called without a caller');
}
