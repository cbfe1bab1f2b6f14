import { X509Certificate } from 'node:crypto';
import { pemBlocks, writePem } from './pem.js';

/** How many certificates of a bundle a warning names. */
const MAX_NAMED = 3;
const MAX_NAME_CHARACTERS = 64;

/** The extended key usages that permit a client certificate: clientAuth, and any (RFC 5280, section 4.2.1.12). */
const FOR_CLIENTS = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** Why a receiver will probably reject a client certificate or its issuers. @param pem as stored @param now in ms */
export function clientCertificateWarnings(pem: string, now: number): string[] {
  const chain = read(pem);
  const [leaf] = chain;
  const usages = leaf?.keyUsage;
  const isForClients = !usages?.length || FOR_CLIENTS.some((usage) => usages.includes(usage));
  return [
    ...datesOf('clientCertificate', chain, now),
    ...(leaf && !isForClients
      ? [
          `clientCertificate: ${nameOf(leaf)} is not issued for clients (no clientAuth in its extended key usage); most receivers reject it.`,
        ]
      : []),
  ];
}

/** Which of the authorities to trust are of no use. @param pem as stored @param now in ms */
export function authorityWarnings(pem: string, now: number): string[] {
  const all = read(pem);
  const leaves = all.filter(({ ca }) => !ca);
  return [
    ...datesOf('caCertificate', all, now),
    ...warning(
      'caCertificate',
      leaves,
      'not an authority: Auditwire trusts only this certificate, until it is renewed',
    ),
  ];
}

function datesOf(field: string, all: X509Certificate[], now: number): string[] {
  const expired = all.filter(({ validTo }) => Date.parse(validTo) < now);
  const early = all.filter(({ validFrom }) => Date.parse(validFrom) > now);
  return [...warning(field, expired, 'expired'), ...warning(field, early, 'not yet valid')];
}

function warning(field: string, found: X509Certificate[], what: string): string[] {
  if (!found.length) return [];
  const names = found.slice(0, MAX_NAMED).map(nameOf);
  const more = found.length > names.length ? ` and ${found.length - names.length} more` : '';
  return [`${field}: ${names.join(', ')}${more} ${found.length === 1 ? 'is' : 'are'} ${what}.`];
}

/** For an empty name, Node has no subject, although its type has one. */
type Named = Pick<X509Certificate, 'validFrom' | 'validTo'> & { subject?: string | undefined };

/** The common name or the whole subject, and the period of validity. */
function nameOf({ subject = '', validFrom, validTo }: Named): string {
  const name = /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
  const shown = name.length > MAX_NAME_CHARACTERS ? `${name.slice(0, MAX_NAME_CHARACTERS).toWellFormed()}…` : name;
  return `"${shown}" (valid from ${day(validFrom)} to ${day(validTo)})`;
}

function day(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString().slice(0, 10);
}

function read(pem: string): X509Certificate[] {
  return pemBlocks(pem).map(({ label, base64 }) => new X509Certificate(writePem(label, base64)));
}
