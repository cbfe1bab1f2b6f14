import { parseTime } from '../domain/time.js';
import { UsageError } from './run.js';

/** @throws UsageError if the value of an option is not in the list */
export function oneOf<V extends string>(option: string, values: readonly V[], text: string): V;
export function oneOf<V extends string>(option: string, values: readonly V[], text?: string): V | undefined;
export function oneOf<V extends string>(option: string, values: readonly V[], text?: string): V | undefined {
  if (text === undefined) return undefined;
  const value = values.find((candidate) => candidate === text);
  if (!value) throw new UsageError(`${option} must be one of ${values.join(', ')}, not "${text}".`);
  return value;
}

/** @throws UsageError if the value of an option is not a whole number of at most 9 digits */
export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(`${option} must be a whole number of at most 9 digits, not "${text}".`);
  return Number(text);
}

/** @throws UsageError if the value of an option is not an ISO 8601 time with a time zone, as the server needs it */
export function time(option: string, text: string): string;
export function time(option: string, text: string | undefined): string | undefined;
export function time(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (parseTime(text) === null) {
    throw new UsageError(`${option} must be a time with a time zone, such as 2026-01-31T12:00:00Z, not "${text}".`);
  }
  return text;
}

export function contradiction(one: string, other: string): UsageError {
  return new UsageError(`${one} and ${other} cannot be used together.`);
}
