/**
 * RecipientInfo (RFC 5652 §6.2): who may open, and how. Read into one flat shape; written for a
 * certificate or for a key-encryption key.
 * @module
 */
import { TAG, context, parseBer } from './ber.js';
import { issuerAndSerialNumber } from './certificate.js';
import { NULL, bitString, canonical, definite, encode, explicit, implicit, implicitPrimitive, integer, octetString, oid, sequence } from './der.js';
import { wrapEcdh } from './ecdh.js';
import { CertificateError, CmsError, EncodingError, UnsupportedError } from './errors.js';
import { wrapKey } from './key-wrap.js';
import { encryptOaep, oaepAlgorithm, readOaepParameters } from './oaep.js';
import { concat, equal, utf8 } from './octets.js';
import { AES256_WRAP, CURVE_NAMES, CURVE_OIDS, ECDH_SCHEMES, KEY_ALGORITHM, KEY_WRAP_LENGTHS, OLD_KEY_WRAP_LENGTHS } from './oids.js';
import { readPasswordParameters } from './password.js';
import { encryptPkcs1 } from './rsa.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./certificate.js').Certificate} Certificate */
/** @typedef {{issuer: Bytes, serialNumber: bigint} | {subjectKeyIdentifier: Bytes} | {keyIdentifier: Bytes}} RecipientIdentifier */
/**
 * @typedef {object} KeyAlgorithm
 * @property {string} oid
 * @property {'rsa-pkcs1' | 'rsa-oaep' | 'ecdh' | 'aes-wrap' | 'password' | 'unknown'} name
 * @property {string} [reason] why it is unknown, in English, for logs
 * @property {import('./oaep.js').OaepParameters} [oaep]
 * @property {import('./ecdh.js').EcdhParameters} [ecdh]
 * @property {import('./password.js').PasswordParameters} [password]
 */
/**
 * @typedef {object} Recipient
 * @property {'ktri' | 'kari' | 'kekri' | 'pwri' | 'ori'} kind
 * @property {Bytes} der the whole RecipientInfo, in definite lengths
 * @property {RecipientIdentifier | null} rid null where we know no form of it
 * @property {Bytes} encryptedKey
 * @property {KeyAlgorithm} algorithm
 */

/**
 * Reads a RecipientInfo. A kari for several keys gives one entry per key, with the same `der`.
 * @param {Element} info @returns {Recipient[]}
 */
export function readRecipientInfo(info) {
  if (info.tag === TAG.SEQUENCE) return [readKeyTransport(info)];
  if (info.tag === context(1)) return readKeyAgreement(info);
  if (info.tag === context(2)) return [readKek(info)];
  if (info.tag === context(3)) return [readPassword(info)];
  if (info.tag !== context(4)) throw new EncodingError('recipient type');
  return [readOther(info)];
}

/** OtherRecipientInfo, RFC 5652 §6.2.5: we know no type of it. @param {Element} info @returns {Recipient} */
function readOther(info) {
  const fields = info.cursor();
  const type = fields.take(TAG.OID).oid();
  fields.take();
  fields.end();
  return { kind: 'ori', der: definite(info), rid: null, encryptedKey: new Uint8Array(), algorithm: unknown(type, 'another recipient type') };
}

/** @param {string} oid @param {string} reason @returns {KeyAlgorithm} */
const unknown = (oid, reason) => ({ oid, name: 'unknown', reason });

/** @param {Uint8Array} der @returns {Recipient[]} */
export const parseRecipientInfo = (der) => readRecipientInfo(parseBer(der));

/** @param {Element} info @returns {Recipient} */
function readKeyTransport(info) {
  const fields = info.cursor();
  fields.take(TAG.INTEGER).integer();
  const rid = readIdentifier(fields.take());
  const algorithm = readTransportAlgorithm(fields.take(TAG.SEQUENCE));
  return { kind: 'ktri', der: definite(info), rid, algorithm, encryptedKey: lastOctets(fields) };
}

/** The OCTET STRING that ends a structure. @param {import('./ber.js').Cursor} fields @returns {Bytes} */
function lastOctets(fields) {
  const octets = fields.take(TAG.OCTET_STRING, TAG.CONSTRUCTED_OCTETS).octets();
  fields.end();
  return octets;
}

