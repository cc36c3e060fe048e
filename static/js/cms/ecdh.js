/**
 * Ephemeral-static ECDH with AES key wrap (of Triple-DES too, where old mail is read): on the NIST curves (RFC 5753) and, where the platform has
 * it, with X25519 (RFC 8418).
 * @module
 */
import { encode, explicit, octetString, oid, sequence } from './der.js';
import { hkdf, hkdfKey, x963Kdf } from './digest.js';
import { DecryptionError } from './errors.js';
import { unwrapKey, wrapKey } from './key-wrap.js';
import { uint32, unshared } from './octets.js';
import { AES256_WRAP, ECDH_HKDF_SHA256, ECDH_KDF_OIDS, ECDH_SCHEMES } from './oids.js';
import { unwrapTripleDes } from './triple-des-wrap.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/**
 * @typedef {object} EcdhParameters
 * @property {string} scheme OID of ECDH_SCHEMES
 * @property {Bytes} wrapAlgorithm AlgorithmIdentifier, as it stands in the message
 * @property {number} wrapLength of the KEK in bytes
 * @property {boolean} old Triple-DES key wrap: to be opened on demand only
 * @property {Bytes | null} ukm
 * @property {string | null} curve of the originator's key, null where it is the recipient's
 * @property {Bytes} point the originator's key
 */

/** @type {Readonly<Record<string, number>>} bits of Z */
const SECRET_BITS = Object.freeze({ 'P-256': 256, 'P-384': 384, 'P-521': 528, X25519: 256 });
/** @type {Readonly<Record<string, string>>} KDF hash we write */
const KDF_HASH = Object.freeze({ 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' });

/** How WebCrypto calls keys of a curve. @param {string} curve */
export const ecdhAlgorithm = (curve) => (curve === 'X25519' ? { name: curve } : { name: 'ECDH', namedCurve: curve });

/**
 * ECC-CMS-SharedInfo (RFC 5753 §7.2). entityUInfo is absent, not empty, where there is no ukm.
 * @param {Pick<EcdhParameters, 'wrapAlgorithm' | 'wrapLength' | 'ukm'>} parameters
 */
function sharedInfo({ wrapAlgorithm, wrapLength, ukm }) {
  const supplement = explicit(2, octetString(uint32(8 * wrapLength)));
  const entity = ukm ? [explicit(0, octetString(ukm))] : [];
  return encode(sequence(wrapAlgorithm, ...entity, supplement));
}

/**
 * The shared secret Z.
 * @param {CryptoKey} privateKey @param {string} curve @param {Uint8Array} point the other side's, uncompressed
 * @returns {Promise<Bytes>}
 */
async function agree(privateKey, curve, point) {
  const algorithm = ecdhAlgorithm(curve);
  const peer = await crypto.subtle.importKey('raw', unshared(point), algorithm, false, []);
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: algorithm.name, public: peer }, privateKey, SECRET_BITS[curve]));
  // RFC 7748 §6.1: a point of small order, chosen so that everybody knows the secret.
  if (curve === 'X25519' && secret.every((octet) => octet === 0)) throw new DecryptionError();
  return secret;
}

/** The key-encryption key. @param {Bytes} secret Z @param {Pick<EcdhParameters, 'scheme' | 'wrapAlgorithm' | 'wrapLength' | 'ukm'>} parameters */
async function deriveKek(secret, parameters) {
  const { kdf, hash } = ECDH_SCHEMES[parameters.scheme];
  const info = sharedInfo(parameters);
  if (kdf === 'X9.63') return x963Kdf(hash, secret, info, parameters.wrapLength);
  // RFC 8418 §2.2: the ukm is the salt too.
  return hkdf(await hkdfKey(secret), { hash, salt: parameters.ukm ?? new Uint8Array(), info, length: parameters.wrapLength });
}

/**
 * @param {CryptoKey} privateKey of `curve` @param {string} curve P-256, P-384, P-521 or X25519
 * @param {EcdhParameters} parameters @param {Uint8Array} encryptedKey
 * @returns {Promise<Bytes>}
 */
export async function unwrapEcdh(privateKey, curve, parameters, encryptedKey) {
  const secret = await agree(privateKey, curve, parameters.point);
  const unwrap = parameters.old ? unwrapTripleDes : unwrapKey;
  return unwrap(await deriveKek(secret, parameters), encryptedKey);
}

/**
 * Wraps for a public key.
 * @param {string} curve P-256, P-384, P-521 or X25519 @param {Uint8Array} recipientPoint @param {Uint8Array} key
 * @param {{ukm?: Uint8Array | null, hash?: string}} [options] hash of the KDF, on a NIST curve
 * @returns {Promise<{point: Bytes, encryptedKey: Bytes, algorithm: Bytes}>} algorithm: keyEncryptionAlgorithm
 */
export async function wrapEcdh(curve, recipientPoint, key, { ukm = null, hash = KDF_HASH[curve] } = {}) {
  const generated = await crypto.subtle.generateKey(ecdhAlgorithm(curve), false, ['deriveBits']);
  const ephemeral = /** @type {CryptoKeyPair} */ (generated);
  const scheme = curve === 'X25519' ? ECDH_HKDF_SHA256 : ECDH_KDF_OIDS[hash];
  const wrapAlgorithm = encode(sequence(oid(AES256_WRAP)));
  const secret = await agree(ephemeral.privateKey, curve, recipientPoint);
  const kek = await deriveKek(secret, { scheme, wrapAlgorithm, wrapLength: 32, ukm: ukm && unshared(ukm) });
  return {
    point: new Uint8Array(await crypto.subtle.exportKey('raw', ephemeral.publicKey)),
    encryptedKey: await wrapKey(kek, key),
    algorithm: encode(sequence(oid(scheme), wrapAlgorithm)),
  };
}
