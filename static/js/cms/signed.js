/**
 * SignedData (RFC 5652 §5): read, verified one SignerInfo at a time, and written with the private
 * key elsewhere. Verification is of the signature alone; trust in the certificate is decided by who
 * validates paths.
 * @module
 */
import { buildSignedAttributes, isSigningCertificate, onlyValue, readSigningCertificate, requiredValue, signerIdentifier } from './attributes.js';
import { CMS_LIMITS, TAG, context, parseBer } from './ber.js';
import { parseCertificate } from './certificate.js';
import { definite, encode, explicit, integer, octetString, oid, sequence, setOf } from './der.js';
import { digest } from './digest.js';
import { AttributesError, DigestMismatchError, EncodingError, LimitError, SignerMismatchError, UnsupportedError } from './errors.js';
import { concat, equal } from './octets.js';
import { ATTRIBUTE, CONTENT_TYPE, DIGEST_OIDS } from './oids.js';
import { names } from './recipients.js';
import { SIGNATURE_ALGORITHMS, algorithmFor, readScheme, strongDigest, verifySignature } from './signature.js';
import { SignerInfo } from './signer-info.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./certificate.js').Certificate} Certificate */
/** @typedef {SignerInfo} Signer not verified */
/**
 * @typedef {object} Signed
 * @property {string} contentType OID of the eContent
 * @property {Bytes | null} content null if detached
 * @property {Bytes[]} certificates DER, in their order; nothing says they are genuine
 * @property {Bytes[]} crls DER
 * @property {Signer[]} signers empty in a certs-only message
 */
/**
 * @typedef {object} VerifiedSigner
 * @property {Certificate} certificate
 * @property {Date | null} signingTime as the signer claims
 * @property {Map<string, Element[]>} attributes signed
 * @property {Bytes} contentDigest
 * @property {string} digestName
 * @property {boolean} namesCertificate signingCertificateV2 was there and agrees; the SHA-1 of the older form proves too little
 */

/** Signers, certificates and CRLs of one SignedData. */
const MAX_ITEMS = 64;

/**
 * Reads a ContentInfo.
 * @param {Uint8Array} bytes DER or BER
 * @param {import('./ber.js').Limits} [limits]
 * @returns {Signed}
 * @throws {EncodingError | UnsupportedError | LimitError}
 */
export function parseSigned(bytes, limits = CMS_LIMITS) {
  const info = parseBer(bytes, limits).expect(TAG.SEQUENCE).cursor();
  const type = info.take(TAG.OID).oid();
  if (type !== CONTENT_TYPE.signedData) throw new UnsupportedError('not a SignedData', type);
  const fields = info.take(context(0)).only().expect(TAG.SEQUENCE).cursor();
  info.end();
  fields.take(TAG.INTEGER).integer();
  fields.take(TAG.SET);
  const encapsulated = fields.take(TAG.SEQUENCE).cursor();
  const contentType = encapsulated.take(TAG.OID).oid();
  const content = encapsulated.optional(context(0))?.onlyOctets() ?? null;
  encapsulated.end();
  const certificates = few(fields.optional(context(0))).filter(({ tag }) => tag === TAG.SEQUENCE).map(definite);
  const crls = few(fields.optional(context(1))).filter(({ tag }) => tag === TAG.SEQUENCE).map(definite);
  const signers = few(fields.take(TAG.SET)).map((signer) => new SignerInfo(signer));
  fields.end();
  return { contentType, content, certificates, crls, signers };
}

/** @param {Element | null} set @returns {Element[]} */
function few(set) {
  const items = set?.children ?? [];
  if (items.length > MAX_ITEMS) throw new LimitError('too many signers or certificates');
  return items;
}

/** By the bytes they were read from, which nobody changes. @type {WeakMap<Uint8Array, Certificate | null>} */
const alreadyRead = new WeakMap();

/** The certificates that can be read. @param {Uint8Array[]} certificates DER @returns {Certificate[]} */
export function readableCertificates(certificates) {
  for (const der of certificates) if (!alreadyRead.has(der)) alreadyRead.set(der, readable(der));
  return certificates.flatMap((der) => alreadyRead.get(der) ?? []);
}

/** @param {Uint8Array} der @returns {Certificate | null} */
function readable(der) {
  try {
    return parseCertificate(der);
  } catch {
    return null;
  }
}

/**
 * The included certificate a SignerInfo names; null if it is not there.
 * @param {Pick<Signed, 'certificates'>} signed @param {Signer} signer @returns {Certificate | null}
 */
export function signerCertificate({ certificates }, { sid }) {
  return readableCertificates(certificates).find((certificate) => names(sid, certificate)) ?? null;
}

/**
 * Verifies one SignerInfo with the certificate it names.
 * @param {Pick<Signed, 'contentType' | 'content'>} signed @param {Signer} signer
 * @param {Uint8Array | null} content of a detached signature; null to take the content inside
 * @param {Certificate} certificate
 * @param {(name: string, bytes: Uint8Array) => Promise<Bytes>} [hashing] for a caller who verifies several signers of the same octets
 * @returns {Promise<VerifiedSigner>}
 * @throws {import('./errors.js').SignatureError} of the kind that says why, WeakAlgorithmError among them
 */
export async function verifySigner(signed, signer, content, certificate, hashing = digest) {
  if (!names(signer.sid, certificate)) throw new SignerMismatchError('the certificate is not the one named');
  const attributes = signedAttributes(signer, signed.contentType);
  const digestName = strongDigest(signer.digestAlgorithm);
  // The engine does them side by side; of several failures the first in this order is told.
  const [contentDigest, namesCertificate] = await inOrder(
    digestOf(contentToVerify(signed, content), attributes, (bytes) => hashing(digestName, bytes)),
    checkSigningCertificate(attributes, certificate),
    verifyAny(certificate, digestName, signer),
  );
  const signingTime = onlyValue(attributes, ATTRIBUTE.signingTime)?.time() ?? null;
  return { certificate, signingTime, attributes, contentDigest, digestName, namesCertificate };
}

