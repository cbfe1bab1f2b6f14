import { readFileSync } from 'node:fs';
import {
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.js';

interface Described {
  path: string;
  description: string | null | undefined;
}

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

function partsOf(type: GraphQLNamedType): Described[] {
  const typeItself = { path: type.name, description: type.description };
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name, description }) => ({ path: `${type.name}.${name}`, description }));
    return [typeItself, ...values];
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return [typeItself, ...fields.map(({ name, description }) => ({ path: `${type.name}.${name}`, description }))];
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    const fields = Object.values(type.getFields()).flatMap(({ name, description, args }) => [
      { path: `${type.name}.${name}`, description },
      ...args.map((arg) => ({ path: `${type.name}.${name}(${arg.name})`, description: arg.description })),
    ]);
    return [typeItself, ...fields];
  }
  return [typeItself];
}

describe('the contract', () => {
  it('is the same as the committed schema.graphql', () => {
    const committed = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');

    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(committed);
  });

  it('describes every type, field, argument, enum value and input field', () => {
    const parts = ownTypes.flatMap(partsOf);
    const undescribed = parts.filter(({ description }) => !description?.trim()).map(({ path }) => path);

    expect(parts.length).toBeGreaterThan(250);
    expect(undescribed).toEqual([]);
  });

  it('has an authorization value and a client key only in inputs, not in output fields', () => {
    const named = ownTypes
      .flatMap(partsOf)
      .map(({ path }) => path)
      .filter((path) => /\..*(authorization|secret|password|token|clientKey)/i.test(path));

    expect(named.sort()).toEqual([
      'CreateDestinationInput.authorization',
      'CreateDestinationInput.clientKey',
      'Destination.authorizationChangedAt',
      'Destination.hasAuthorization',
      'Destination.hasClientKey',
      'LoginOutcome.INVALID_PASSWORD',
      'LoginOutcome.TOKEN_EXPIRED',
      'RefusalCode.SECRET_NEEDED',
      'UpdateDestinationInput.authorization',
      'UpdateDestinationInput.clientKey',
      'Viewer.tokenId',
      'Viewer.tokenName',
    ]);
  });

  it('has no type that contains itself: a small query cannot ask for an answer of any size', () => {
    const walk = (type: GraphQLOutputType | null | undefined, path: string[]): void => {
      const named = type && getNamedType(type);
      if (isAbstractType(named)) for (const member of schema.getPossibleTypes(named)) walk(member, path);
      if (!isObjectType(named)) return;
      expect(path, `${path.join(' > ')} > ${named.name}`).not.toContain(named.name);
      for (const field of Object.values(named.getFields())) walk(field.type, [...path, named.name]);
    };
    for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) walk(root, []);
  });

  it('has for every mutation a union of its success and the four refusals as result', () => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

    expect(mutations).toHaveLength(17);
    for (const { name, type } of mutations) {
      const capitalized = name.charAt(0).toUpperCase() + name.slice(1);
      const union = getNamedType(type);
      const members = isUnionType(union) ? union.getTypes().map((member) => member.name) : [];
      expect(members.sort()).toEqual(
        ['Conflict', 'InvalidInput', 'NotFound', 'Unavailable', `${capitalized}Success`].sort(),
      );
    }
  });
});
