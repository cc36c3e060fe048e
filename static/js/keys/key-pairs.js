/**
 * Mailbox key pairs in the browser: making them, and recomputing a public key from a private one.
 * @module
 */
import { privateKeyAlgorithm } from '../cms/decryption-key.js';
import { NULL, bitString, encode, integer, oid, sequence } from '../cms/der.js';
import { EncodingError, UnsupportedError } from '../cms/errors.js';
import { unshared } from '../cms/octets.js';
import { KEY_ALGORITHM } from '../cms/oids.js';
import { parseRsaPrivateKey } from '../cms/rsa.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {{pkcs8: Bytes, spki: Bytes}} KeyPair */

const RSA_3072 = Object.freeze({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) });

/** @type {Readonly<Record<string, any>>} names of docs/PROTOCOL.md; the use is decided at import, not here */
const MAKING = Object.freeze({
  'rsa-3072': RSA_3072,
  'p-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'p-384': { name: 'ECDSA', namedCurve: 'P-384' },
});

/** @param {string} algorithm rsa-3072, p-256 or p-384 @returns {Promise<KeyPair>} */
export async function makeKeyPair(algorithm) {
  const parameters = MAKING[algorithm];
  if (!parameters) throw new UnsupportedError('key algorithm', algorithm);
  const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
  return {
    pkcs8: new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey)),
    spki: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)),
  };
}

/**
 * The public key of a private one, proved to belong to it: RSA by its numbers, EC by a signature.
 * @param {Uint8Array} pkcs8 RSA or EC
 * @returns {Promise<Bytes>} SubjectPublicKeyInfo
 * @throws {Error} the two halves do not belong together, or it is no such key
 */
export async function subjectPublicKeyInfo(pkcs8) {
  const { oid: algorithm, curve } = privateKeyAlgorithm(pkcs8);
  if (algorithm === KEY_ALGORITHM.rsaEncryption) return rsaPublicKeyInfo(pkcs8);
  if (!curve) throw new UnsupportedError('private key', algorithm);
  return ecPublicKeyInfo(pkcs8, curve);
}

/**
 * A PKCS#8 EC key carries its point beside the scalar and libraries may take it on trust.
 * @param {Uint8Array} pkcs8 @param {string} namedCurve
 */
async function ecPublicKeyInfo(pkcs8, namedCurve) {
  const importing = { name: 'ECDSA', namedCurve };
  const signing = { name: 'ECDSA', hash: 'SHA-256' };
  const privateKey = await crypto.subtle.importKey('pkcs8', unshared(pkcs8), importing, true, ['sign']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, importing, true, ['verify']);
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(signing, privateKey, challenge);
  if (!(await crypto.subtle.verify(signing, publicKey, signature, challenge))) throw new EncodingError('EC key halves');
  return new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
}

/** @param {Uint8Array} pkcs8 */
function rsaPublicKeyInfo(pkcs8) {
  const { n, e } = parseRsaPrivateKey(pkcs8);
  const key = encode(sequence(integer(n), integer(e)));
  return encode(sequence(sequence(oid(KEY_ALGORITHM.rsaEncryption), NULL), bitString(key)));
}
