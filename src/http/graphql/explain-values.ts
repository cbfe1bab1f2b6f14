/**
 * GraphQL refuses values that do not fit their types before a resolver runs. Its own messages have several forms, name the variable
 * instead of the field, and contain the value, which may be a secret. They are replaced by the error that a refusal of invalid input
 * is: the code INVALID_INPUT, and every field with its reason. A field is the path from the argument, such as
 * `input.logins[1].outcome`, for literals and variables alike.
 */
import {
  type ASTVisitor,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLInputType,
  getOperationAST,
  Kind,
  TypeInfo,
  type ValidationContext,
  type ValidationRule,
  type ValueNode,
  ValuesOfCorrectTypeRule,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toGraphQLError } from '../../../schema/error.js';
import { type InvalidField, invalidInput } from '../../domain/refusal.js';
import { fromLiteral, invalidFields, type Variables, variablesOf } from './invalid-fields.js';

/** Most fields that an error names. graphql-js stops after the same number. */
const MAX_FIELDS = 50;
/** Over HTTP: 400, but 200 for clients that accept only `application/json`, as the specification "GraphQL over HTTP" wants it. */
const HTTP = { spec: true, status: 400 };

/** Explains literals with a rule of validation, and variables after the execution has failed. */
export const explainValues: Plugin = {
  onValidate({ validateFn, setValidationFn }) {
    setValidationFn((schema, document, rules, ...more) => {
      const others = rules?.filter((rule: ValidationRule) => rule !== ValuesOfCorrectTypeRule) ?? [];
      return validateFn(schema, document, [...others, ValidValuesRule], ...more);
    });
  },
  onExecute: ({ args }) => ({
    onExecuteDone({ result, setResult }) {
      if (!isAsyncIterable(result)) setResult(explained(result, args));
    },
  }),
  onSubscribe: ({ args }) => ({
    onSubscribeResult({ result, setResult }) {
      if (!isAsyncIterable(result)) setResult(explained(result, args));
    },
  }),
};

function explained(result: ExecutionResult, args: ExecutionArgs): ExecutionResult {
  const isOfGraphQL = ({ path, originalError }: GraphQLError) =>
    !path || !originalError || originalError instanceof GraphQLError;
  if (!result.errors?.some(isOfGraphQL)) return result;
  const found = errorInVariables(args);
  if (!found) return result;
  // Without data, nothing was executed. Otherwise a variable is null in a place that allows no null.
  if (!('data' in result)) return { ...result, errors: [found] };
  const at = ({ nodes, path }: GraphQLError) =>
    new GraphQLError(found.message, { nodes, path, extensions: found.extensions });
  return { ...result, errors: result.errors.map((error) => (isOfGraphQL(error) ? at(error) : error)) };
}

/** The rule in place of `ValuesOfCorrectTypeRule` of graphql-js: one error for all literals that are not valid. */
function ValidValuesRule(context: ValidationContext): ASTVisitor {
  const operations = context.getDocument().definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const { visitor, error } = collect(context, variablesOf(context.getSchema(), operations, null));
  return {
    ...visitor,
    Document: {
      leave() {
        const found = error();
        if (found) context.reportError(found);
      },
    },
  };
}

/** The error for the variables of an operation; null if all are valid. */
function errorInVariables({ schema, document, operationName, variableValues }: ExecutionArgs): GraphQLError | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const types = new TypeInfo(schema);
  const { visitor, error } = collect(types, variablesOf(schema, [operation], variableValues ?? {}));
  const others: ASTVisitor = { OperationDefinition: (node) => (node === operation ? undefined : false) };
  visit(document, visitWithTypeInfo(types, { ...visitor, ...others }));
  return error();
}

/** A visitor that reads every argument, and the error for what it has found. */
function collect(types: Pick<TypeInfo, 'getArgument'>, variables: Variables) {
  const fields: InvalidField[] = [];
  const nodes: ValueNode[] = [];
  function read(node: ValueNode, type: GraphQLInputType, field: string): void {
    const before = fields.length;
    for (const invalid of invalidFields(fromLiteral(node), type, field, variables)) {
      if (fields.length >= MAX_FIELDS) break;
      fields.push(invalid);
    }
    if (fields.length > before) nodes.push(node);
  }
  const visitor: ASTVisitor = {
    Argument({ name, value }) {
      const argument = types.getArgument();
      if (argument) read(value, argument.type, name.value);
      return false;
    },
    VariableDefinition({ variable, defaultValue }) {
      const definition = variables.definitions.get(variable.name.value);
      if (definition && defaultValue) read(defaultValue, definition.type, `$${variable.name.value}`);
    },
  };
  const error = () => {
    if (!fields.length) return null;
    const { message, extensions } = toGraphQLError(invalidInput(fields));
    return new GraphQLError(message, { nodes, extensions: { ...extensions, http: HTTP } });
  };
  return { visitor, error };
}