/** issuerAndSerialNumber, or `[0]` subjectKeyIdentifier. @param {Element} element @returns {RecipientIdentifier} */
export function readIdentifier(element) {
  if (element.tag === TAG.SEQUENCE) return readIssuerAndSerialNumber(element);
  if (element.tag !== context(0) && element.tag !== context(0, false)) throw new EncodingError('identifier');
  return { subjectKeyIdentifier: element.octets() };
}

/** Also under an implicit tag. @param {Element} element @returns {{issuer: Bytes, serialNumber: bigint}} */
export function readIssuerAndSerialNumber(element) {
  const fields = element.cursor();
  const identifier = { issuer: definite(fields.take(TAG.SEQUENCE)), serialNumber: fields.take(TAG.INTEGER).integer() };
  fields.end();
  return identifier;
}

/** @param {Element} element @returns {KeyAlgorithm} */
function readTransportAlgorithm(element) {
  const { oid: found, parameters } = element.algorithm();
  if (found === KEY_ALGORITHM.rsaEncryption) return { oid: found, name: 'rsa-pkcs1' };
  if (found !== KEY_ALGORITHM.rsaOaep) return unknown(found, 'key transport');
  try {
    return { oid: found, name: 'rsa-oaep', oaep: readOaepParameters(parameters) };
  } catch (error) {
    if (error instanceof CmsError) return unknown(found, 'OAEP parameters'); // the holder of another key need not mind
    throw error;
  }
}

/** @param {Element} info @returns {Recipient[]} */
function readKeyAgreement(info) {
  const fields = info.cursor();
  fields.take(TAG.INTEGER).integer();
  const originator = readOriginator(fields.take(context(0)).only());
  const ukm = fields.optional(context(1))?.onlyOctets() ?? null;
  const algorithm = readAgreementAlgorithm(fields.take(TAG.SEQUENCE), ukm, originator);
  const der = definite(info);
  const recipients = fields.take(TAG.SEQUENCE).children;
  fields.end();
  return recipients.map((recipient) => {
    const parts = recipient.expect(TAG.SEQUENCE).cursor();
    const rid = readAgreementIdentifier(parts.take());
    return { kind: 'kari', der, rid, algorithm, encryptedKey: lastOctets(parts) };
  });
}

/** Keys whose algorithm is the curve (RFC 8410). @type {Readonly<Record<string, string>>} */
const OTHER_CURVES = Object.freeze({ [KEY_ALGORITHM.x25519]: 'X25519' });

/** @param {Element} element @returns {{curve: string | null, point: Bytes} | null} null: static keys, not read */
function readOriginator(element) {
  if (element.tag !== context(1)) return null;
  const fields = element.cursor();
  const { oid: found, parameters } = fields.take(TAG.SEQUENCE).algorithm();
  const named = parameters?.tag === TAG.OID ? parameters.oid() : null;
  const curve = found === KEY_ALGORITHM.ecPublicKey ? named && (CURVE_NAMES[named] ?? named) : OTHER_CURVES[found] ?? found;
  const point = fields.take(TAG.BIT_STRING).bitString();
  fields.end();
  return { curve, point };
}

/** The OID of a key wrap; '' where none can be read, which the holder of another key need not mind. @param {Element | null} wrap */
function wrapOid(wrap) {
  try {
    return wrap?.expect(TAG.SEQUENCE).algorithm().oid ?? '';
  } catch {
    return '';
  }
}

/** @param {Element} element @param {Bytes | null} ukm @param {{curve: string | null, point: Bytes} | null} originator @returns {KeyAlgorithm} */
function readAgreementAlgorithm(element, ukm, originator) {
  const { oid: found, parameters: wrap } = element.algorithm();
  if (!(found in ECDH_SCHEMES)) return unknown(found, 'key agreement scheme');
  if (!originator) return unknown(found, 'key agreement with a static key of the sender');
  const old = wrapOid(wrap) in OLD_KEY_WRAP_LENGTHS;
  const wrapLength = (old ? OLD_KEY_WRAP_LENGTHS : KEY_WRAP_LENGTHS)[wrapOid(wrap)];
  if (!wrap || !wrapLength) return unknown(found, 'key wrap');
  return { oid: found, name: 'ecdh', ecdh: { scheme: found, ukm, ...originator, wrapAlgorithm: canonical(wrap), wrapLength, old } };
}

