import { readFileSync } from 'node:fs';
import {
  type GraphQLNamedType,
  getNamedType,
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
  place: string;
  description: string | null | undefined;
}

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

function partsOf(type: GraphQLNamedType): Described[] {
  const own = { place: type.name, description: type.description };
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name, description }) => ({ place: `${type.name}.${name}`, description }));
    return [own, ...values];
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return [own, ...fields.map(({ name, description }) => ({ place: `${type.name}.${name}`, description }))];
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    const fields = Object.values(type.getFields()).flatMap(({ name, description, args }) => [
      { place: `${type.name}.${name}`, description },
      ...args.map((arg) => ({ place: `${type.name}.${name}(${arg.name})`, description: arg.description })),
    ]);
    return [own, ...fields];
  }
  return [own];
}

describe('the contract', () => {
  it('is printed in schema.graphql as it is', () => {
    const committed = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');

    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(committed);
  });

  it('describes every type, field, argument, enum value and input field', () => {
    const parts = ownTypes.flatMap(partsOf);
    const silent = parts.filter(({ description }) => !description?.trim()).map(({ place }) => place);

    expect(parts.length).toBeGreaterThan(250);
    expect(silent).toEqual([]);
  });

  it('takes an authorization value or a client key in inputs only, and has no output field for it', () => {
    const named = ownTypes
      .flatMap(partsOf)
      .map(({ place }) => place)
      .filter((place) => /\..*(authorization|secret|password|token|clientKey)/i.test(place));

    expect(named.sort()).toEqual([
      'CreateDestinationInput.authorization',
      'CreateDestinationInput.clientKey',
      'Destination.authorizationChangedAt',
      'Destination.hasAuthorization',
      'Destination.hasClientKey',
      'LoginOutcome.INVALID_PASSWORD',
      'LoginOutcome.TOKEN_EXPIRED',
      'UpdateDestinationInput.authorization',
      'UpdateDestinationInput.clientKey',
      'Viewer.tokenId',
      'Viewer.tokenName',
    ]);
  });

  it('answers every mutation with a union of its success and the four refusals', () => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

    expect(mutations).toHaveLength(15);
    for (const { name, type } of mutations) {
      const capital = name.charAt(0).toUpperCase() + name.slice(1);
      const union = getNamedType(type);
      const members = isUnionType(union) ? union.getTypes().map((member) => member.name) : [];
      expect(members.sort()).toEqual(
        ['Conflict', 'InvalidInput', 'NotFound', 'Unavailable', `${capital}Success`].sort(),
      );
    }
  });
});
