/** Stable codes of everything that is refused; a client may switch on them. */
export const refusalCodes = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'NAME_TAKEN',
  'ALREADY_EXISTS',
  'PORTAL_RETIRED',
  'DESTINATION_IN_USE',
  'IDEMPOTENCY_KEY_REUSED',
  'WEBHOOK_UNCONFIGURED',
  'REPLAY_RUNNING',
  'DISCARDED',
  'PRUNED',
  'UNAVAILABLE',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** One reason against one field. `field` is a path in the input, such as `logins[3].sourceAddress`. */
export interface InvalidField {
  field: string;
  reason: string;
}

/** The one expected error: a command was refused and changed nothing. Everything else that is thrown is a bug. */
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

/** A refusal of input, whose message lists every field with its reason. */
export function invalidInput(fields: readonly InvalidField[]): Refusal {
  return new Refusal('INVALID_INPUT', fields.map(({ field, reason }) => `${field}: ${reason}`).join('; '), fields);
}

export function notFound(noun: string, id: string): Refusal {
  return new Refusal('NOT_FOUND', `There is no ${noun} with the id ${id}.`);
}

/** A refusal of what lies before the horizon of the log. `message` says what to do instead. */
export function pruned(message: string, field?: string): Refusal {
  return new Refusal('PRUNED', message, field === undefined ? [] : [{ field, reason: message }]);
}

/** Why a time is not taken. @param prunedThrough when the newest login was recorded that is gone, in ms */
export function reasonAgainstPruned(prunedThrough: number): string {
  return `must be after ${new Date(prunedThrough).toISOString()}: logins up to then are not retained any more`;
}
