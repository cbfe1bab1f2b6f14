import type { ArgsDef } from 'citty';

/** How a person calls the program from a checkout; the command follows. */
export const PROGRAM = 'npm run --silent auditwire --';

const EXIT_FAILED = 1;
/** Exit code if the options or the settings are wrong. */
const EXIT_USAGE = 2;

/** The options or the settings are wrong. The message is for the person who typed the command. */
export class UsageError extends Error {}

/** A command failed for an expected reason. The message is for a person; any other error is a bug and is printed with its stack. */
export class CommandFailed extends Error {}

/** Runs a command. An error ends the program with a message for a person and an exit code. */
export async function run(given: Record<string, unknown>, known: ArgsDef, command: () => Promise<void>): Promise<void> {
  try {
    refuseUnknown(given, known);
    await command();
  } catch (error) {
    fail(error);
  }
}

/** Prints the error and ends the program. */
export function fail(error: unknown): never {
  process.stderr.write(`auditwire: ${explain(error)}\n`);
  process.exit(error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An error of the operating system, such as a directory that is missing, is about the machine; its message has the cause.
  const isExplained = error instanceof UsageError || error instanceof CommandFailed || 'syscall' in error;
  return isExplained ? error.message : (error.stack ?? error.message);
}

/** @throws UsageError with the names of unknown options and arguments, or of an option without its value */
function refuseUnknown(given: Record<string, unknown>, known: ArgsDef): void {
  const unknown = Object.keys(given).filter((name) => !isKnown(name, given[name], known));
  // The word after an unknown option may be its value, and a secret: it is not printed.
  const rejected = unknown.length ? unknown.map((name) => optionOf(name, given[name])) : surplus(given, known);
  if (rejected.length) {
    throw new UsageError(`Unknown option or argument: ${rejected.join(', ')}. --help lists the options.`);
  }
  const withoutValue = Object.keys(known).find(
    (name) => known[name]?.type === 'string' && !isValue(given[name], known),
  );
  if (withoutValue) throw new UsageError(`--${withoutValue} needs a value.`);
}

/** A switch is false if it is written as `--no-…`. Only a switch with a `negativeDescription` has this form. */
function isKnown(name: string, value: unknown, known: ArgsDef): boolean {
  if (name === '_') return true;
  const arg = known[name] ?? known[kebab(name)];
  return arg !== undefined && !(arg.type === 'boolean' && value === false && !arg.negativeDescription);
}

/** A value is missing if the option is the last word, is written as `--no-…`, or is followed by the next option. */
function isValue(value: unknown, known: ArgsDef): boolean {
  if (typeof value !== 'string') return value === undefined;
  return value !== '' && !(value.startsWith('--') && value.slice(2) in known);
}

/** The arguments after the last one that the command has a name for. */
function surplus(given: Record<string, unknown>, known: ArgsDef): string[] {
  const named = Object.values(known).filter(({ type }) => type === 'positional').length;
  return Array.isArray(given['_']) ? given['_'].slice(named).map(String) : [];
}

const optionOf = (name: string, value: unknown) => `--${value === false ? 'no-' : ''}${name}`;

export const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
