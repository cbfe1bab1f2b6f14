/** What the fields about the answer of a receiver say. */
export const messageDescription =
  'The reason phrase of the status code with known phrases of the answer, such as `Forbidden: invalid token`, or why there was no answer; at most 256 characters.';
export const lastMessageDescription = `Of the last attempt. ${messageDescription} null if there was no attempt.`;

export const excerptDescription =
  'The start of the body that the receiver returned to a failed attempt: at most 1,024 characters, with their line breaks. It is withheld if it repeats 8 or more characters of a secret of the destination.';
