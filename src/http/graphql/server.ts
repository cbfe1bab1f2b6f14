import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { GraphQLError } from 'graphql';
import { createYoga, type GraphQLParams, maskError } from 'graphql-yoga';
import type { Logger } from 'pino';
import { toGraphQLError } from '../../../schema/error.js';
import { schema } from '../../../schema/schema.js';
import type { Services, Viewer } from '../../api/context.js';
import { Refusal } from '../../domain/refusal.js';
import type { Cause } from '../../domain/stream.js';
import { streamOf } from '../../domain/stream.js';
import { type Random, randomTraceId } from '../../runtime/random.js';
import { compileMutations } from './compile-mutations.js';
import { explainValues } from './explain-values.js';
import { refuseUnansweredSubscriptions } from './negotiate.js';

export const GRAPHQL_PATH = '/graphql';

/** The limits of an operation; `text` in characters. A `recordLogins` with 50 logins in its text is within them. */
const LIMITS = { depth: 16, aliases: 30, directives: 30, tokens: 4_000, text: 65_536 };

/** The caller of an operation, who is authenticated before GraphQL runs. */
export interface Caller {
  viewer: Viewer;
  cause: Cause;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

/** A Yoga server for the contract. Its callers must be authenticated before. */
export function createGraphQLServer(services: Services, logger: Logger) {
  const armor = new EnvelopArmor({
    maxDepth: { n: LIMITS.depth },
    maxAliases: { n: LIMITS.aliases },
    maxDirectives: { n: LIMITS.directives },
    maxTokens: { n: LIMITS.tokens },
    // A caller with a token may read the whole contract, so suggestions reveal nothing.
    blockFieldSuggestion: { enabled: false },
    // Pages are limited, and lists contain no lists.
    costLimit: { enabled: false },
  });
  return createYoga<Caller, Services>({
    schema,
    context: services,
    graphqlEndpoint: GRAPHQL_PATH,
    plugins: [
      ...armor.protect().plugins,
      { onParams: ({ params, request }) => refuseParams(params, request) },
      { onParse: () => explainSyntax, onValidate: () => explainValidation },
      refuseUnansweredSubscriptions,
      explainValues,
      compileMutations(schema),
    ],
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    // The HTTP server limits the body before Yoga, because Yoga's own limit copies every body.
    maxRequestBodySize: false,
    logging: false,
    maskedErrors: {
      maskError(error, message) {
        const cause = error instanceof GraphQLError ? error.originalError : error;
        if (cause instanceof Refusal) return located(toGraphQLError(cause), error);
        if (cause instanceof SyntaxError || cause instanceof RangeError) return unreadable();
        if (isNotJson(error)) return unreadable();
        const shown = maskError(error, message, false);
        if (shown !== error) logger.error({ err: cause ?? error }, 'a call failed');
        return shown instanceof GraphQLError ? explain(shown, shown === error ? 'BAD_REQUEST' : 'INTERNAL') : shown;
      },
    },
  });
}

/** Where clients name an operation that they expect the server to know, by its id or hash. */
const PERSISTED_IDS = ['documentId', 'id', 'doc_id'];

/** Whether a client sends the id or the hash of an operation instead of its text. */
export function isPersisted(params: object): boolean {
  const given: Record<string, unknown> = { ...params };
  if (given['query'] != null) return false;
  const { extensions } = given;
  const hasHash = typeof extensions === 'object' && extensions !== null && 'persistedQuery' in extensions;
  return hasHash || PERSISTED_IDS.some((name) => given[name] != null);
}

function refuseParams(params: GraphQLParams, { method, url }: Request): void {
  // Of the search, Yoga leaves out the parameters that it does not know.
  const search = method === 'GET' ? Object.fromEntries(new URL(url).searchParams) : {};
  if (isPersisted({ ...search, ...params })) throw persistedQueryNotSupported();
  const { query } = params;
  if (typeof query !== 'string') throw unreadable();
  // The parser's cache keeps the whole text, with its comments.
  if (query.length <= LIMITS.text) return;
  const message = `An operation may have at most ${LIMITS.text} characters; pass values as variables.`;
  throw new GraphQLError(message, { extensions: { code: 'QUERY_TOO_LONG', http: { status: 413 } } });
}

/** Clients that send the hash of an operation know this message, code and status from Apollo Server, and then send the operation. */
export function persistedQueryNotSupported(): GraphQLError {
  const extensions = { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 200 } };
  return new GraphQLError('PersistedQueryNotSupported', { extensions });
}

