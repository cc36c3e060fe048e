/**
 * RSAES-PKCS1-v1_5 (RFC 8017 §7.2), which WebCrypto does not have and every S/MIME program writes.
 * BigInt is not constant-time: decryption therefore blinds, and answers a wrong padding with a key
 * that only its holder could tell from a right one (implicit rejection). A bridge does this better;
 * this is for people who read with a passkey alone.
 * @module
 */
import { CERTIFICATE_LIMITS, TAG, parseBer } from './ber.js';
import { digest, hmac } from './digest.js';
import { EncodingError } from './errors.js';
import { concat, fromBigInt, leftPad, toBigInt } from './octets.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {{modulus: bigint, exponent: bigint, length: number}} RsaNumbers */
/** @typedef {{n: bigint, e: bigint, d: bigint, p: bigint, q: bigint, dp: bigint, dq: bigint, qi: bigint, length: number}} RsaPrivateKey */

/** Left-to-right square and multiply, four bits at a time. @param {bigint} base @param {bigint} exponent @param {bigint} modulus */
export function modPow(base, exponent, modulus) {
  const powers = [1n, base % modulus];
  for (let i = 2; i < 16; i++) powers.push((powers[i - 1] * powers[1]) % modulus);
  let result = 1n;
  for (const digit of exponent.toString(16)) {
    for (let i = 0; i < 4; i++) result = (result * result) % modulus;
    result = (result * powers[parseInt(digit, 16)]) % modulus;
  }
  return result;
}

/** @param {bigint} value @param {bigint} modulus @returns {bigint} inverse, or 0 where there is none */
function modInverse(value, modulus) {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return a === 1n ? ((x % modulus) + modulus) % modulus : 0n;
}

/** @param {number} count @returns {Bytes} random, without a zero octet */
function nonZeroOctets(count) {
  const octets = crypto.getRandomValues(new Uint8Array(count));
  for (let i = 0; i < count; i++) {
    while (octets[i] === 0) crypto.getRandomValues(octets.subarray(i, i + 1));
  }
  return octets;
}

/**
 * @param {RsaNumbers} key @param {Uint8Array} message a content-encryption key
 * @returns {Bytes} as long as the modulus
 */
export function encryptPkcs1(key, message) {
  const padding = key.length - message.length - 3;
  if (padding < 8) throw new EncodingError('message too long for the key');
  const block = concat(Uint8Array.of(0, 2), nonZeroOctets(padding), Uint8Array.of(0), message);
  return fromBigInt(modPow(toBigInt(block), key.exponent, key.modulus), key.length);
}

/**
 * @param {Uint8Array} der PKCS#8 (RFC 5208) of an RSA key
 * @returns {RsaPrivateKey}
 */
export function parseRsaPrivateKey(der) {
  const outer = parseBer(der, CERTIFICATE_LIMITS).cursor();
  outer.take(TAG.INTEGER);
  outer.take(TAG.SEQUENCE);
  const fields = parseBer(outer.take(TAG.OCTET_STRING).value, CERTIFICATE_LIMITS).cursor();
  fields.take(TAG.INTEGER);
  const [n, e, d, p, q, dp, dq, qi] = Array.from({ length: 8 }, () => fields.take(TAG.INTEGER).integer());
  if (p * q !== n || (e * dp) % (p - 1n) !== 1n || (e * dq) % (q - 1n) !== 1n || (q * qi) % p !== 1n) {
    throw new EncodingError('RSA key numbers do not belong together');
  }
  return { n, e, d, p, q, dp, dq, qi, length: Math.ceil(n.toString(2).length / 8) };
}

/** @param {bigint} modulus @returns {bigint} invertible */
function randomUnit(modulus) {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(modulus.toString(16).length / 2) + 8));
  const value = toBigInt(bytes) % modulus;
  return modInverse(value, modulus) ? value : randomUnit(modulus);
}

/**
 * The bare private operation, blinded, by CRT, and checked against faults.
 * @param {RsaPrivateKey} key @param {bigint} cipher below n @returns {bigint}
 */
