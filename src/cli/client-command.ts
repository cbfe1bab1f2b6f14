import { type ArgsDef, defineCommand, type ParsedArgs } from 'citty';
import { CallFailed, type Client, createClient, Refused, Unreachable } from '../client/client.js';
import { explainRefusal } from './refusal.js';
import { CommandFailed, run, UsageError } from './run.js';

/** The options of every command that calls a server. */
export const clientArgs = {
  url: {
    type: 'string',
    description: 'GraphQL of the server (AUDITWIRE_URL; http://127.0.0.1:4000/graphql)',
    valueHint: 'url',
  },
  token: {
    type: 'string',
    description: 'Your token; better in AUDITWIRE_TOKEN, where no process list shows it',
    valueHint: 'token',
  },
  json: { type: 'boolean', description: 'Write JSON, for scripts' },
} as const satisfies ArgsDef;

/** What a command has to say: one JSON document for a script, or lines for a person. */
interface Answer {
  json: unknown;
  lines: string[];
  /** 1 where the call succeeded, but not what it was for. */
  exitCode?: number;
}

/**
 * A command that makes calls to a server and says what became of them.
 *
 * @param work makes the calls; undefined where it has written what there is to say
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
        process.stdout.on('error', endQuietly);
        const client = connect(context.args);
        try {
          const answer = await work(client, context.args);
          if (answer) write(answer, context.args.json);
        } catch (error) {
          throw inWords(error, args);
        } finally {
          client.close();
        }
      }),
  });
}

/** @throws UsageError without a token */
function connect({ url, token }: { url?: string | undefined; token?: string | undefined }): Client {
  const { AUDITWIRE_URL, AUDITWIRE_TOKEN } = process.env;
  const given = token ?? AUDITWIRE_TOKEN;
  if (!given) throw new UsageError('A token is needed: set AUDITWIRE_TOKEN or pass --token.');
  return createClient(url ?? (AUDITWIRE_URL || 'http://127.0.0.1:4000/graphql'), given);
}

function write({ json, lines, exitCode = 0 }: Answer, asJson = false): void {
  process.stdout.write(asJson ? `${JSON.stringify(json, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
  process.exitCode = exitCode;
}

/** The error in words for a person; as it is where it is a bug. */
function inWords(error: unknown, args: ArgsDef): unknown {
  if (error instanceof Refused) return explainRefusal(error.refusal, args);
  return error instanceof CallFailed || error instanceof Unreachable ? new CommandFailed(error.message) : error;
}

/** The reader of the output has what it wants, as `head` has after some lines. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
