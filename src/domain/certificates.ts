/** The certificates of a destination: what a caller may give, and the form in which they are stored. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { nameOfBlock, type PemBlock, pemBlocks } from './pem.js';

/** Twice the bundle of a distribution (Debian: 144 certificates, 220 kB), with room for comments. */
const MAX_CA_BYTES = 524_288;
/** The most certificates of a client chain. Usually there are one to three. */
const MAX_CHAIN = 10;

/** A certificate, and the block that it was read from. */
interface Given {
  block: PemBlock;
  certificate: X509Certificate;
}

class NotCertificates extends Error {}

/** The authorities to trust, in PEM with comments and other text between the blocks. Stored without that text. */
export const authorities = pemOfCertificates((given) => given);

/** A client certificate and its issuers in any order. Stored in the order of TLS: each one is followed by its issuer. */
export const clientChain = pemOfCertificates(inOrder);

function pemOfCertificates(arrange: (given: Given[]) => Given[]) {
  return z.string().transform((text, context) => {
    try {
      return arrange(read(text))
        .map(({ certificate }) => certificate.toString())
        .join('');
    } catch (error) {
      if (!(error instanceof NotCertificates)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

/** @throws NotCertificates unless every block is a certificate */
function read(text: string): Given[] {
  if (Buffer.byteLength(text) > MAX_CA_BYTES) throw new NotCertificates(`must be at most ${MAX_CA_BYTES} bytes`);
  const blocks = pemBlocks(text);
  if (!blocks.length) {
    throw new NotCertificates(
      'must be one or more certificates in PEM (-----BEGIN CERTIFICATE----- …); openssl x509 -inform der -in FILE writes a DER file as PEM',
    );
  }
  return blocks.map(readBlock);
}

function readBlock(block: PemBlock): Given {
  const { label, fault } = block;
  const otherKind = /^(?:|(?:X509 )?CERTIFICATE)$/.test(label) ? null : reasonAgainstKind(label);
  const reason = otherKind ?? fault;
  if (label.endsWith('PRIVATE KEY'))
    throw new NotCertificates(`must contain only certificates, no private key: ${nameOfBlock(block)} is one`);
  if (reason) throw new NotCertificates(`${nameOfBlock(block)} ${reason}`);
  const der = Buffer.from(block.base64, 'base64');
  const certificate = parse(der);
  // OpenSSL ignores bytes after the certificate.
  if (certificate?.raw.length !== der.length)
    throw new NotCertificates(`${nameOfBlock(block)} is not a certificate: it is cut short or damaged`);
  return { block, certificate };
}

function parse(der: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

function reasonAgainstKind(label: string): string {
  switch (label) {
    case 'TRUSTED CERTIFICATE':
      return 'has trust settings of OpenSSL, which Auditwire does not apply; openssl x509 -in FILE writes it without them';
    case 'X509 CRL':
      return 'is a list of revoked certificates (CRL), which Auditwire does not check; leave it out';
    case 'PKCS7':
    case 'PKCS #7 SIGNED DATA':
    case 'CMS':
      return 'is PKCS #7; openssl pkcs7 -print_certs -in FILE writes its certificates as PEM';
    case 'CERTIFICATE REQUEST':
    case 'NEW CERTIFICATE REQUEST':
      return 'is a request for a certificate; give the certificate that the authority has issued';
    default:
      return 'is not a certificate; leave it out';
  }
}

/** @throws NotCertificates unless they are one client certificate and its issuers */
function inOrder(given: Given[]): Given[] {
  const all = given.filter(
    ({ certificate: { fingerprint256 } }, index) =>
      given.findIndex((other) => other.certificate.fingerprint256 === fingerprint256) === index,
  );
  if (all.length > MAX_CHAIN) throw new NotCertificates(`must have at most ${MAX_CHAIN} certificates`);
  const leaves = all.filter((one) => !all.some((other) => other !== one && isIssuedBy(other, one)));
  const [leaf, second] = leaves;
  if (!leaf) throw new NotCertificates('has only authorities that issued each other, and no client certificate');
  if (second) {
    throw new NotCertificates(
      `must be one client certificate and its issuers, but ${nameOfBlock(leaf.block)} and ${nameOfBlock(second.block)} do not belong to one chain`,
    );
  }
  // An authority can have several certificates (cross-signed): all issuers of one certificate come before theirs.
  const chain = [leaf];
  for (const one of chain) chain.push(...all.filter((other) => !chain.includes(other) && isIssuedBy(one, other)));
  return chain;
}

function isIssuedBy({ certificate }: Given, { certificate: issuer }: Given): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key of a kind that OpenSSL does not know.
    return false;
  }
}
