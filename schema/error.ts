import { GraphQLError } from 'graphql';
import { type InvalidField, Refusal, type RefusalCode, refusalCodes } from '../src/domain/refusal.js';
import { builder, describedValues } from './builder.js';

const descriptions: Record<RefusalCode, string> = {
  INVALID_INPUT: 'A field of the input is not right; `fields` says which and why.',
  NOT_FOUND: 'Something that the input names does not exist.',
  NAME_TAKEN: 'Another destination has this name.',
  ALREADY_EXISTS: 'The id belongs to another portal.',
  PORTAL_RETIRED: 'The portal is retired.',
  DESTINATION_IN_USE: 'A webhook uses the destination.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key belongs to a login with other content.',
  WEBHOOK_UNCONFIGURED: 'The portal has no webhook that could send anything.',
  REPLAY_RUNNING: 'A replay of the portal is under way.',
  DISCARDED: 'Someone has discarded what the input names.',
  PRUNED: 'What the call asks for, or a part of it, is older than the server keeps it.',
  UNAVAILABLE: 'The server cannot do it at the moment; the same call may succeed later.',
};

const RefusalCodeEnum = builder.enumType('RefusalCode', {
  description: 'Why a call was refused. Codes are stable.',
  values: describedValues(refusalCodes, descriptions),
});

/** The one table from codes to the types of the GraphQL contract. */
const typeOfCode = {
  INVALID_INPUT: 'InvalidInput',
  NOT_FOUND: 'NotFound',
  NAME_TAKEN: 'Conflict',
  ALREADY_EXISTS: 'Conflict',
  PORTAL_RETIRED: 'Conflict',
  DESTINATION_IN_USE: 'Conflict',
  IDEMPOTENCY_KEY_REUSED: 'Conflict',
  WEBHOOK_UNCONFIGURED: 'Conflict',
  REPLAY_RUNNING: 'Conflict',
  DISCARDED: 'Conflict',
  PRUNED: 'Conflict',
  UNAVAILABLE: 'Unavailable',
} as const satisfies Record<RefusalCode, string>;

const InvalidFieldType = builder.objectRef<InvalidField>('InvalidField').implement({
  description: 'One reason against one field.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The path in the input, such as `logins[3].sourceAddress`.' }),
    reason: t.exposeString('reason', { description: 'What is wrong, and what to do about it.' }),
  }),
});

/** A refusal as an answer. Not an Error: GraphQL would take that for a resolver that failed. */
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
    message: t.exposeString('message', { description: 'For a person: what is wrong, and what to do about it.' }),
    code: t.field({ type: RefusalCodeEnum, description: 'For a program: why.', resolve: (refusal) => refusal.code }),
    fields: t.field({
      type: [InvalidFieldType],
      description: 'The fields that the refusal is about, each with its reason; empty if it is about none.',
      resolve: (refusal) => [...refusal.fields],
    }),
  }),
});

const refusalType = (name: (typeof typeOfCode)[RefusalCode], description: string) =>
  builder.objectRef<RefusalResult>(name).implement({ description, interfaces: [RefusalInterface] });

const refusalTypes = [
  refusalType('InvalidInput', 'The input is not right.'),
  refusalType('NotFound', 'Something that the input names does not exist.'),
  refusalType('Conflict', 'The call contradicts what is there.'),
  refusalType('Unavailable', 'The server cannot do it at the moment; the same call may succeed later.'),
];

/** The result of a mutation: its success, or one of the refusals. */
export function resultUnion<T extends object>(
  name: string,
  success: ReturnType<ReturnType<typeof builder.objectRef<T>>['implement']>,
) {
  return builder.unionType(`${name}Result`, {
    description: `What \`${name.charAt(0).toLowerCase()}${name.slice(1)}\` answers: a success, or a \`Refusal\`.`,
    types: [success, ...refusalTypes],
    resolveType: (value: T | RefusalResult) => (value instanceof RefusalResult ? typeOfCode[value.code] : success.name),
  });
}

/** Gives a refusal back as a value; whatever else is thrown is a bug and stays one. */
export async function orRefusal<T>(work: () => Promise<T>): Promise<T | RefusalResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return new RefusalResult(error);
    throw error;
  }
}

/** A refusal where there is no union to put it in: in queries and subscriptions. */
export function toGraphQLError(refusal: Refusal): GraphQLError {
  const { code, fields } = refusal;
  return new GraphQLError(refusal.message, { extensions: { code, ...(fields.length && { fields }) } });
}