/** @param {Element} element @returns {RecipientIdentifier} */
function readAgreementIdentifier(element) {
  if (element.tag === TAG.SEQUENCE) return readIdentifier(element);
  return { subjectKeyIdentifier: element.expect(context(0)).cursor().take(TAG.OCTET_STRING, TAG.CONSTRUCTED_OCTETS).octets() };
}

/** @param {Element} info @returns {Recipient} */
function readKek(info) {
  const fields = info.cursor();
  fields.take(TAG.INTEGER).integer();
  const keyIdentifier = fields.take(TAG.SEQUENCE).cursor().take(TAG.OCTET_STRING).octets();
  const found = fields.take(TAG.SEQUENCE).algorithm().oid;
  /** @type {KeyAlgorithm} */
  const algorithm = found in KEY_WRAP_LENGTHS ? { oid: found, name: 'aes-wrap' } : unknown(found, 'key wrap');
  return { kind: 'kekri', der: definite(info), rid: { keyIdentifier }, algorithm, encryptedKey: lastOctets(fields) };
}

/** @param {Element} info @returns {Recipient} */
function readPassword(info) {
  const fields = info.cursor();
  fields.take(TAG.INTEGER).integer();
  const derivation = fields.optional(context(0));
  const encryption = fields.take(TAG.SEQUENCE);
  const { oid: found } = encryption.algorithm();
  const parameters = readPasswordParameters(derivation, encryption);
  /** @type {KeyAlgorithm} */
  const algorithm = parameters ? { oid: found, name: 'password', password: parameters } : unknown(found, 'password derivation');
  return { kind: 'pwri', der: definite(info), rid: null, algorithm, encryptedKey: lastOctets(fields) };
}

/** Whether `rid` names `certificate`. @param {RecipientIdentifier | null} rid @param {Certificate} certificate */
export function names(rid, certificate) {
  if (!rid || 'keyIdentifier' in rid) return false;
  if ('issuer' in rid) {
    return rid.serialNumber === certificate.serialNumber && equal(rid.issuer, certificate.issuer.der);
  }
  const own = certificate.subjectKeyIdentifier;
  return own !== null && equal(own, rid.subjectKeyIdentifier);
}

/**
 * @typedef {object} CertificateRecipient
 * @property {Certificate} certificate
 * @property {'rsa-pkcs1' | 'rsa-oaep' | 'ecdh'} [keyAlgorithm] by default rsa-pkcs1 for an RSA key, which every program reads
 * @property {string} [hash] of OAEP or of the KDF
 * @property {string} [label] of OAEP; the ukm of ECDH
 * @property {'issuerAndSerialNumber' | 'subjectKeyIdentifier'} [rid]
 */
/** @typedef {{kek: Uint8Array, keyIdentifier: Uint8Array}} KekRecipient kek of 32 bytes */
/** @typedef {{point: Uint8Array, keyIdentifier: Uint8Array}} KeyRecipient a P-256 key without certificate, uncompressed, and how it is named (RFC 5753 §3.1.1, rKeyId) */

/**
 * @param {CertificateRecipient | KekRecipient | KeyRecipient} recipient @param {Uint8Array} cek
 * @returns {Promise<Bytes>} RecipientInfo
 */
export async function buildRecipientInfo(recipient, cek) {
  if ('kek' in recipient) return buildKek(recipient, cek);
  if ('point' in recipient) return buildForKey(recipient, cek);
  const { publicKey, keyUsage } = recipient.certificate;
  if (publicKey.type === 'rsa' && !publicKey.pssOnly) {
    requireUsage(keyUsage, 'keyEncipherment');
    return buildKeyTransport(recipient, publicKey, cek);
  }
  const curve = publicKey.type === 'x25519' ? 'X25519' : publicKey.type === 'ec' && publicKey.curve;
  if (!curve || !(curve in ORIGINATORS)) throw new UnsupportedError('recipient key');
  requireUsage(keyUsage, 'keyAgreement');
  return buildKeyAgreement(recipient, curve, cek);
}

