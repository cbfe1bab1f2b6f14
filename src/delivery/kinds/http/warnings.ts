/** What is probably a mistake in the values that a caller gives. No warning repeats a secret. */
import { authorityWarnings } from '../../../domain/certificate-warnings.js';

/** The values of one call that were parsed; a value that is not given, or removed, gets no warning. */
interface GivenValues {
  authorization?: string | null | undefined;
  headers?: readonly { name: string; value: string | null }[] | undefined;
  caCertificate?: string | null | undefined;
}

/**
 * Warnings about values that can be seen only in the call that gives them, because they are secret, or that are too large to be
 * checked at each reading: a bundle of authorities takes some 20 ms.
 *
 * @param now in ms
 */
export function inputWarnings({ authorization, headers = [], caCertificate }: GivenValues, now: number): string[] {
  return [
    ...headerWarnings('authorization', 'Authorization', authorization),
    ...headers.flatMap(({ name, value }, index) => headerWarnings(`headers[${index}].value`, name, value)),
    ...(caCertificate ? authorityWarnings(caCertificate, now) : []),
  ];
}

function headerWarnings(field: string, name: string, value: string | null | undefined): string[] {
  if (!value) return [];
  const hasName = value.toLowerCase().startsWith(`${name.toLowerCase()}:`);
  const isQuoted = /^(?:\S+ )?(["'`]).*\1$/.test(value);
  return [
    ...(hasName ? [`${field}: begins with the name of the header ("${name}:"); give only the value after it.`] : []),
    ...(isQuoted ? [`${field}: is in quotes, which are sent too; give the value without them.`] : []),
  ];
}
