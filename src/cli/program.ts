import { stripVTControlCharacters } from 'node:util';
import { type CommandDef, renderUsage, runCommand } from 'citty';
import { continueWithoutReader, hasColours } from './output.js';
import { fail, UsageError } from './run.js';

/** A command or a group of commands that the arguments name. */
interface Found {
  command: CommandDef;
  /** The full name, such as `['auditwire', 'portal', 'list']`. */
  path: string[];
  /** The arguments after the name. */
  rest: string[];
}

/**
 * Runs the command that the arguments name.
 *
 * It replaces citty's `runMain`, which ends a usage error with exit code 1 and prints the usage to standard output, ignores options
 * before the name of a subcommand, and omits the name of the program in the usage of a subcommand.
 */
export async function runProgram(program: CommandDef, args: string[]): Promise<void> {
  continueWithoutReader();
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) return print(await version());
  try {
    const found = await find(program, ['auditwire'], args);
    if (wantsHelp(args)) return print(await usageOf(found, process.stdout));
    if (found.command.subCommands)
      throw new UsageError(`${problemWith(found)}\n\n${await usageOf(found, process.stderr)}`);
    await runCommand(found.command, { rawArgs: found.rest });
  } catch (error) {
    fail(
      isFromCitty(error)
        ? new UsageError(`${stripVTControlCharacters(error.message)}. --help shows the usage.`)
        : error,
    );
  }
}

async function find(command: CommandDef, path: string[], args: string[]): Promise<Found> {
  const { subCommands } = command;
  const [name = '', ...rest] = args;
  const known: Record<string, Loadable> = subCommands ? await load(subCommands) : {};
  const next = Object.hasOwn(known, name) ? known[name] : undefined;
  return next ? find(await load(next), [...path, name], rest) : { command, path, rest: args };
}

type Loadable = CommandDef | Promise<CommandDef> | (() => CommandDef | Promise<CommandDef>);

async function load<T extends object>(value: T | Promise<T> | (() => T | Promise<T>)): Promise<T> {
  return typeof value === 'function' ? value() : value;
}

const wantsHelp = (args: string[]) =>
  (args.includes('--') ? args.slice(0, args.indexOf('--')) : args).some((arg) => arg === '--help' || arg === '-h');

/** @param stream the stream that the usage is written to */
async function usageOf({ command, path }: Found, stream: NodeJS.WriteStream): Promise<string> {
  const group = { meta: { name: path.slice(0, -1).join(' '), version: await version() } };
  const usage = await renderUsage(command, group);
  const shown = hasColours(stream) ? usage : stripVTControlCharacters(usage);
  return shown.replaceAll(/ +$/gm, '').trimEnd();
}

function problemWith({ rest: [first] }: Found): string {
  if (first === undefined) return 'The name of a command is missing.';
  if (first.startsWith('-')) return `${first}: put options after the name of the command.`;
  return `There is no command "${first}".`;
}

function isFromCitty(error: unknown): error is Error {
  return error instanceof Error && error.name === 'CLIError';
}

// Imported only when needed, because it reads a file.
const version = async () => (await import('../runtime/version.js')).VERSION;

const print = (text: string) => void process.stdout.write(`${text}\n`);
