import { type ArgsDef, defineCommand, type ParsedArgs } from 'citty';
import {
  CallFailed,
  type Client,
  createClient,
  Refused,
  TokenRejected,
  Unreachable,
  WrongUrl,
} from '../client/client.js';
import { endWithReader, visible, writeHint, writeResult } from './output.js';
import { explainRefusal } from './refusal.js';
import { CommandFailed, run, UsageError } from './run.js';

/** The options of every command that calls a server. */
export const clientArgs = {
  url: {
    type: 'string',
    description: 'The GraphQL address of the server (AUDITWIRE_URL; default: http://127.0.0.1:4000/graphql)',
    valueHint: 'url',
  },
  token: {
    type: 'string',
    description: 'Your token; AUDITWIRE_TOKEN is safer, because the process list shows options',
    valueHint: 'token',
  },
  json: { type: 'boolean', description: 'Print JSON, for scripts' },
} as const satisfies ArgsDef;

const TOKEN = /^aw_[\w-]+$/;
const DEFAULT_URL = 'http://127.0.0.1:4000/graphql';

/** The output of a command: one JSON document for a script, or lines for a person. */
interface Answer {
  json: unknown;
  lines: string[];
  /** What a person can do next, or a remark; a script does not get it. */
  hints?: string[];
  /** 1 if the call succeeded but its purpose did not, such as a test line that the receiver rejects. */
  exitCode?: number;
}

/**
 * A command that calls a server and prints the answer.
 *
 * @param work makes the calls; a command that runs until it is stopped writes its output itself and returns nothing
 */
export function clientCommand<const Args extends ArgsDef>(
  meta: { name: string; description: string },
  own: Args,
  work: (client: Client, args: ParsedArgs<Args & typeof clientArgs>) => Promise<Answer>,
) {
  const args = { ...own, ...clientArgs };
  return defineCommand({
    meta,
    args,
    run: (context) =>
      run(context.args, args, async () => {
        endWithReader();
        const client = connect(context.args);
        try {
          write(await work(client, context.args), context.args.json);
        } catch (error) {
          throw explained(error, args, context.args.url);
        } finally {
          client.close();
        }
      }),
  });
}

/** @throws UsageError if the token is missing or cannot be a token, or if the URL is not an http or https URL */
function connect({ url, token }: { url?: string | undefined; token?: string | undefined }): Client {
  const { AUDITWIRE_URL, AUDITWIRE_TOKEN } = process.env;
  const given = (token ?? AUDITWIRE_TOKEN)?.trim();
  if (!given) throw new UsageError('A token is needed: set AUDITWIRE_TOKEN or pass --token.');
  if (!TOKEN.test(given)) {
    throw new UsageError(
      `${token === undefined ? 'AUDITWIRE_TOKEN' : '--token'} is not a token: a token begins with aw_ and has only letters, digits, - and _.`,
    );
  }
  const address = (url ?? (AUDITWIRE_URL || DEFAULT_URL)).trim();
  const source = url === undefined ? 'AUDITWIRE_URL' : '--url';
  if (!URL.canParse(address) || !/^https?:/i.test(address)) {
    throw new UsageError(`${source} must be a URL such as ${DEFAULT_URL}, not "${withoutCredentials(address)}".`);
  }
  const { username, password } = new URL(address);
  if (username || password)
    throw new UsageError(`${source} must have no user name and no password; the token is enough.`);
  return createClient(address, given, {
    onConnection: (state, reason) =>
      writeHint([
        state === 'LOST'
          ? `auditwire: The connection to the server is lost${reason && ` (${reason})`}; trying again.`
          : 'auditwire: The connection to the server is restored.',
      ]),
  });
}

const withoutCredentials = (address: string) => address.replace(/\/\/.*@/, '//…@');

/** Says where the URL comes from. @param option the value of `--url` */
function originOfUrl(option: string | undefined): string {
  if (option !== undefined) return 'The URL comes from --url.';
  if (process.env['AUDITWIRE_URL']) return 'The URL comes from AUDITWIRE_URL.';
  return 'This is the default URL; --url or AUDITWIRE_URL gives another.';
}

function write({ json, lines, hints = [], exitCode = 0 }: Answer, asJson = false): void {
  writeResult(asJson ? JSON.stringify(json, null, 2).split('\n') : lines);
  if (!asJson) writeHint(hints);
  process.exitCode = exitCode;
}

/** Turns an expected error into a message for a person. Any other error is a bug and stays as it is. */
function explained(error: unknown, args: ArgsDef, url: string | undefined): unknown {
  if (error instanceof Refused) return explainRefusal(error.refusal, args);
  if (error instanceof TokenRejected) {
    return new CommandFailed(
      'The server does not know this token (AUDITWIRE_TOKEN or --token). To replace a lost token, stop the server and run ' +
        'the command "token".',
    );
  }
  if (error instanceof WrongUrl || error instanceof Unreachable) {
    return new CommandFailed(visible(`${error.message} ${originOfUrl(url)}`));
  }
  return error instanceof CallFailed ? new CommandFailed(visible(error.message)) : error;
}