/**
 * @template A, B, C
 * @param {Promise<A>} first @param {Promise<B>} second @param {Promise<C>} third
 * @returns {Promise<[A, B, C]>} none is left to fail unheard
 */
async function inOrder(first, second, third) {
  await Promise.allSettled([first, second, third]);
  return [await first, await second, await third];
}

/** @param {Uint8Array} content @param {Map<string, Element[]>} attributes @param {(bytes: Uint8Array) => Promise<Bytes>} hashing */
async function digestOf(content, attributes, hashing) {
  const found = await hashing(content);
  const stated = requiredValue(attributes, ATTRIBUTE.messageDigest).expect(TAG.OCTET_STRING);
  if (!equal(stated.octets(), found)) throw new DigestMismatchError();
  return found;
}

/** @param {Certificate} certificate @param {string} digestName of the content @param {Signer} signer */
async function verifyAny(certificate, digestName, { signature, signatureAlgorithm, signedBytes: [first, second] }) {
  const scheme = readScheme(signatureAlgorithm, digestName);
  // RFC 8933 §3.1: one digest algorithm for content and attributes, so that neither is swapped alone.
  if (scheme.scheme !== 'ed25519' && scheme.hash !== digestName) throw new AttributesError('two digest algorithms');
  const verifying = verifySignature(certificate, scheme, signature, first);
  await (second ? verifying.catch(() => verifySignature(certificate, scheme, signature, second)) : verifying);
}

/** @param {Signer} signer @param {string} contentType */
function signedAttributes({ attributes }, contentType) {
  if (requiredValue(attributes, ATTRIBUTE.contentType).oid() !== contentType) throw new AttributesError('content-type differs');
  return attributes;
}

/** @param {Pick<Signed, 'content'>} signed @param {Uint8Array | null} content */
function contentToVerify(signed, content) {
  const found = signed.content ?? content;
  if (!found) throw new EncodingError('the content is elsewhere');
  if (signed.content && content && !equal(signed.content, content)) throw new DigestMismatchError();
  return found;
}

/** @param {Map<string, Element[]>} attributes @param {Certificate} certificate */
async function checkSigningCertificate(attributes, certificate) {
  const named = readSigningCertificate(attributes);
  if (!named) return false;
  if (!(await isSigningCertificate(named, certificate))) throw new SignerMismatchError('signingCertificate names another');
  return named.hash !== 'SHA-1';
}

/**
 * Signs `content` with one SignerInfo.
 * @param {object} options
 * @param {Uint8Array} options.content
 * @param {boolean} [options.detached] the content is not included
 * @param {Certificate} options.certificate of the signer
 * @param {Uint8Array[]} [options.chain] more certificates to include, DER
 * @param {(tbs: Uint8Array) => Promise<Uint8Array>} options.sign gets the DER of signedAttrs; an ECDSA signature is returned as Ecdsa-Sig-Value
 * @param {import('./signature.js').SignatureAlgorithm} [options.algorithm] by default what suits the key
 * @param {import('./attributes.js').SignedAttributeOptions} [options.signedAttributes]
 * @param {string} [options.contentType] OID of the content
 * @param {'issuerAndSerialNumber' | 'subjectKeyIdentifier'} [options.sid]
 * @returns {Promise<Bytes>} ContentInfo
 */
export async function buildSigned(options) {
  const { content, detached = false, certificate, chain = [], contentType = CONTENT_TYPE.data } = options;
  const { hash, identifier } = SIGNATURE_ALGORITHMS[options.algorithm ?? algorithmFor(certificate.publicKey)];
  const digestAlgorithm = sequence(oid(DIGEST_OIDS[hash]));
  const attributes = await buildSignedAttributes(certificate, contentType, await digest(hash, content), options.signedAttributes ?? {});
  const { version, sid } = signerIdentifier(certificate, options.sid ?? 'issuerAndSerialNumber');
  const signature = octetString(await options.sign(attributes));
  const signer = sequence(version, sid, digestAlgorithm, underTagZero(attributes), identifier, signature);
  const encapsulated = detached ? [oid(contentType)] : [oid(contentType), explicit(0, octetString(content))];
  return contentInfo(sequence(
    integer(signedVersion(contentType, options.sid)), setOf([digestAlgorithm]), sequence(...encapsulated),
    setOf([certificate.der, ...chain], context(0)), setOf([signer])));
}

/** @param {Bytes} attributes SET OF, to be written under [0] IMPLICIT */
const underTagZero = (attributes) => concat(Uint8Array.of(context(0)), attributes.subarray(1));

/** RFC 5652 §5.1. @param {string} contentType @param {string} [sid] */
const signedVersion = (contentType, sid) => (contentType !== CONTENT_TYPE.data || sid === 'subjectKeyIdentifier' ? 3 : 1);

/**
 * A certs-only message (RFC 8551 §3.8), to hand certificates over.
 * @param {Uint8Array[]} certificates DER @returns {Bytes}
 */
export function buildCertificatesOnly(certificates) {
  return contentInfo(sequence(integer(1), setOf([]), sequence(oid(CONTENT_TYPE.data)), setOf(certificates, context(0)), setOf([])));
}

/** @param {ReturnType<typeof sequence>} content */
const contentInfo = (content) => encode(sequence(oid(CONTENT_TYPE.signedData), explicit(0, content)));
