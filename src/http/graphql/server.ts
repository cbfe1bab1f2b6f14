import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, isEnumType } from 'graphql';
import { createYoga, maskError } from 'graphql-yoga';
import type { Logger } from 'pino';
import { toGraphQLError } from '../../../schema/error.js';
import { schema } from '../../../schema/schema.js';
import type { Services, Viewer } from '../../api/context.js';
import { Refusal } from '../../domain/refusal.js';
import type { Cause } from '../../domain/stream.js';
import { streamOf } from '../../domain/stream.js';
import { type Random, randomTraceId } from '../../runtime/random.js';
import { compileMutations } from './compile-mutations.js';

export const GRAPHQL_PATH = '/graphql';

/** Most levels, aliases, directives, tokens and characters of an operation; a written-out `recordLogins` of 50 logins fits. */
const LIMITS = { depth: 16, aliases: 30, directives: 30, tokens: 4_000, text: 65_536 };

/** What the server knows of a call before GraphQL does. */
export interface Caller {
  viewer: Viewer;
  cause: Cause;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

/** Yoga over the contract, for callers who are known already. */
export function createGraphQLServer(services: Services, logger: Logger) {
  const armor = new EnvelopArmor({
    maxDepth: { n: LIMITS.depth },
    maxAliases: { n: LIMITS.aliases },
    maxDirectives: { n: LIMITS.directives },
    maxTokens: { n: LIMITS.tokens },
    // A caller with a token may read the whole contract: suggestions give nothing away.
    blockFieldSuggestion: { enabled: false },
    // Pages are limited, and there are no lists inside lists.
    costLimit: { enabled: false },
  });
  return createYoga<Caller, Services>({
    schema,
    context: services,
    graphqlEndpoint: GRAPHQL_PATH,
    plugins: [
      ...armor.protect().plugins,
      { onParams: ({ params }) => refuseLongText(params.query) },
      { onParse: () => explainSyntax, onValidate: () => explainValidation },
      compileMutations(schema),
    ],
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    // Capped in front of Yoga: its own way copies every body.
    maxRequestBodySize: false,
    logging: false,
    maskedErrors: {
      maskError(error, message) {
        const cause = error instanceof GraphQLError ? error.originalError : error;
        if (cause instanceof Refusal) return located(toGraphQLError(cause), error);
        if (cause instanceof SyntaxError || cause instanceof RangeError) return unreadable();
        if (isNoJson(error)) return unreadable();
        const shown = maskError(error, message, false);
        if (shown !== error) logger.error({ err: cause ?? error }, 'a call failed');
        return shown instanceof GraphQLError ? explain(shown, shown === error ? 'INVALID_INPUT' : 'INTERNAL') : shown;
      },
    },
  });
}

/** The parser's cache keeps texts as they are, with their comments. */
function refuseLongText(query: string | null | undefined): void {
  if ((query?.length ?? 0) <= LIMITS.text) return;
  const message = `An operation may have ${LIMITS.text} characters at most; pass values as variables.`;
  throw new GraphQLError(message, { extensions: { code: 'QUERY_TOO_LONG', http: { status: 413 } } });
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

/** An error of GraphQL itself, with a code, and without the value that was given: that may be a secret. */
function explain(error: GraphQLError, code: string): GraphQLError {
  // Yoga puts the reason of a body that is no JSON there, and with it the body.
  const { originalError: _, ...extensions } = error.extensions;
  const { nodes, source, positions, path, originalError } = error;
  const hasCode = typeof extensions['code'] === 'string' && extensions['code'] !== 'INTERNAL_SERVER_ERROR';
  return new GraphQLError(withoutValue(error), {
    nodes,
    source,
    positions,
    path,
    originalError,
    extensions: hasCode ? extensions : { ...extensions, code },
  });
}

/** What graphql-js says against a value. All of it ends in one of these; what comes before or after may be the value. */
const AGAINST_VALUE = [
  /Expected non-nullable type "[\w![\]]+" not to be null\./g,
  /Expected type "\w+" to be an object\./g,
  /Field "[\w.]+" of required type "[\w![\]]+" was not provided\./g,
  /Field "\w+" is not defined by type "\w+"\.(?: Did you mean [\w", ]+\?)?/g,
  /must be an ISO 8601 time with a time zone, such as [\w:-]+/g,
  /(?:Value "[^]*" does not exist in|Enum) "(?<type>\w+)"(?: enum| cannot represent)/g,
  /(?<type>\w+) cannot represent/g,
  /Expected value of type "(?<type>[\w![\]]+)", found/g,
];

function withoutValue({ message, source, positions }: GraphQLError): string {
  const [, variable, at] = /^Variable "(\$\w+)" got invalid value(?:[^]* at "([\w.[\]]+)";)?/.exec(message) ?? [];
  if (!variable && !/^(Value|Enum|Expected value|\w+ cannot represent)\b/.test(message)) {
    return message.replace(/(String|BlockString) "[^]*$/, '$1.');
  }
  const literal = /(\w+)\s*:\s*$/.exec(source?.body.slice(0, positions?.[0]) ?? '')?.[1];
  const field = variable ? (at ?? variable) : literal;
  const found = AGAINST_VALUE.map((against) => [...message.matchAll(against)].at(-1)).find(Boolean);
  const type = found?.groups?.['type'];
  return `${field ? `${field}: ` : ''}${type ? `must be ${valuesOf(type)}` : (found?.[0] ?? 'is not valid')}`;
}

function valuesOf(typeName: string): string {
  const type = schema.getType(typeName);
  if (isEnumType(type))
    return `one of ${type
      .getValues()
      .map(({ name }) => name)
      .join(', ')}`;
  return `of type ${typeName}`;
}

/** Yoga puts what `JSON.parse` said of a body there. */
function isNoJson(error: unknown): boolean {
  return error instanceof GraphQLError && 'originalError' in error.extensions;
}

/** A body or variables that are no JSON, or an operation nested deeper than the parser goes. */
export function unreadable(): GraphQLError {
  const extensions = { code: 'BAD_REQUEST', http: { status: 400 } };
  return new GraphQLError('The operation or its variables could not be read: send JSON with a query.', { extensions });
}

/** Keeps where in the operation an error stands. */
function located(shown: GraphQLError, error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return shown;
  const { nodes, path } = error;
  return new GraphQLError(shown.message, { nodes, path, extensions: shown.extensions });
}

/** How what a caller causes is traced: by the trace it says it is part of (W3C Trace Context), or by a new one. */
export function causeOf(viewer: Viewer, traceparent: string | string[] | undefined, random: Random): Cause {
  const given =
    typeof traceparent === 'string'
      ? /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(traceparent)?.[1]
      : undefined;
  return { actor: streamOf('token', viewer.tokenId), traceId: given ?? randomTraceId(random) };
}
