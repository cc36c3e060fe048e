/**
 * Signed attributes (RFC 5652 §11, RFC 5035, RFC 8551 §2.5): reading them strictly, writing ours.
 * @module
 */
import { TAG } from './ber.js';
import { issuerAndSerialNumber } from './certificate.js';
import { encode, explicit, implicit, implicitPrimitive, integer, octetString, oid, sequence, setOf, time } from './der.js';
import { digest, sha256 } from './digest.js';
import { AttributesError, UnsupportedError } from './errors.js';
import { ATTRIBUTE, DIGEST_NAMES } from './oids.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./certificate.js').Certificate} Certificate */
/** @typedef {{type: string, values: Uint8Array[]}} AttributeToWrite DER values */

/**
 * Values by type. An attribute given twice is refused: readers disagree on which one counts.
 * @param {Element | null} set @returns {Map<string, Element[]>}
 */
export function readAttributes(set) {
  const attributes = new Map();
  for (const attribute of set?.children ?? []) {
    const fields = attribute.expect(TAG.SEQUENCE).cursor();
    const type = fields.take(TAG.OID).oid();
    if (attributes.has(type)) throw new AttributesError('an attribute is given twice');
    attributes.set(type, fields.take(TAG.SET).children);
    fields.end();
  }
  return attributes;
}

/** The one value of an attribute, null if the attribute is absent. @param {Map<string, Element[]>} attributes @param {string} type @returns {Element | null} */
export function onlyValue(attributes, type) {
  const values = attributes.get(type);
  if (!values) return null;
  if (values.length !== 1) throw new AttributesError('an attribute has not exactly one value');
  return values[0];
}

/** @param {Map<string, Element[]>} attributes @param {string} type @returns {Element} */
export function requiredValue(attributes, type) {
  const value = onlyValue(attributes, type);
  if (!value) throw new AttributesError('a required attribute is missing');
  return value;
}

/**
 * The digest by which the signer named his certificate: signingCertificateV2, or the older form.
 * @param {Map<string, Element[]>} attributes
 * @returns {{hash: string, value: Bytes} | null} null if he did not
 */
export function readSigningCertificate(attributes) {
  const second = onlyValue(attributes, ATTRIBUTE.signingCertificateV2);
  if (second) return readEssCertIdV2(second);
  const first = onlyValue(attributes, ATTRIBUTE.signingCertificate);
  return first ? { hash: 'SHA-1', value: firstCertId(first).take(TAG.OCTET_STRING).octets() } : null;
}

/** @param {Element} value */
const firstCertId = (value) => value.cursor().take(TAG.SEQUENCE).cursor().take(TAG.SEQUENCE).cursor();

/** @param {Element} value */
function readEssCertIdV2(value) {
  const fields = firstCertId(value);
  const algorithm = fields.optional(TAG.SEQUENCE)?.cursor().take(TAG.OID).oid();
  const hash = algorithm ? DIGEST_NAMES[algorithm] : 'SHA-256';
  if (!hash) throw new UnsupportedError('digest algorithm', algorithm);
  return { hash, value: fields.take(TAG.OCTET_STRING).octets() };
}

/** Whether `certificate` is the one named. @param {{hash: string, value: Bytes}} named @param {Certificate} certificate */
export async function isSigningCertificate(named, certificate) {
  const found = await digest(named.hash, certificate.der);
  return found.length === named.value.length && found.every((octet, i) => octet === named.value[i]);
}

/** ESSCertIDv2 with the default SHA-256 (RFC 5035 §4). @param {Certificate} certificate @returns {Promise<Bytes>} */
async function signingCertificateV2(certificate) {
  const [issuer, serialNumber] = issuerAndSerialNumber(certificate);
  const issuerSerial = sequence(sequence(explicit(4, issuer)), serialNumber);
  const id = sequence(octetString(await sha256(certificate.der)), issuerSerial);
  return encode(sequence(sequence(id)));
}

/** AES-256-GCM, AES-256-CBC, AES-128-GCM, AES-128-CBC. */
const CAPABILITIES = Object.freeze(['2.16.840.1.101.3.4.1.46', '2.16.840.1.101.3.4.1.42', '2.16.840.1.101.3.4.1.6', '2.16.840.1.101.3.4.1.2']);

/** What we read, best first (RFC 8551 §2.5.2). */
const smimeCapabilities = () => encode(sequence(...CAPABILITIES.map((capability) => sequence(oid(capability)))));

/** SMIMEEncryptionKeyPreference (RFC 8551 §2.5.3). @param {Certificate} certificate */
const encryptionKeyPreference = (certificate) => encode(implicit(0, ...issuerAndSerialNumber(certificate)));

/**
 * @typedef {object} SignedAttributeOptions
 * @property {Date} [signingTime]
 * @property {boolean} [capabilities] write smimeCapabilities
 * @property {Certificate} [encryptionCertificate] write encrypKeyPref naming it
 * @property {AttributeToWrite[]} [extra]
 */

/**
 * signedAttrs in DER, as they are signed: SET OF, sorted.
 * @param {Certificate} certificate of the signer @param {string} contentType @param {Bytes} messageDigest
 * @param {SignedAttributeOptions} options
 * @returns {Promise<Bytes>}
 */
export async function buildSignedAttributes(certificate, contentType, messageDigest, options) {
  const { signingTime, capabilities, encryptionCertificate, extra = [] } = options;
  /** @type {AttributeToWrite[]} */
  const attributes = [
    { type: ATTRIBUTE.contentType, values: [encode(oid(contentType))] },
    { type: ATTRIBUTE.messageDigest, values: [encode(octetString(messageDigest))] },
    { type: ATTRIBUTE.signingCertificateV2, values: [await signingCertificateV2(certificate)] },
  ];
  if (signingTime) attributes.push({ type: ATTRIBUTE.signingTime, values: [encode(time(signingTime))] });
  if (capabilities) attributes.push({ type: ATTRIBUTE.smimeCapabilities, values: [smimeCapabilities()] });
  if (encryptionCertificate) attributes.push({ type: ATTRIBUTE.encrypKeyPref, values: [encryptionKeyPreference(encryptionCertificate)] });
  return encode(setOf([...attributes, ...extra].map(({ type, values }) => sequence(oid(type), setOf(values)))));
}

/** @param {Certificate} certificate @param {'issuerAndSerialNumber' | 'subjectKeyIdentifier'} sid */
export function signerIdentifier(certificate, sid) {
  if (sid === 'issuerAndSerialNumber') return { version: integer(1), sid: sequence(...issuerAndSerialNumber(certificate)) };
  if (!certificate.subjectKeyIdentifier) throw new AttributesError('certificate without subjectKeyIdentifier');
  return { version: integer(3), sid: implicitPrimitive(0, certificate.subjectKeyIdentifier) };
}
