import { z } from 'zod';
import { placeOf } from './input.js';

/** The values that are the same in every line of a batch. `organizationId` is `org_id` in a line. */
export interface LineSettings {
  host: string;
  vendor: string;
  product: string;
  version: string;
  organizationId: string;
}

const MAX_CHARACTERS = 256;

/** The host in front of a CEF line: a blank would end it. */
export const lineHost = lineText(/[^\x21-\x7e]|[|\\]/u, 'must be visible ASCII without blanks, | and \\');

/** A field of the header of a CEF line. Many readers split at each `|`, even at an escaped one. */
export const lineField = lineText(
  /[^\x20-\x7e]|[|\\]|^ | $/u,
  'must be printable ASCII without | and \\, and no blanks around it',
);

function lineText(refused: RegExp, rule: string) {
  return z.string().superRefine((value, context) => {
    const place = placeOf(refused, value);
    const message = place ? `${rule}: ${place}` : reasonAgainstLength(value);
    if (message) context.addIssue({ code: 'custom', message });
  });
}

function reasonAgainstLength({ length }: string): string | null {
  return length > MAX_CHARACTERS ? `must be at most ${MAX_CHARACTERS} characters` : null;
}
