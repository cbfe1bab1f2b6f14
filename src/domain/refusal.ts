/** The stable codes of all refusals; a client may depend on them. */
export const refusalCodes = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'NAME_TAKEN',
  'ALREADY_EXISTS',
  'PORTAL_RETIRED',
  'DESTINATION_IN_USE',
  'DESTINATION_IN_USE_BY_PORTAL',
  'SECRET_NEEDED',
  'TOO_MANY_WEBHOOKS',
  'IDEMPOTENCY_KEY_REUSED',
  'WEBHOOK_UNCONFIGURED',
  'REPLAY_RUNNING',
  'DISCARDED',
  'PRUNED',
  'UNAVAILABLE',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** Why one field is invalid. `field` is a path in the input, such as `logins[3].sourceAddress`. */
export interface InvalidField {
  field: string;
  reason: string;
}

/** The only expected error: a command was refused and changed nothing. Any other error is a bug. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly fields: readonly InvalidField[] = [],
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** A refusal of invalid input. The message lists every field with its reason. */
export function invalidInput(fields: readonly InvalidField[]): Refusal {
  return new Refusal('INVALID_INPUT', fields.map(({ field, reason }) => `${field}: ${reason}`).join('; '), fields);
}

/** What an id can name, and where a caller finds the ids that exist. */
const remedies = {
  portal: 'the query portals lists the ids',
  destination: 'the query destinations lists the ids, and createDestination makes a new destination',
  'webhook of the portal': 'the field webhooks of the portal lists the ids',
  'undelivered range': 'it may have been delivered or changed since, so read the list undelivered again',
} as const;

/** @param field the path of the id in the input */
export function notFound(noun: keyof typeof remedies, id: string, field: string): Refusal {
  const reason = `is not the id of ${noun === 'undelivered range' ? 'an' : 'a'} ${noun}; ${remedies[noun]}`;
  return new Refusal('NOT_FOUND', `There is no ${noun} with the id ${id}; ${remedies[noun]}.`, [{ field, reason }]);
}

/** A refusal that is about one field. Its message begins with the field, as that of invalid input does. */
export function refusedField(code: RefusalCode, field: string, reason: string): Refusal {
  return new Refusal(code, `${field}: ${reason}`, [{ field, reason }]);
}

/** A refusal of a request for pruned data. `message` tells what to do instead. */
export function pruned(message: string, field?: string): Refusal {
  return new Refusal('PRUNED', message, field === undefined ? [] : [{ field, reason: message }]);
}

/** Why a time is refused. @param prunedThrough when the newest pruned login was recorded, in ms */
export function reasonAgainstPruned(prunedThrough: number): string {
  return `must be after ${new Date(prunedThrough).toISOString()}: logins recorded until then are pruned`;
}
