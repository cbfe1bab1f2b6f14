import { X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { authorityWarnings, clientCertificateWarnings } from '../../src/domain/certificate-warnings.js';
import { authorities, clientChain } from '../../src/domain/certificates.js';
import { parse } from '../../src/domain/input.js';
import { assertUsablePair } from '../../src/vault/client-pair.js';
import { refusalOf } from '../support/domain/given.js';
import { issueCertificate, revoke } from '../support/receiver/certificates.js';

const DAY_MS = 86_400_000;
const now = Date.now();

const root = issueCertificate({ name: 'Root', isAuthority: true });
const intermediate = issueCertificate({ name: 'Intermediate', isAuthority: true, issuer: root });
const leaf = issueCertificate({ name: 'Client', issuer: intermediate });
const stranger = issueCertificate({ name: 'Stranger' });

const accepted = (schema: z.ZodType<string>, pem: string) => parse(schema, pem, 'pem');
const reasonAgainst = (schema: z.ZodType<string>, pem: string) =>
  refusalOf(() => parse(schema, pem, 'pem'))
    .fields.map(({ reason }) => reason)
    .join('; ');

const sha256 = new X509Certificate(root.cert).fingerprint256.replaceAll(':', '').toLowerCase();
const both = root.cert + intermediate.cert;
const lines = (pem: string) => pem.trim().split('\n');
const relabelled = (label: string) => root.cert.replaceAll('CERTIFICATE-----', `${label}-----`);
/** The start of a certificate, as a message shows it. */
const startOf = ({ cert }: { cert: string }) => `${lines(cert)[1]?.slice(0, 24)}…`;

describe('a bundle of authorities', () => {
  it.each<[string, string]>([
    ['as it is', both],
    ['glued', both.replaceAll(/-----\n-----/g, '----------').trim()],
    ['indented', both.replaceAll(/^/gm, '\t  ')],
    ['in one line', both.replaceAll('\n', ' ')],
    ['without any blank', both.replaceAll('\n', '')],
    ['with line ends as text', both.replaceAll('\n', '\\n')],
    ['with line ends of Windows as text', both.replaceAll('\n', '\\r\\n')],
    ['in quotes', `"${both.replaceAll('\n', '\\n')}"`],
    ['with line ends of Windows, after a byte order mark', `\ufeff${both.replaceAll('\n', '\r\n')}`],
    ['in lines of another length', both.replaceAll(/(?<=^[\w+/]{30})/gm, '\n')],
    ['with an older label', both.replaceAll('CERTIFICATE-----', 'X509 CERTIFICATE-----')],
    [
      'with comments',
      `# Root\n# Serial: ${'7'.repeat(49)}\n=====\n${root.cert}\nsubject=CN = Intermediate\n${intermediate.cert}end`,
    ],
    ...[
      ['with a fingerprint', sha256],
      ['with a fingerprint in upper case', sha256.toUpperCase()],
      ['with a fingerprint of SHA-512', sha256 + sha256],
      ['with an indented fingerprint', `  ${sha256}\t`],
      ['with a rule of slashes', '/'.repeat(64)],
      ['with a rule of plus signs', '+'.repeat(64)],
    ].map<[string, string]>(([title = '', comment = '']) => [
      title,
      `${comment}\r\n${root.cert}${comment}\n${intermediate.cert}${comment}`,
    ]),
    ['with blanks around it', ` \n${both}\n\n `],
  ])('%s is taken whole, and stored in one form', (_, pem) => {
    expect(accepted(authorities, pem)).toBe(both);
  });

  it.each<[string, string, string]>([
    [
      'a block that is cut off at the end',
      root.cert + lines(intermediate.cert).slice(0, -1).join('\n'),
      `block 2 (CERTIFICATE, ${startOf(intermediate)}) is cut short: it has no line -----END CERTIFICATE-----`,
    ],
    [
      'a block that is cut off before another',
      lines(root.cert).slice(0, 4).join('\n') + intermediate.cert,
      `block 1 (CERTIFICATE, ${startOf(root)}) is cut short: it has no line -----END CERTIFICATE-----`,
    ],
    [
      'a block that has lost its first lines',
      root.cert + lines(intermediate.cert).slice(2).join('\n'),
      'block 2 has no line -----BEGIN CERTIFICATE-----',
    ],
    [
      'a block that has lost a line in between',
      root.cert + lines(intermediate.cert).toSpliced(2, 1).join('\n'),
      `block 2 (CERTIFICATE, ${startOf(intermediate)}) is not a certificate: it is cut short or damaged`,
    ],
    [
      'a block that has lost characters',
      intermediate.cert.replace(/..\n-----END/, '\n-----END'),
      `block 1 (CERTIFICATE, ${startOf(intermediate)}) is cut short or damaged: its base64 is not whole`,
    ],
    [
      'a hyphen too few',
      root.cert.replace('-----BEGIN', '----BEGIN') + intermediate.cert,
      'block 1 has no line -----BEGIN CERTIFICATE-----',
    ],
    [
      'dashes of a word processor',
      root.cert + intermediate.cert.replaceAll('-----', '—'),
      'block 2 is not whole: its line -----BEGIN …----- or -----END …----- is damaged or missing',
    ],
    [
      'base64 without its first and last lines',
      `${root.cert}\n${lines(intermediate.cert).slice(1, -1).join('\n')}`,
      'block 2 is not whole: its line -----BEGIN …----- or -----END …----- is damaged or missing',
    ],
    ['a wrong last line', root.cert.replace('END C', 'END X509 C'), 'ends with -----END X509 CERTIFICATE-----'],
    [
      'the signs of a diff',
      root.cert + intermediate.cert.replaceAll(/^(?=.)/gm, '+'),
      '…) has + before its first line, as in a diff; remove it from each line',
    ],
    [
      'the signs of a diff in an indented text',
      root.cert.replaceAll(/^(?=.)/gm, '  - '),
      'block 1 (CERTIFICATE) has - before its first line, as in a diff; remove it from each line',
    ],
    ['a quoted mail', root.cert.replaceAll('\n', '\n> '), 'contains U+003E, which is no character of base64'],
    [
      'a block that is no certificate',
      `${root.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
      'block 2 (CERTIFICATE, AAAA…) is not a certificate',
    ],
    [
      'trust settings',
      root.cert + relabelled('TRUSTED CERTIFICATE'),
      `block 2 (TRUSTED CERTIFICATE, ${startOf(root)}) has trust settings of OpenSSL`,
    ],
    [
      'a list of revoked certificates',
      root.cert + revoke(root, intermediate),
      'block 2 (X509 CRL) is a list of revoked certificates',
    ],
    ['PKCS #7', relabelled('PKCS7'), 'block 1 (PKCS7) is PKCS #7; openssl pkcs7 -print_certs'],
    ['a request', relabelled('CERTIFICATE REQUEST'), 'block 1 (CERTIFICATE REQUEST) is a request for a certificate'],
    ['another thing', root.cert + relabelled('PUBLIC KEY'), 'block 2 (PUBLIC KEY) is not a certificate; leave it out'],
    ['a key', root.cert + root.key, 'must contain only certificates, no private key: block 2 (PRIVATE KEY) is one'],
    ['a DER file', `0\ufffd\u0002\ufffd0`, 'must be one or more certificates in PEM'],
    ['a file that is too long', root.cert.padEnd(524_289, '\n'), 'must be at most 524288 bytes'],
  ])('with %s is refused, and the reason names the block', (_, pem, reason) => {
    expect(reasonAgainst(authorities, pem)).toContain(reason);
    for (const line of lines(root.key).slice(1, -1)) expect(reasonAgainst(authorities, pem)).not.toContain(line);
  });

  it('with bytes after a certificate is refused', () => {
    const der = Buffer.from(lines(root.cert).slice(1, -1).join(''), 'base64');
    const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.concat([der, Buffer.from('0500', 'hex')]).toString('base64')}\n-----END CERTIFICATE-----`;
    expect(reasonAgainst(authorities, pem)).toContain('is not a certificate');
  });

  it('with text that takes long to search is refused at once', () => {
    for (const text of ['BEGIN ', '-----BEGIN ', '- END A', ' \t', 'A', '-----BEGIN A-----'])
      expect(reasonAgainst(authorities, text.repeat(524_288 / text.length))).not.toBe('');
  });

  it('of a distribution is accepted', () => {
    const pem = rootCertificates.join('\n');
    expect(pem.length).toBeGreaterThan(200_000);
    const stored = accepted(authorities, pem);
    expect(stored.match(/BEGIN CERTIFICATE/g)).toHaveLength(pem.match(/BEGIN CERTIFICATE/g)?.length ?? 0);
    createSecureContext({ ca: stored });
  });
});

describe('a client chain', () => {
  it.each<[string, string]>([
    ['in order', leaf.cert + intermediate.cert + root.cert],
    ['in reverse order', root.cert + intermediate.cert + leaf.cert],
    ['in another order, with a certificate twice', intermediate.cert + leaf.cert + root.cert + leaf.cert],
  ])('%s is stored in the order of TLS', (_, pem) => {
    const stored = accepted(clientChain, pem);
    expect(stored).toBe(leaf.cert + intermediate.cert + root.cert);
    expect(() => assertUsablePair(stored, leaf.key)).not.toThrow();
  });

  it('may be one certificate, self-signed or not', () => {
    expect(accepted(clientChain, leaf.cert)).toBe(leaf.cert);
    expect(accepted(clientChain, stranger.cert)).toBe(stranger.cert);
  });

  it('with a certificate of another chain is refused, and the reason names both', () => {
    expect(reasonAgainst(clientChain, leaf.cert + intermediate.cert + stranger.cert)).toBe(
      `must be one client certificate and its issuers, but block 1 (CERTIFICATE, ${startOf(leaf)}) and block 3 (CERTIFICATE, ${startOf(stranger)}) do not belong to one chain`,
    );
  });

  it('has at most 10 certificates', () => {
    const many = Array.from({ length: 11 }, () => issueCertificate().cert).join('');
    expect(reasonAgainst(clientChain, many)).toBe('must have at most 10 certificates');
  });

  it('must match its key, and TLS must accept both', () => {
    const mismatch = refusalOf(() => assertUsablePair(leaf.cert, stranger.key));
    expect(mismatch.message).toBe('clientKey: is not the key of the first certificate in clientCertificate');
    const short = issueCertificate({ kind: 'short-rsa' });
    const refusal = refusalOf(() => assertUsablePair(short.cert, short.key));
    expect(refusal.message).toMatch(/^clientCertificate: cannot be used for TLS: .* \(ERR_SSL_EE_KEY_TOO_SMALL\)$/);
  });
});

describe('the warnings about certificates', () => {
  const expired = issueCertificate({ name: 'Old', until: now - DAY_MS, from: now - 3 * DAY_MS, isAuthority: true });
  const early = issueCertificate({ name: 'New', from: now + DAY_MS, until: now + 3 * DAY_MS, isAuthority: true });
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

  it('are none for valid ones', () => {
    expect(authorityWarnings(both, now)).toEqual([]);
    for (const isFor of ['clients', 'anything', undefined] as const) {
      const pem = issueCertificate({ ...(isFor && { isFor }) }).cert;
      expect(clientCertificateWarnings(pem, now)).toEqual([]);
    }
  });

  it('name those that are expired or not yet valid at a time', () => {
    expect(authorityWarnings(expired.cert + root.cert + early.cert, now)).toEqual([
      `caCertificate: "Old" (valid from ${day(now - 3 * DAY_MS)} to ${day(now - DAY_MS)}) is expired.`,
      `caCertificate: "New" (valid from ${day(now + DAY_MS)} to ${day(now + 3 * DAY_MS)}) is not yet valid.`,
    ]);
    expect(authorityWarnings(expired.cert, now - 2 * DAY_MS)).toEqual([]);
    expect(clientCertificateWarnings(leaf.cert + expired.cert, now)).toEqual([
      expect.stringMatching(/^clientCertificate: "Old" .* is expired\.$/),
    ]);
  });

  it('are also given for a certificate without a name', () => {
    const pem = issueCertificate({ name: '', until: now - 1, from: now - DAY_MS }).cert;
    expect(clientCertificateWarnings(pem, now)).toEqual([
      expect.stringMatching(/^clientCertificate: "" \(.* is expired\.$/),
    ]);
  });

  it('name at most three certificates', () => {
    const [warning] = authorityWarnings(expired.cert.repeat(5), now);
    expect(warning).toMatch(/^caCertificate: "Old" [^"]*"Old" [^"]*"Old" [^"]* and 2 more are expired\.$/);
  });

  it('name a client certificate that is only for servers', () => {
    const pem = issueCertificate({ name: 'Server', isFor: 'servers' }).cert;
    expect(clientCertificateWarnings(pem, now)).toEqual([
      expect.stringMatching(/^clientCertificate: "Server" .* is not issued for clients/),
    ]);
  });

  it('name a certificate that is trusted although it is no authority', () => {
    expect(authorityWarnings(leaf.cert, now)).toEqual([
      expect.stringMatching(/^caCertificate: "Client" .* is not an authority: Auditwire trusts only this certificate/),
    ]);
  });
});
