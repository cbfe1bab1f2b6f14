import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, isEnumType } from 'graphql';
import { createYoga, maskError } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Services } from '../../schema/builder.js';
import { toGraphQLError } from '../../schema/error.js';
import { schema } from '../../schema/schema.js';
import type { Cause } from '../domain/event.js';
import { Refusal } from '../domain/refusal.js';
import { type Random, randomTraceId } from '../random.js';
import type { Viewer } from './auth.js';

export const GRAPHQL_PATH = '/graphql';

/** Most levels, aliases, directives and tokens of an operation; a written-out `recordLogins` of 50 logins fits. */
const LIMITS = { depth: 16, aliases: 30, directives: 30, tokens: 4_000 };

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
    plugins: [...armor.protect().plugins, { onValidate: () => explainAfterwards }],
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
        const shown = maskError(error, message, false);
        if (shown !== error) logger.error({ err: cause ?? error }, 'a call failed');
        return shown instanceof GraphQLError
          ? withCode(explain(shown), shown === error ? 'INVALID_INPUT' : 'INTERNAL')
          : shown;
      },
    },
  });
}

/** For a value that an enum does not have: which field it was given for, and which values there are. */
function explain(error: GraphQLError): GraphQLError {
  const { nodes, source, positions, path, originalError, extensions } = error;
  const name = /Value ".*" does not exist in "(\w+)" enum/.exec(error.message)?.[1];
  const type = name && schema.getType(name);
  if (!isEnumType(type)) return error;
  const field = /(\w+)\s*:\s*$/.exec(source?.body.slice(0, positions?.[0]) ?? '')?.[1];
  const values = type.getValues().map((value) => value.name);
  const message = `${field && !error.message.includes('Variable') ? `${field}: ` : ''}${error.message} Use one of ${values.join(', ')}.`;
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions });
}

function explainAfterwards({
  valid,
  result,
  setResult,
}: {
  valid: boolean;
  result: readonly unknown[];
  setResult(errors: GraphQLError[]): void;
}) {
  if (!valid) setResult(result.flatMap((error) => (error instanceof GraphQLError ? [explain(error)] : [])));
}

/** Keeps where in the operation an error stands. */
function located(shown: GraphQLError, error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return shown;
  const { nodes, path } = error;
  return new GraphQLError(shown.message, { nodes, path, extensions: shown.extensions });
}

/** Every error has a code; errors of GraphQL itself are about the operation or its variables. */
function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path, originalError, extensions } = error;
  if (typeof extensions['code'] === 'string' && extensions['code'] !== 'INTERNAL_SERVER_ERROR') return error;
  return new GraphQLError(error.message, {
    nodes,
    source,
    positions,
    path,
    originalError,
    extensions: { ...extensions, code },
  });
}

/** How what a caller causes is traced: by the trace it says it is part of (W3C Trace Context), or by a new one. */
export function causeOf(viewer: Viewer, traceparent: string | string[] | undefined, random: Random): Cause {
  const given =
    typeof traceparent === 'string'
      ? /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(traceparent)?.[1]
      : undefined;
  return { actor: `token-${viewer.tokenId}`, traceId: given ?? randomTraceId(random) };
}
