import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isInputObjectType,
  Kind,
  OperationTypeNode,
  typeFromAST,
  visit,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Plugin } from 'graphql-yoga';
import { MAX_LOGINS_IN_A_CALL } from '../../domain/login-input.js';

/** The limits of the number of compiled operations and of the characters of one. A client program uses a few short operations. */
const MAX_COMPILED = 100;
const MAX_TEXT = 8_192;
/** Objects with more keys than any input has, and longer lists, are left to graphql-js, which stops after 50 errors. */
const MAX_KEYS = 16;

type Variables = Record<string, unknown>;
type Compiled = { query: (root: unknown, context: unknown, variables: Variables) => unknown };
type Known = { timesSeen: number; compiled: Compiled | null };

/**
 * Compiles a mutation when its text arrives for the second time. graphql-js coerces the variables of a `recordLogins` by walking
 * the schema, which costs more than the rest of the call. Only operations that pass all values as variables are compiled, because
 * the text of the others changes with each call. Variables that are not valid are left to graphql-js, whose errors name the path.
 */
export function compileMutations(schema: GraphQLSchema): Plugin {
  // The parser caches documents: the same text gives the same object. The least recently used document is first.
  const known = new Map<DocumentNode, Known>();

  function compiledOf(document: DocumentNode, operationName: string | undefined): Compiled | null {
    const seen =
      known.get(document) ?? (isMutationOfVariables(document, schema) ? { timesSeen: 0, compiled: null } : null);
    if (!seen) return null;
    seen.timesSeen += 1;
    if (seen.timesSeen === 2) {
      const compiled = compileQuery(schema, document, operationName);
      if (isCompiledQuery(compiled)) seen.compiled = compiled;
    }
    remember(document, seen);
    return seen.compiled;
  }

  function remember(document: DocumentNode, seen: Known): void {
    known.delete(document);
    const [oldest] = known.keys();
    if (known.size >= MAX_COMPILED && oldest) known.delete(oldest);
    known.set(document, seen);
  }

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const compiled = compiledOf(args.document, args.operationName ?? undefined);
      if (!compiled || !isOrdinary(args.variableValues ?? {})) return;
      setExecuteFn(async (given: ExecutionArgs): Promise<unknown> => {
        const variables = given.variableValues ?? {};
        const result = (await compiled.query(given.rootValue, given.contextValue, variables)) as ExecutionResult;
        // Without data, nothing was executed: the variables are not valid.
        if (!('data' in result)) return executeFn(given);
        return result.errors
          ? { ...result, errors: result.errors.map((error) => complete(error, given.document)) }
          : result;
      });
    },
  };
}

/** Whether the variables are within the number of keys and list entries that an input can have. */
function isOrdinary(variables: Variables): boolean {
  const isSmall = (value: unknown) =>
    typeof value !== 'object' || value === null || Object.keys(value).length <= MAX_KEYS;
  const isListOfSmall = (value: unknown) =>
    Array.isArray(value) ? value.length <= MAX_LOGINS_IN_A_CALL && value.every(isSmall) : isSmall(value);
  return (
    isSmall(variables) &&
    Object.values(variables).every(
      (value) => isSmall(value) && Object.values(Object(value) as object).every(isListOfSmall),
    )
  );
}

/** graphql-jit gives the location of an error only as line and column; graphql-js gives character offsets, too. */
function complete({ message, path, locations, originalError }: GraphQLError, document: DocumentNode): GraphQLError {
  const source = document.loc?.source;
  const lines = source?.body.split('\n') ?? [];
  const positions = locations?.map(
    ({ line, column }) => lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1,
  );
  return new GraphQLError(message, { source, positions, path, originalError });
}

/**
 * Whether the document is one mutation of one field without values in its text. Several fields would not run one after the other.
 * A fragment may be used only once: a short text of fragments that use each other many times would take too long to compile.
 */
function isMutationOfVariables(document: DocumentNode, schema: GraphQLSchema): boolean {
  if ((document.loc?.source.body.length ?? 0) > MAX_TEXT) return false;
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const spread = new Set<string>();
  let isCompilable = operations.length === 1;
  visit(document, {
    OperationDefinition({ operation, selectionSet: { selections } }) {
      const isField = selections.length === 1 && selections[0]?.kind === Kind.FIELD;
      if (operation !== OperationTypeNode.MUTATION || !isField) isCompilable = false;
    },
    FragmentSpread({ name }) {
      if (spread.has(name.value)) isCompilable = false;
      spread.add(name.value);
    },
    Directive() {
      isCompilable = false;
    },
    Argument({ value }) {
      if (value.kind !== Kind.VARIABLE) isCompilable = false;
    },
    VariableDefinition({ defaultValue, type }) {
      if (defaultValue || hasOneOf(typeFromAST(schema, type))) isCompilable = false;
    },
  });
  return isCompilable;
}

/** Whether a type has an `@oneOf` in it, of which graphql-jit 0.8 allows several fields at a time. */
function hasOneOf(type: GraphQLType | undefined, seen = new Set<GraphQLType>()): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named) || seen.has(named)) return false;
  seen.add(named);
  return named.isOneOf || Object.values(named.getFields()).some((field) => hasOneOf(field.type, seen));
}