function privateOperation(key, cipher) {
  const blind = randomUnit(key.n);
  const blinded = (cipher * modPow(blind, key.e, key.n)) % key.n;
  const mq = modPow(blinded % key.q, key.dq, key.q);
  const mp = modPow(blinded % key.p, key.dp, key.p);
  const h = ((((mp - mq) % key.p) + key.p) * key.qi) % key.p;
  const message = mq + h * key.q;
  if (modPow(message, key.e, key.n) !== blinded) throw new EncodingError('RSA fault');
  return (message * modInverse(blind, key.n)) % key.n;
}

/**
 * The encoded message EM, as long as the modulus; zeros for an input that is out of range.
 * @param {RsaPrivateKey} key @param {Uint8Array} encrypted @returns {Bytes}
 */
export function decryptRaw(key, encrypted) {
  const cipher = toBigInt(encrypted);
  const usable = encrypted.length <= key.length && cipher < key.n;
  const message = fromBigInt(privateOperation(key, usable ? cipher : 2n), key.length);
  return usable ? message : new Uint8Array(key.length);
}

/**
 * Decrypts a key of known length. Never fails: what does not open with exactly that length gives
 * HMAC-SHA256(secret, encrypted), which then fails as content does with any wrong key.
 * @param {RsaPrivateKey} key @param {Uint8Array} encrypted
 * @param {{length: number, secret: Uint8Array}} options length of the key in bytes, at most 32; secret of this holder
 * @returns {Promise<Bytes>}
 */
export async function decryptPkcs1(key, encrypted, { length, secret }) {
  const rejected = await rejectionKey(secret, encrypted, length);
  const block = decryptRaw(key, encrypted);
  const wrong = paddingFault(block, length);
  // Both keys are read and one is kept by mask, so that the two outcomes run the same code.
  const mask = -(wrong & 1) & 0xff;
  const found = block.slice(block.length - length);
  return found.map((octet, i) => (octet & ~mask) | (rejected[i] & mask));
}

/**
 * What every failed unwrap answers (docs/PROTOCOL.md, No oracle).
 * @param {Uint8Array} secret @param {Uint8Array} encrypted @param {number} length @returns {Promise<Bytes>}
 */
export async function rejectionKey(secret, encrypted, length) {
  return (await hmac(secret, encrypted)).slice(0, length);
}

/** 0 if `block` is 00 02, non-zero octets, 00 and then exactly `length` octets; else 1. @param {Bytes} block @param {number} length */
function paddingFault(block, length) {
  const separator = block.length - length - 1;
  if (separator < 10) return 1;
  let fault = block[0] | (block[1] ^ 2) | block[separator];
  for (let i = 2; i < separator; i++) fault |= Number(block[i] === 0);
  return Number(fault !== 0);
}

/** MGF1 (RFC 8017 §B.2.1). @param {string} hash @param {Uint8Array} seed @param {number} length */
async function mgf1(hash, seed, length) {
  let mask = new Uint8Array();
  for (let counter = 0; mask.length < length; counter++) {
    mask = concat(mask, await digest(hash, concat(seed, leftPad(Uint8Array.of(counter), 4))));
  }
  return mask.subarray(0, length);
}

/** @param {Uint8Array} a @param {Uint8Array} b */
const xor = (a, b) => Uint8Array.from(a, (octet, i) => octet ^ b[i]);

/**
 * RSAES-OAEP decoding for parameters WebCrypto has no words for: two different hashes.
 * @param {RsaPrivateKey} key @param {Uint8Array} encrypted
 * @param {{hash: string, mgfHash: string, label: Uint8Array}} parameters
 * @returns {Promise<Bytes | null>} null for every kind of failure
 */
export async function decryptOaep(key, encrypted, { hash, mgfHash, label }) {
  const expected = await digest(hash, label);
  const size = expected.length;
  const block = decryptRaw(key, encrypted);
  if (key.length < 2 * size + 2) return null;
  const seed = xor(block.subarray(1, 1 + size), await mgf1(mgfHash, block.subarray(1 + size), size));
  const data = xor(block.subarray(1 + size), await mgf1(mgfHash, seed, key.length - size - 1));
  let fault = block[0];
  for (let i = 0; i < size; i++) fault |= data[i] ^ expected[i];
  const separator = data.findIndex((octet, i) => i >= size && octet !== 0);
  if (fault !== 0 || separator < 0 || data[separator] !== 1) return null;
  return data.slice(separator + 1);
}
