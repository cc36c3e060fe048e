/**
 * Digests and what is derived from them: HMAC, HKDF and the X9.63 KDF.
 * @module
 */
import { concat, uint32, unshared, utf8 } from './octets.js';
import { sha224 } from './sha224.js';

/** @typedef {import('./octets.js').Bytes} Bytes */

/** @type {Readonly<Record<string, number>>} */
export const DIGEST_LENGTHS = Object.freeze({ 'SHA-1': 20, 'SHA-224': 28, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 });

/** @param {string} name as WebCrypto names it, or SHA-224, which it has not @param {Uint8Array} bytes @returns {Promise<Bytes>} */
export async function digest(name, bytes) {
  if (name === 'SHA-224') return sha224(bytes);
  return new Uint8Array(await crypto.subtle.digest(name, unshared(bytes)));
}

/** @param {Uint8Array} bytes @returns {Promise<Bytes>} */
export const sha256 = (bytes) => digest('SHA-256', bytes);

/** HMAC-SHA256. @param {Uint8Array} secret @param {Uint8Array} bytes @returns {Promise<Bytes>} */
export async function hmac(secret, bytes) {
  const key = await crypto.subtle.importKey('raw', unshared(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, unshared(bytes)));
}

/**
 * Key material for `hkdf`, which cannot be read back.
 * @param {Uint8Array} secret
 */
export const hkdfKey = (secret) => crypto.subtle.importKey('raw', unshared(secret), 'HKDF', false, ['deriveBits']);

/**
 * HKDF (RFC 5869).
 * @param {CryptoKey} key from `hkdfKey`
 * @param {{hash?: string, salt?: Uint8Array, info: Uint8Array | string, length?: number}} options length in bytes
 * @returns {Promise<Bytes>}
 */
export async function hkdf(key, { hash = 'SHA-256', salt = new Uint8Array(), info, length = 32 }) {
  const parameters = {
    name: 'HKDF', hash, salt: unshared(salt),
    info: typeof info === 'string' ? utf8(info) : unshared(info),
  };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * length));
}

/**
 * The KDF of ANSI X9.63 (SEC 1 §3.6.1): Hash(Z ‖ counter ‖ SharedInfo).
 * @param {string} hash @param {Uint8Array} secret Z @param {Uint8Array} sharedInfo @param {number} length in bytes
 * @returns {Promise<Bytes>}
 */
export async function x963Kdf(hash, secret, sharedInfo, length) {
  const rounds = Math.ceil(length / DIGEST_LENGTHS[hash]);
  const blocks = Array.from({ length: rounds }, (_, i) => digest(hash, concat(secret, uint32(i + 1), sharedInfo)));
  return concat(...(await Promise.all(blocks))).slice(0, length);
}
