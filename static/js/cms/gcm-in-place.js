/**
 * GCM (SP 800-38D §7.2) of large contents, decrypted where they stand: WebCrypto alone holds the ciphertext, its own copy of it
 * and two of the content at once, four times the message. First the tag is verified, and then the octets are changed, piece by piece.
 * @module
 */
import { DecryptionError } from './errors.js';
import { lengthBlock, timesKey } from './ghash.js';
import { concat } from './octets.js';
import { release } from './release.js';
import { withAround } from './tagged.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {{additionalData: Bytes, tag: Bytes}} Sealed */

const BLOCK = 16;
/** Octets decrypted at once: a whole number of blocks. */
const PIECE = 1 << 22;

/**
 * @param {Bytes} key @param {Bytes} iv 12 octets @param {Bytes} content ciphertext, afterwards the content; as it was if this throws
 * @param {Sealed} sealed
 * @returns {Promise<Bytes>} `content`
 * @throws {DecryptionError}
 */
export async function decryptGcmInPlace(key, iv, content, sealed) {
  const counting = await crypto.subtle.importKey('raw', key, 'AES-CTR', false, ['encrypt', 'decrypt']);
  await verifyTag(key, iv, content, sealed, await hashKey(counting));
  for (let at = 0; at < content.length; at += PIECE) {
    const piece = content.subarray(at, at + PIECE);
    const opened = new Uint8Array(await crypto.subtle.decrypt(counterFrom(iv, 2 + at / BLOCK), counting, piece));
    piece.set(opened);
    release(opened);
  }
  return content;
}

/** The counter has 32 bits and begins at 2: 1 is the tag's. @param {Bytes} iv @param {number} first */
function counterFrom(iv, first) {
  const counter = concat(iv, new Uint8Array(4));
  new DataView(counter.buffer).setUint32(iv.length, first);
  return { name: 'AES-CTR', counter, length: 32 };
}

/** H, the encryption of zeros. @param {CryptoKey} counting */
async function hashKey(counting) {
  const zeros = new Uint8Array(BLOCK);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CTR', counter: zeros, length: 32 }, counting, zeros));
}

/**
 * WebCrypto verifies without decrypting where everything is additional data. The sum under that tag differs from the one under ours
 * in the last block alone, which says how much of the octets is what; the sum being linear, so do the tags: by that difference times H.
 * @param {Bytes} key @param {Bytes} iv @param {Bytes} content @param {Sealed} sealed @param {Bytes} hash H
 */
async function verifyTag(key, iv, content, { additionalData, tag }, hash) {
  const [before, after] = [padded(additionalData), new Uint8Array(missing(content.length))];
  const ours = lengthBlock(additionalData.length, content.length);
  const theirs = lengthBlock(before.length + content.length + after.length, 0);
  const difference = timesKey(hash, ours.map((octet, i) => octet ^ theirs[i]));
  const theirTag = tag.map((octet, i) => octet ^ difference[i]);
  const verifying = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  const verify = (/** @type {Bytes} */ octets) => crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: octets, tagLength: 8 * tag.length }, verifying, theirTag);
  await withAround(content, { before, after }, verify).catch(() => { throw new DecryptionError(); });
}

/** Octets to the end of the block. @param {number} length */
const missing = (length) => (BLOCK - (length % BLOCK)) % BLOCK;

/** @param {Bytes} octets */
const padded = (octets) => concat(octets, new Uint8Array(missing(octets.length)));
