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

/** Most operations kept compiled; a program that uses the API has a handful. */
const MAX_COMPILED = 100;

type Compiled = { query: (root: unknown, context: unknown, variables: Record<string, unknown>) => unknown };
type Known = { timesSeen: number; compiled: Compiled | null };

/**
 * Mutations are compiled the second time that they are seen: coercing the variables of a `recordLogins` by walking the schema
 * costs more than all the rest of it. Only operations whose values all come as variables, since every other text is a
 * new one; and what does not coerce is left to graphql-js, whose errors name the path.
 */
export function compileMutations(schema: GraphQLSchema): Plugin {
  // Documents come from the parser's cache: the same text is the same object.
  const known = new Map<DocumentNode, Known>();

  function compiledOf(document: DocumentNode, operationName: string | undefined): Compiled | null {
    const seen = known.get(document) ?? { timesSeen: 0, compiled: null };
    if (!seen.timesSeen) remember(document, seen);
    seen.timesSeen += 1;
    if (seen.timesSeen === 2 && isMutationOfVariables(document)) {
      const compiled = compileQuery(schema, document, operationName);
      if (isCompiledQuery(compiled)) seen.compiled = compiled;
    }
    return seen.compiled;
  }

  function remember(document: DocumentNode, seen: Known): void {
    const [oldest] = known.keys();
    if (known.size >= MAX_COMPILED && oldest) known.delete(oldest);
    known.set(document, seen);
  }

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const compiled = compiledOf(args.document, args.operationName ?? undefined);
      if (!compiled) return;
      setExecuteFn(async (given: ExecutionArgs): Promise<unknown> => {
        const result = (await compiled.query(
          given.rootValue,
          given.contextValue,
          given.variableValues ?? {},
        )) as ExecutionResult;
        // Without data nothing was executed: the variables were not right.
        if (!('data' in result)) return executeFn(given);
        return result.errors
          ? { ...result, errors: result.errors.map((error) => complete(error, given.document)) }
          : result;
      });
    },
  };
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

/** One mutation of one field, without any value written into it: several would not have to wait for each other. */
function isMutationOfVariables(document: DocumentNode): boolean {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  let isOne = operations.length === 1;
  visit(document, {
    OperationDefinition({ operation, selectionSet: { selections } }) {
      const isField = selections.length === 1 && selections[0]?.kind === Kind.FIELD;
      if (operation !== OperationTypeNode.MUTATION || !isField) isOne = false;
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
