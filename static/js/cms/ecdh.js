/**
 * Ephemeral-static ECDH with the X9.63 KDF and AES key wrap (RFC 5753).
 * @module
 */
import { encode, explicit, octetString, oid, sequence } from './der.js';
import { x963Kdf } from './digest.js';
import { unwrapKey, wrapKey } from './key-wrap.js';
import { uint32, unshared } from './octets.js';
import { AES256_WRAP, ECDH_KDF_OIDS } from './oids.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {{kdf: string, wrapAlgorithm: Bytes, wrapLength: number, ukm: Bytes | null, curve: string | null, point: Bytes}} EcdhParameters wrapAlgorithm: the AlgorithmIdentifier; curve and point: the originator's key, curve null where it is the recipient's */

/** @type {Readonly<Record<string, number>>} bits of Z */
const FIELD_BITS = Object.freeze({ 'P-256': 256, 'P-384': 384, 'P-521': 528 });
/** @type {Readonly<Record<string, string>>} KDF hash we write */
const KDF_HASH = Object.freeze({ 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' });

/**
 * ECC-CMS-SharedInfo (RFC 5753 §7.2). entityUInfo is absent, not empty, where there is no ukm.
 * @param {Uint8Array} wrapAlgorithm @param {Uint8Array | null} ukm @param {number} length of the KEK in bytes
 */
function sharedInfo(wrapAlgorithm, ukm, length) {
  const supplement = explicit(2, octetString(uint32(8 * length)));
  const entity = ukm ? [explicit(0, octetString(ukm))] : [];
  return encode(sequence(wrapAlgorithm, ...entity, supplement));
}

/** @param {CryptoKey} privateKey @param {string} curve @param {Uint8Array} point @returns {Promise<Bytes>} Z */
async function agree(privateKey, curve, point) {
  const peer = await crypto.subtle.importKey('raw', unshared(point), { name: 'ECDH', namedCurve: curve }, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: peer }, privateKey, FIELD_BITS[curve]));
}

/**
 * @param {CryptoKey} privateKey ECDH, of `curve` @param {string} curve
 * @param {EcdhParameters} parameters @param {Uint8Array} encryptedKey
 * @returns {Promise<Bytes>}
 */
export async function unwrapEcdh(privateKey, curve, parameters, encryptedKey) {
  const { kdf, wrapAlgorithm, wrapLength, ukm, point } = parameters;
  const secret = await agree(privateKey, curve, point);
  const kek = await x963Kdf(kdf, secret, sharedInfo(wrapAlgorithm, ukm, wrapLength), wrapLength);
  return unwrapKey(kek, encryptedKey);
}

/**
 * Wraps to a P-256, P-384 or P-521 key.
 * @param {string} curve @param {Uint8Array} recipientPoint @param {Uint8Array} key @param {{ukm?: Uint8Array | null, hash?: string}} [options]
 * @returns {Promise<{point: Bytes, encryptedKey: Bytes, algorithm: Bytes}>} algorithm: keyEncryptionAlgorithm
 */
export async function wrapEcdh(curve, recipientPoint, key, { ukm = null, hash = KDF_HASH[curve] } = {}) {
  const ephemeral = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: curve }, false, ['deriveBits']);
  const wrapAlgorithm = encode(sequence(oid(AES256_WRAP)));
  const secret = await agree(ephemeral.privateKey, curve, recipientPoint);
  const kek = await x963Kdf(hash, secret, sharedInfo(wrapAlgorithm, ukm, 32), 32);
  return {
    point: new Uint8Array(await crypto.subtle.exportKey('raw', ephemeral.publicKey)),
    encryptedKey: await wrapKey(kek, key),
    algorithm: encode(sequence(oid(ECDH_KDF_OIDS[hash]), wrapAlgorithm)),
  };
}
