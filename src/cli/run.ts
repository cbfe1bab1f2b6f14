import type { ArgsDef } from 'citty';

/** Exit codes: what the person can mend in the command line or the settings, and all else. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Something to mend in the command line or the settings; the message is for the person who typed it. */
export class UsageError extends Error {}

/** Why a command could not do its work, in words for a person. Any other error is a bug, and shown with its stack. */
export class CommandFailed extends Error {}

/** Runs a command; whatever goes wrong is a line for a person, and an exit code. */
export async function run(given: Record<string, unknown>, known: ArgsDef, command: () => Promise<void>): Promise<void> {
  try {
    refuseUnknown(given, known);
    await command();
  } catch (error) {
    fail(error);
  }
}

/** Ends the program with a line for a person. */
export function fail(error: unknown): never {
  process.stderr.write(`auditwire: ${explain(error)}\n`);
  process.exit(error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
}

function explain(error: unknown): string {
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : 'the connection to the server was refused or lost';
  const isExplained = error instanceof UsageError || error instanceof CommandFailed;
  return isExplained ? error.message : (error.stack ?? error.message);
}

/** @throws UsageError naming the arguments that are not understood */
function refuseUnknown(given: Record<string, unknown>, known: ArgsDef): void {
  const unknown = Object.keys(given).filter((name) => !isKnown(name, given[name], known));
  // After an unknown option stands what may be its value, and a secret: it is not repeated.
  const odd = unknown.length ? unknown.map((name) => optionOf(name, given[name])) : surplus(given, known);
  if (odd.length) throw new UsageError(`${odd.join(', ')}: not understood; --help lists the options.`);
  const without = Object.keys(known).find((name) => known[name]?.type === 'string' && !isValue(given[name], known));
  if (without) throw new UsageError(`--${without} needs a value.`);
}

/** A switch that is off is one written as `--no-…`, which only those have that say what it means. */
function isKnown(name: string, value: unknown, known: ArgsDef): boolean {
  if (name === '_') return true;
  const arg = known[name] ?? known[kebab(name)];
  return arg !== undefined && !(arg.type === 'boolean' && value === false && !arg.negativeDescription);
}

/** Not where an option stands last, is negated, or is followed by the next option. */
function isValue(value: unknown, known: ArgsDef): boolean {
  if (typeof value !== 'string') return value === undefined;
  return value !== '' && !(value.startsWith('--') && value.slice(2) in known);
}

/** What was given beside options and the arguments that have a name. */
function surplus(given: Record<string, unknown>, known: ArgsDef): string[] {
  const named = Object.values(known).filter(({ type }) => type === 'positional').length;
  return Array.isArray(given['_']) ? given['_'].slice(named).map(String) : [];
}

const optionOf = (name: string, value: unknown) => `--${value === false ? 'no-' : ''}${name}`;

export const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
