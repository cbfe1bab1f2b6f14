import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  visit,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Plugin } from 'graphql-yoga';
import { MAX_LOGINS_IN_A_CALL } from '../../domain/login.js';

/** Most operations kept compiled, and the longest text of one; a program that uses the API has a handful of short ones. */
const MAX_COMPILED = 100;
const MAX_TEXT = 8_192;
/** Variables with longer lists or more keys than any input has are left to graphql-js, which stops at 50 errors. */
const MAX_KEYS = 16;

type Variables = Record<string, unknown>;
type Compiled = { query: (root: unknown, context: unknown, variables: Variables) => unknown };
type Known = { timesSeen: number; compiled: Compiled | null };

/**
 * Mutations are compiled the second time that they are seen: coercing the variables of a `recordLogins` by walking the schema
 * costs more than all the rest of it. Only operations whose values all come as variables, since every other text is a
 * new one; and what does not coerce is left to graphql-js, whose errors name the path.
 */
export function compileMutations(schema: GraphQLSchema): Plugin {
  // Documents come from the parser's cache: the same text is the same object. The last one used stands last.
  const known = new Map<DocumentNode, Known>();

  function compiledOf(document: DocumentNode, operationName: string | undefined): Compiled | null {
    const seen = known.get(document) ?? (isMutationOfVariables(document) ? { timesSeen: 0, compiled: null } : null);
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
        // Without data nothing was executed: the variables were not right.
        if (!('data' in result)) return executeFn(given);
        return result.errors
          ? { ...result, errors: result.errors.map((error) => complete(error, given.document)) }
          : result;
      });
    },
  };
}

/** Whether the variables have no more entries than an input can have, right or wrong. */
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

/** An error of graphql-jit says where it stands as a line and a column only. */
function complete({ message, path, locations, originalError }: GraphQLError, document: DocumentNode): GraphQLError {
  const source = document.loc?.source;
  const lines = source?.body.split('\n') ?? [];
  const positions = locations?.map(
    ({ line, column }) => lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1,
  );
  return new GraphQLError(message, { source, positions, path, originalError });
}

/**
 * One mutation of one field, without any value written into it: several fields would not wait for each other. No fragment
 * twice: a few that spread each other many times are a small text, and take for ever to compile.
 */
function isMutationOfVariables(document: DocumentNode): boolean {
  if ((document.loc?.source.body.length ?? 0) > MAX_TEXT) return false;
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const spread = new Set<string>();
  let isOne = operations.length === 1;
  visit(document, {
    OperationDefinition({ operation, selectionSet: { selections } }) {
      const isField = selections.length === 1 && selections[0]?.kind === Kind.FIELD;
      if (operation !== OperationTypeNode.MUTATION || !isField) isOne = false;
    },
    FragmentSpread({ name }) {
      if (spread.has(name.value)) isOne = false;
      spread.add(name.value);
    },
    Directive() {
      isOne = false;
    },
    Argument({ value }) {
      if (value.kind !== Kind.VARIABLE) isOne = false;
    },
    VariableDefinition({ defaultValue }) {
      if (defaultValue) isOne = false;
    },
  });
  return isOne;
}