/** @param {Set<string>} keyUsage @param {string} usage */
function requireUsage(keyUsage, usage) {
  if (keyUsage.size && !keyUsage.has(usage)) throw new CertificateError('wrong-key-usage', `certificate without ${usage}`);
}

/** @param {CertificateRecipient} recipient @param {import('./public-key.js').RsaPublicKey} key @param {Uint8Array} cek */
async function buildKeyTransport({ certificate, keyAlgorithm = 'rsa-pkcs1', hash = 'SHA-256', label = '', rid }, key, cek) {
  if (keyAlgorithm === 'ecdh') throw new UnsupportedError('ECDH to an RSA key');
  const bySubjectKey = rid === 'subjectKeyIdentifier';
  const identifier = bySubjectKey ? implicitPrimitive(0, requireSki(certificate)) : sequence(...issuerAndSerialNumber(certificate));
  const oaep = keyAlgorithm === 'rsa-oaep';
  const algorithm = oaep ? oaepAlgorithm(hash, utf8(label)) : sequence(oid(KEY_ALGORITHM.rsaEncryption), NULL);
  const encrypted = oaep ? await encryptOaep(certificate, cek, { hash, label }) : encryptPkcs1(key, cek);
  return encode(sequence(integer(bySubjectKey ? 2 : 0), identifier, algorithm, octetString(encrypted)));
}

/** Algorithm of the ephemeral key, by curve. @type {Readonly<Record<string, ReturnType<typeof sequence>>>} */
const ORIGINATORS = Object.freeze({
  ...Object.fromEntries(Object.entries(CURVE_OIDS).map(([curve, id]) => [curve, sequence(oid(KEY_ALGORITHM.ecPublicKey), oid(id))])),
  X25519: sequence(oid(KEY_ALGORITHM.x25519)),
});

/** @param {CertificateRecipient} recipient @param {string} curve @param {Uint8Array} cek */
async function buildKeyAgreement({ certificate, hash, label = '', rid }, curve, cek) {
  const ukm = label ? utf8(label) : null;
  const { point } = /** @type {{point: Bytes}} */ (certificate.publicKey);
  const wrapped = await wrapEcdh(curve, point, cek, hash ? { ukm, hash } : { ukm });
  const identifier = rid === 'subjectKeyIdentifier'
    ? implicit(0, octetString(requireSki(certificate)))
    : sequence(...issuerAndSerialNumber(certificate));
  return writeKeyAgreement(curve, ukm, wrapped, identifier);
}

/** @param {KeyRecipient} recipient @param {Uint8Array} cek */
async function buildForKey({ point, keyIdentifier }, cek) {
  const wrapped = await wrapEcdh('P-256', point, cek);
  return writeKeyAgreement('P-256', null, wrapped, implicit(0, octetString(keyIdentifier)));
}

/** @param {string} curve @param {Bytes | null} ukm @param {{point: Bytes, encryptedKey: Bytes, algorithm: Bytes}} wrapped @param {import('./der.js').Part} identifier */
function writeKeyAgreement(curve, ukm, wrapped, identifier) {
  return encode(implicit(1,
    integer(3),
    explicit(0, implicit(1, ORIGINATORS[curve], bitString(wrapped.point))),
    ...(ukm ? [explicit(1, octetString(ukm))] : []),
    wrapped.algorithm,
    sequence(sequence(identifier, octetString(wrapped.encryptedKey)))));
}

/** @param {KekRecipient} recipient @param {Uint8Array} cek */
async function buildKek({ kek, keyIdentifier }, cek) {
  if (kek.length !== 32) throw new EncodingError('key-encryption key length');
  const wrapped = await wrapKey(kek, cek);
  return encode(implicit(2,
    integer(4), sequence(octetString(keyIdentifier)), sequence(oid(AES256_WRAP)), octetString(wrapped)));
}

/** @param {Certificate} certificate */
function requireSki({ subjectKeyIdentifier }) {
  if (!subjectKeyIdentifier) throw new CertificateError('no-key-identifier', 'certificate without subjectKeyIdentifier');
  return concat(subjectKeyIdentifier);
}
