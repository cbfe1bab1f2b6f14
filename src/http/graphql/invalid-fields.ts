/** Which fields of a value do not fit its type, and why. The reasons never contain the value, which may be a secret. */
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  GraphQLNonNull,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  type ValueNode,
} from 'graphql';
import { MISSING } from '../../domain/input.js';
import type { InvalidField } from '../../domain/refusal.js';

/** A value as it is given: a JSON value or a literal. */
interface Given {
  /** The name of the variable that gives the value. */
  variable?: string;
  isNull: boolean;
  /** null: it is no list. */
  items(): Given[] | null;
  /** null: it is no object. */
  fields(): [name: string, value: Given][] | null;
  /** Throws or returns undefined if the type does not allow the value. */
  parse(type: GraphQLLeafType): unknown;
}

function fromJson(value: unknown): Given {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return {
    isNull: value === null,
    items: () => (Array.isArray(value) ? value.map(fromJson) : null),
    fields: () => (isObject ? Object.entries(value).map(([name, field]) => [name, fromJson(field)]) : null),
    parse: (type) => type.parseValue(value),
  };
}

export function fromLiteral(node: ValueNode): Given {
  return {
    ...(node.kind === Kind.VARIABLE && { variable: node.name.value }),
    isNull: node.kind === Kind.NULL,
    items: () => (node.kind === Kind.LIST ? node.values.map(fromLiteral) : null),
    fields: () =>
      node.kind === Kind.OBJECT ? node.fields.map(({ name, value }) => [name.value, fromLiteral(value)]) : null,
    parse: (type) => type.parseLiteral(node, undefined),
  };
}

/** The variables of the operations of a document. */
export interface Variables {
  definitions: Map<string, { type: GraphQLInputType; hasDefault: boolean }>;
  /** null: not known yet. */
  values: Record<string, unknown> | null;
}

export function variablesOf(
  schema: GraphQLSchema,
  operations: readonly OperationDefinitionNode[],
  values: Variables['values'],
): Variables {
  const definitions: Variables['definitions'] = new Map();
  for (const { variable, type: node, defaultValue } of operations.flatMap((one) => one.variableDefinitions ?? [])) {
    const type = typeFromAST(schema, node);
    if (isInputType(type)) definitions.set(variable.name.value, { type, hasDefault: defaultValue !== undefined });
  }
  return { definitions, values };
}

/** @param field the path of the value, from the argument */
export function* invalidFields(
  given: Given,
  type: GraphQLInputType,
  field: string,
  variables: Variables,
): Generator<InvalidField, void> {
  if (given.variable !== undefined) {
    yield* invalidVariable(given.variable, type, field, variables);
  } else if (isNonNullType(type)) {
    if (given.isNull) yield { field, reason: 'must not be null' };
    else yield* invalidFields(given, type.ofType, field, variables);
  } else if (given.isNull) {
    return;
  } else if (isListType(type)) {
    const items = given.items();
    if (!items) yield* invalidFields(given, type.ofType, field, variables);
    for (const [index, item] of items?.entries() ?? []) {
      yield* invalidFields(item, type.ofType, `${field}[${index}]`, variables);
    }
  } else if (isInputObjectType(type)) {
    yield* invalidObject(given, type, field, variables);
  } else if (!isParsable(given, type)) {
    yield { field, reason: reasonAgainst(type) };
  }
}

/** The value of a variable must fit the type that the operation declares; the place can forbid null in addition. */
function* invalidVariable(name: string, place: GraphQLInputType, field: string, { definitions, values }: Variables) {
  const definition = definitions.get(name);
  if (!values || !definition) return;
  const { type, hasDefault } = definition;
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  const isRequired = isNonNullType(type) || isNonNullType(place);
  if (value !== undefined) {
    const required = isRequired && !isNonNullType(type) ? new GraphQLNonNull(type) : type;
    yield* invalidFields(fromJson(value), required, field, { definitions, values });
  } else if (isRequired && !hasDefault) {
    yield { field, reason: MISSING };
  }
}

function* invalidObject(
  given: Given,
  type: GraphQLInputObjectType,
  field: string,
  variables: Variables,
): Generator<InvalidField, void> {
  const fields = given.fields();
  if (!fields) {
    yield { field, reason: `must be an object of type ${type.name}` };
    return;
  }
  const values = new Map(fields);
  const definitions = type.getFields();
  for (const [name, definition] of Object.entries(definitions)) {
    const value = values.get(name);
    const own = definition.extensions['reason'];
    for (const invalid of value ? invalidFields(value, definition.type, `${field}.${name}`, variables) : []) {
      yield typeof own === 'string' ? { ...invalid, reason: own } : invalid;
    }
    if (value) continue;
    if (isRequiredInputField(definition)) yield { field: `${field}.${name}`, reason: MISSING };
  }
  const names = Object.keys(definitions).join(', ');
  for (const name of values.keys()) {
    if (Object.hasOwn(definitions, name)) continue;
    // A key of JSON can be any text.
    const key = /^\w{1,64}$/.test(name) ? `${field}.${name}` : field;
    yield { field: key, reason: `is not a field of ${type.name}, which has ${names}` };
  }
  // Another rule of graphql-js refuses a variable here that can be null.
  const isOne = values.size === 1 && ![...values.values()][0]?.isNull;
  if (type.isOneOf && !isOne) yield { field, reason: `needs exactly one of ${names}` };
}

function isParsable(given: Given, type: GraphQLLeafType): boolean {
  try {
    return given.parse(type) !== undefined;
  } catch {
    return false;
  }
}

function reasonAgainst(type: GraphQLLeafType): string {
  if (!isEnumType(type)) return `must be of type ${type.name}`;
  const names = type.getValues().map(({ name }) => name);
  return `must be one of ${names.join(', ')}`;
}
