import { type ArgsDef, defineCommand, type ParsedArgs } from 'citty';
import { CallFailed, type Client, createClient, Refused, TokenRejected, Unreachable } from '../client/client.js';
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

/** The output of a command: one JSON document for a script, or lines for a person. */
interface Answer {
  json: unknown;
  lines: string[];
  /** 1 if the call succeeded but its purpose did not, such as a test line that the receiver rejects. */
  exitCode?: number;
}

/**
 * A command that calls a server and prints the answer.
 *
 * @param work makes the calls; it returns undefined if it has printed its output itself
 */
export function clientCommand<const Args extends ArgsDef>(
  meta: { name: string; description: string },
  own: Args,
  work: (client: Client, args: ParsedArgs<Args & typeof clientArgs>) => Promise<Answer | undefined>,
) {
  const args = { ...own, ...clientArgs };
  return defineCommand({
    meta,
    args,
    run: (context) =>
      run(context.args, args, async () => {
        process.stdout.on('error', exitIfOutputClosed);
        const client = connect(context.args);
        try {
          const answer = await work(client, context.args);
          if (answer) write(answer, context.args.json);
        } catch (error) {
          throw explained(error, args);
        } finally {
          client.close();
        }
      }),
  });
}

/** @throws UsageError if the token is missing or cannot be a token, or if the URL is not an http or https URL */
function connect({ url, token }: { url?: string | undefined; token?: string | undefined }): Client {
  const { AUDITWIRE_URL, AUDITWIRE_TOKEN } = process.env;
  const given = token ?? AUDITWIRE_TOKEN;
  if (!given) throw new UsageError('A token is needed: set AUDITWIRE_TOKEN or pass --token.');
  if (!TOKEN.test(given)) {
    throw new UsageError(
      `${token === undefined ? 'AUDITWIRE_TOKEN' : '--token'} is not a token: a token begins with aw_ and has only letters, digits, - and _.`,
    );
  }
  const address = url ?? (AUDITWIRE_URL || 'http://127.0.0.1:4000/graphql');
  if (!URL.canParse(address) || !/^https?:/i.test(address)) {
    throw new UsageError(
      `${url === undefined ? 'AUDITWIRE_URL' : '--url'} must be a URL such as http://127.0.0.1:4000/graphql, not "${address}".`,
    );
  }
  return createClient(address, given, (state) => {
    process.stderr.write(
      `auditwire: ${state === 'LOST' ? 'The connection to the server is lost; trying again.' : 'The connection to the server is restored.'}\n`,
    );
  });
}

function write({ json, lines, exitCode = 0 }: Answer, asJson = false): void {
  process.stdout.write(asJson ? `${JSON.stringify(json, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
  process.exitCode = exitCode;
}

/** Turns an expected error into a message for a person. Any other error is a bug and stays as it is. */
function explained(error: unknown, args: ArgsDef): unknown {
  if (error instanceof Refused) return explainRefusal(error.refusal, args);
  if (error instanceof TokenRejected) {
    return new CommandFailed(
      'The server does not know this token (AUDITWIRE_TOKEN or --token). To replace a lost token, stop the server and run ' +
        'the command "token".',
    );
  }
  return error instanceof CallFailed || error instanceof Unreachable ? new CommandFailed(error.message) : error;
}

/** Ends without an error if the reader closed the output, as `head` does after some lines. */
function exitIfOutputClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