function explainSyntax(done: { result: unknown; replaceParseResult(error: GraphQLError): void }) {
  if (done.result instanceof GraphQLError) done.replaceParseResult(explain(done.result, 'GRAPHQL_PARSE_FAILED'));
}

function explainValidation(done: {
  valid: boolean;
  result: readonly unknown[];
  setResult(errors: GraphQLError[]): void;
}) {
  if (done.valid) return;
  const errors = done.result.filter((error) => error instanceof GraphQLError);
  done.setResult(errors.map((error) => explain(error, 'GRAPHQL_VALIDATION_FAILED')));
}

/** Where a message of graphql-js about the syntax or about a value goes on with the literal or the value, which may be a secret. */
const BEFORE_VALUE = /((?:Block)?String(?= ")|invalid value(?= ))[^]*$/;

const TOO_LARGE = 'Split the operation.';

/** What to do about an error whose message of graphql-js or of a library does not say it. */
const remedies: [start: string, remedy: string][] = [
  ['Query depth limit', TOO_LARGE],
  ['Aliases limit', TOO_LARGE],
  ['Directives limit', TOO_LARGE],
  ['Token limit', 'Split the operation, or pass values as variables.'],
  ['Could not determine what operation', 'Send operationName with the name of one operation of the document.'],
  ['Batching is not supported', 'Send one operation in each request.'],
  ['Expected "variables" param', 'Send variables as a JSON object, or leave them out.'],
];

/** Says what to do. A limit that is exceeded is not an error of syntax. */
function withRemedy(message: string): string {
  const shown = message.replace(/^Syntax Error: (?=.*\blimit of )/, '');
  const remedy = remedies.find(([start]) => shown.startsWith(start))?.[1];
  return remedy ? `${shown.replace(/[.!]*$/, '')}. ${remedy}` : shown;
}

/** Adds a code to an error of GraphQL itself, and cuts off a value. */
function explain(error: GraphQLError, code: string): GraphQLError {
  // For a body that is not JSON, Yoga puts the parse error there, which contains a part of the body.
  const { originalError: _, ...extensions } = error.extensions;
  const { nodes, source, positions, path, originalError } = error;
  const hasCode = typeof extensions['code'] === 'string' && extensions['code'] !== 'INTERNAL_SERVER_ERROR';
  return new GraphQLError(withRemedy(error.message.replace(BEFORE_VALUE, '$1.')), {
    nodes,
    source,
    positions,
    path,
    originalError,
    extensions: hasCode ? extensions : { ...extensions, code },
  });
}

/** Whether it is Yoga's error for a body that is not JSON: only this error has `originalError` in its extensions. */
function isNotJson(error: unknown): boolean {
  return error instanceof GraphQLError && 'originalError' in error.extensions;
}

/** The error for a body or variables that are not JSON, or an operation that is nested too deep for the parser. */
export function unreadable(): GraphQLError {
  const extensions = { code: 'BAD_REQUEST', http: { status: 400 } };
  return new GraphQLError('The operation or its variables could not be read: send a JSON object with a query.', {
    extensions,
  });
}

/** Adds the path and location of the original error. */
function located(shown: GraphQLError, error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return shown;
  const { nodes, path } = error;
  return new GraphQLError(shown.message, { nodes, path, extensions: shown.extensions });
}

/** The cause of the events of a call. The trace id is the caller's (W3C Trace Context, header traceparent), or a new one. */
export function causeOf(viewer: Viewer, traceparent: string | string[] | undefined, random: Random): Cause {
  const given =
    typeof traceparent === 'string'
      ? /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(traceparent)?.[1]
      : undefined;
  return { actor: streamOf('token', viewer.tokenId), traceId: given ?? randomTraceId(random) };
}
