/**
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): what kind of key it is, and its numbers.
 * @module
 */
import { CERTIFICATE_LIMITS, TAG, parseBer } from './ber.js';
import { NULL, bitString, encode, integer, oid as objectIdentifier, sequence } from './der.js';
import { EncodingError } from './errors.js';
import { CURVE_NAMES, CURVE_OIDS, KEY_ALGORITHM } from './oids.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {{type: 'rsa', bits: number, modulus: bigint, exponent: bigint, length: number, pssOnly: boolean}} RsaPublicKey `length` of the modulus in bytes; pssOnly: under id-RSASSA-PSS (RFC 4055 §1.2) */
/** @typedef {{type: 'ec', curve: string, point: Bytes}} EcPublicKey curve as WebCrypto names it, or the OID */
/** @typedef {{type: 'ed25519' | 'x25519', point: Bytes}} EdwardsPublicKey RFC 8410 */
/** @typedef {RsaPublicKey | EcPublicKey | EdwardsPublicKey | {type: 'other', oid: string}} PublicKey */

/** @param {import('./ber.js').Element} spki @returns {PublicKey} */
export function readPublicKey(spki) {
  const fields = spki.expect(TAG.SEQUENCE).cursor();
  const algorithm = fields.take(TAG.SEQUENCE).cursor();
  const oid = algorithm.take(TAG.OID).oid();
  const key = fields.take(TAG.BIT_STRING).bitString();
  fields.end();
  if (oid === KEY_ALGORITHM.rsaEncryption || oid === KEY_ALGORITHM.rsaPss) return rsaKey(key, oid === KEY_ALGORITHM.rsaPss);
  if (oid === KEY_ALGORITHM.ed25519) return { type: 'ed25519', point: key };
  if (oid === KEY_ALGORITHM.x25519) return { type: 'x25519', point: key };
  if (oid !== KEY_ALGORITHM.ecPublicKey) return { type: 'other', oid };
  const curve = algorithm.take(TAG.OID).oid();
  return { type: 'ec', curve: CURVE_NAMES[curve] ?? curve, point: key };
}

/** @param {Uint8Array} spki @returns {PublicKey} */
export const parsePublicKey = (spki) => readPublicKey(parseBer(spki, CERTIFICATE_LIMITS));

/** @param {Bytes} key @param {boolean} pssOnly @returns {RsaPublicKey} */
function rsaKey(key, pssOnly) {
  const fields = parseBer(key, CERTIFICATE_LIMITS).cursor();
  const modulus = fields.take(TAG.INTEGER).integer();
  const exponent = fields.take(TAG.INTEGER).integer();
  if (modulus <= 0n || modulus % 2n === 0n || exponent < 3n || exponent > 1n << 256n) throw new EncodingError('RSA key');
  const bits = modulus.toString(2).length;
  return { type: 'rsa', bits, modulus, exponent, length: Math.ceil(bits / 8), pssOnly };
}

/** Under rsaEncryption. @param {RsaPublicKey} key @returns {Bytes} */
export function rsaPublicKeyInfo({ modulus, exponent }) {
  const key = sequence(integer(modulus), integer(exponent));
  return encode(sequence(sequence(objectIdentifier(KEY_ALGORITHM.rsaEncryption), NULL), bitString(key)));
}

/** id-ecPublicKey with a named curve and an uncompressed point. @param {string} curve P-256, P-384 or P-521 @param {Uint8Array} point @returns {Bytes} */
export function ecPublicKeyInfo(curve, point) {
  const algorithm = sequence(objectIdentifier(KEY_ALGORITHM.ecPublicKey), objectIdentifier(CURVE_OIDS[curve]));
  return encode(sequence(algorithm, bitString(point)));
}
