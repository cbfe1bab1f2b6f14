import { GraphQLError } from 'graphql';
import { type InvalidField, Refusal, type RefusalCode, refusalCodes } from '../src/domain/refusal.js';
import { builder, describedValues } from './builder.js';

const descriptions: Record<RefusalCode, string> = {
  INVALID_INPUT: 'A field of the input is not valid; `fields` names it and gives the reason.',
  NOT_FOUND: 'Something that the input names does not exist.',
  NAME_TAKEN: 'Another destination, or another webhook of the portal, has this name.',
  ALREADY_EXISTS: 'Another portal, webhook or destination has this id.',
  PORTAL_RETIRED: 'The portal is retired.',
  DESTINATION_IN_USE: 'A webhook uses the destination.',
  DESTINATION_IN_USE_BY_PORTAL:
    'Another webhook of the portal that is on sends to the destination: every login would arrive twice.',
  SECRET_NEEDED:
    'The destination would send a stored secret to another place than it was given for; `fields` names each secret to give again.',
  TOO_MANY_WEBHOOKS: 'The portal has as many webhooks as a portal can have.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used for a login with other content.',
  WEBHOOK_UNCONFIGURED: 'The webhook is not configured.',
  REPLAY_RUNNING: 'A replay of the webhook is in progress.',
  DISCARDED: 'An undelivered range that the input names was discarded.',
  PRUNED: 'The call needs data that was deleted because its retention time is over.',
  UNAVAILABLE: 'The server cannot do this at the moment; the same call may succeed later.',
};

const RefusalCodeEnum = builder.enumType('RefusalCode', {
  description: 'Why a call was refused. Codes are stable.',
  values: describedValues(refusalCodes, descriptions),
});

/** The GraphQL type of each code. */
const typeOfCode = {
  INVALID_INPUT: 'InvalidInput',
  NOT_FOUND: 'NotFound',
  NAME_TAKEN: 'Conflict',
  ALREADY_EXISTS: 'Conflict',
  PORTAL_RETIRED: 'Conflict',
  DESTINATION_IN_USE: 'Conflict',
  DESTINATION_IN_USE_BY_PORTAL: 'Conflict',
  SECRET_NEEDED: 'Conflict',
  TOO_MANY_WEBHOOKS: 'Conflict',
  IDEMPOTENCY_KEY_REUSED: 'Conflict',
  WEBHOOK_UNCONFIGURED: 'Conflict',
  REPLAY_RUNNING: 'Conflict',
  DISCARDED: 'Conflict',
  PRUNED: 'Conflict',
  UNAVAILABLE: 'Unavailable',
} as const satisfies Record<RefusalCode, string>;

const InvalidFieldType = builder.objectRef<InvalidField>('InvalidField').implement({
  description: 'A field that the server refuses, with the reason.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The path in the input, such as `logins[3].sourceAddress`.' }),
    reason: t.exposeString('reason', { description: 'What is wrong, and what to do about it.' }),
  }),
});

/** A refusal as a result. It is not an Error, because GraphQL treats a returned Error as a failure of the resolver. */
class RefusalResult {
  readonly code: RefusalCode;
  readonly message: string;
  readonly fields: readonly InvalidField[];

  constructor({ code, message, fields }: Refusal) {
    this.code = code;
    this.message = message;
    this.fields = fields;
  }
}

const RefusalInterface = builder.interfaceRef<RefusalResult>('Refusal').implement({
  description: 'The call was refused and changed nothing.',
  resolveType: (refusal) => typeOfCode[refusal.code],
  fields: (t) => ({
    message: t.exposeString('message', { description: 'For people: what is wrong, and what to do about it.' }),
    code: t.field({
      type: RefusalCodeEnum,
      description: 'For programs: the reason.',
      resolve: (refusal) => refusal.code,
    }),
    fields: t.field({
      type: [InvalidFieldType],
      description:
        'The fields that the server refuses, each with the reason; empty if the refusal is not about a field.',
      resolve: (refusal) => [...refusal.fields],
    }),
  }),
});

const refusalType = (name: (typeof typeOfCode)[RefusalCode], description: string) =>
  builder.objectRef<RefusalResult>(name).implement({ description, interfaces: [RefusalInterface] });

const refusalTypes = [
  refusalType('InvalidInput', 'The input is not valid.'),
  refusalType('NotFound', 'Something that the input names does not exist.'),
  refusalType('Conflict', 'The call conflicts with the current state.'),
  refusalType('Unavailable', 'The server cannot do this at the moment; the same call may succeed later.'),
];

/** The result union of a mutation: its success type and the refusal types. */
export function resultUnion<T extends object>(
  name: string,
  success: ReturnType<ReturnType<typeof builder.objectRef<T>>['implement']>,
) {
  return builder.unionType(`${name}Result`, {
    description: `The result of \`${name.charAt(0).toLowerCase()}${name.slice(1)}\`: a success or a \`Refusal\`.`,
    types: [success, ...refusalTypes],
    resolveType: (value: T | RefusalResult) => (value instanceof RefusalResult ? typeOfCode[value.code] : success.name),
  });
}

/** Returns a refusal as a value. Any other error is a bug and is thrown again. */
export async function orRefusal<T>(work: () => Promise<T>): Promise<T | RefusalResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return new RefusalResult(error);
    throw error;
  }
}

/** A refusal as a GraphQL error: for queries and subscriptions, which have no result union. */
export function toGraphQLError(refusal: Refusal): GraphQLError {
  const { code, fields } = refusal;
  return new GraphQLError(refusal.message, { extensions: { code, ...(fields.length && { fields }) } });
}
