/**
 * Triple-DES key wrap (RFC 3217 §3), unwrapping alone: for mail of another century, and never written.
 * @module
 */
import { decryptBlocks } from './cbc.js';
import { tripleDes } from './des.js';
import { digest } from './digest.js';
import { DecryptionError } from './errors.js';
import { equal } from './octets.js';

/** @typedef {import('./octets.js').Bytes} Bytes */

const VECTOR = Uint8Array.of(0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05);
const BLOCK = 8;
const KEY = 24;
/** A vector, the key, the checksum. */
const WRAPPED = BLOCK + KEY + BLOCK;

/**
 * @param {Uint8Array} kek 24 octets @param {Uint8Array} wrapped
 * @returns {Promise<Bytes>} the Triple-DES key, 24 octets
 * @throws {DecryptionError} for every cause
 */
export async function unwrapTripleDes(kek, wrapped) {
  if (wrapped.length !== WRAPPED) throw new DecryptionError();
  const cipher = tripleDes(kek);
  const inner = decryptBlocks(cipher, VECTOR, wrapped).reverse();
  const opened = decryptBlocks(cipher, inner.subarray(0, BLOCK), inner.subarray(BLOCK));
  const key = opened.slice(0, KEY);
  const checksum = (await digest('SHA-1', key)).subarray(0, BLOCK);
  if (!equal(opened.subarray(KEY), checksum) || !key.every(hasOddParity)) throw new DecryptionError();
  return key;
}

/** @param {number} octet */
function hasOddParity(octet) {
  let parity = octet ^ (octet >> 4);
  parity ^= parity >> 2;
  return ((parity ^ (parity >> 1)) & 1) === 1;
}
