/**
 * Signed attributes (RFC 5652 §11, RFC 5035, RFC 8551 §2.5): reading them strictly, writing ours.
 * @module
 */
import { TAG, context } from './ber.js';
import { issuerAndSerialNumber } from './certificate.js';
import { encode, explicit, implicit, implicitPrimitive, integer, octetString, oid, sequence, setOf, time } from './der.js';
import { digest, sha256 } from './digest.js';
import { AttributesError, UnsupportedError } from './errors.js';
import { oaepAlgorithm } from './oaep.js';
import { AES256_WRAP, ATTRIBUTE, CAPABILITIES, DIGEST_NAMES, PLI_OID } from './oids.js';
import { names, readIssuerAndSerialNumber } from './recipients.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./certificate.js').Certificate} Certificate */
/** @typedef {{type: string, values: Uint8Array[]}} AttributeToWrite DER values */

/** Every attribute we know of (RFC 5652 §11, RFC 5035, RFC 8551 §2.5, docs/FORMATS.md). @type {ReadonlySet<string>} */
const SINGLE_VALUED = new Set([...Object.values(ATTRIBUTE), ...Object.values(PLI_OID)]);

/**
 * Values by type. An attribute given twice, or with two values, is refused: readers disagree on
 * which one counts.
 * @param {Element | null} set @returns {Map<string, Element[]>}
 */
export function readAttributes(set) {
  const attributes = new Map();
  for (const attribute of set?.children ?? []) {
    const fields = attribute.expect(TAG.SEQUENCE).cursor();
    const type = fields.take(TAG.OID).oid();
    if (attributes.has(type)) throw new AttributesError('an attribute is given twice');
    const values = fields.take(TAG.SET).children;
    if (values.length !== 1 && SINGLE_VALUED.has(type)) throw new AttributesError('an attribute has not exactly one value');
    attributes.set(type, values);
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

/** What we read, best first (RFC 8551 §2.5.2). */
function smimeCapabilities() {
  return encode(sequence(...Object.keys(CAPABILITIES).map((name) => {
    if (name === 'rsa-oaep') return oaepAlgorithm('SHA-256', new Uint8Array());
    if (name === 'ecdh') return sequence(oid(CAPABILITIES[name][0]), sequence(oid(AES256_WRAP)));
    return sequence(oid(CAPABILITIES[name][0]));
  })));
}

/**
 * What a signer says that he reads, by the names of docs/FORMATS.md, in his order.
 * @param {Map<string, Element[]>} attributes signed ones, verified
 * @returns {string[]} empty if he says nothing we know, or nothing readable
 */
export function readCapabilities(attributes) {
  try {
    const announced = onlyValue(attributes, ATTRIBUTE.smimeCapabilities)?.expect(TAG.SEQUENCE).children ?? [];
    return [...new Set(announced.flatMap((capability) => capabilityNames(capability.cursor().take(TAG.OID).oid())))];
  } catch {
    return [];
  }
}

/** @param {string} announced OID */
const capabilityNames = (announced) => Object.keys(CAPABILITIES).filter((name) => CAPABILITIES[name].includes(announced));

/**
 * The certificate by which a signer wants to be written to (RFC 8551 §2.5.3).
 * @param {Map<string, Element[]>} attributes signed ones, verified
 * @param {Certificate[]} certificates among which it is looked for
 * @returns {Certificate | null} null if he names none, or one that is not there
 */
export function readEncryptionPreference(attributes, certificates) {
  try {
    const choice = onlyValue(attributes, ATTRIBUTE.encrypKeyPref);
    const rid = choice && readPreference(choice);
    return certificates.find((certificate) => names(rid, certificate)) ?? null;
  } catch {
    return null;
  }
}

/** SMIMEEncryptionKeyPreference: three ways to name a certificate. @param {Element} choice @returns {import('./recipients.js').RecipientIdentifier} */
function readPreference(choice) {
  if (choice.tag === context(0)) return readIssuerAndSerialNumber(choice);
  if (choice.tag === context(1)) return { subjectKeyIdentifier: choice.cursor().take(TAG.OCTET_STRING).octets() };
  return { subjectKeyIdentifier: choice.octets() };
}

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
