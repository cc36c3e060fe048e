/**
 * AES-192 decryption (FIPS 197; SP 800-38D GCM) and key unwrap (RFC 3394) for Chromium, whose WebCrypto has
 * 128 and 256 bits only. Correspondents rarely use it and we never write it.
 * @module
 */
import { DecryptionError } from './errors.js';
import { ghash } from './ghash.js';
import { concat, equal } from './octets.js';

/** @typedef {import('./octets.js').Bytes} Bytes */

const ROUNDS = 12;
const KEY_WORDS = 6;

/** In GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1. @param {number} a @param {number} b */
function multiply(a, b) {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? 0x11b : 0);
  }
  return product;
}

const S = new Uint8Array(256);
const INVERSE_S = new Uint8Array(256);
const ENCRYPT = new Uint32Array(256);
const DECRYPT = new Uint32Array(256);

for (let p = 1, q = 1, i = 0; i < 255; i++) {
  // p runs through all elements by the generator 3, q through their inverses.
  p = multiply(p, 3);
  q = multiply(q, 0xf6);
  S[p] = 0x63 ^ q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4);
}
S[0] = 0x63;
for (let x = 0; x < 256; x++) INVERSE_S[S[x]] = x;
for (let x = 0; x < 256; x++) {
  const [s, i] = [S[x], INVERSE_S[x]];
  ENCRYPT[x] = word(multiply(s, 2), s, s, multiply(s, 3));
  DECRYPT[x] = word(multiply(i, 14), multiply(i, 9), multiply(i, 13), multiply(i, 11));
}

/** @param {number} value @param {number} by */
function rotate8(value, by) {
  return ((value << by) | (value >> (8 - by))) & 0xff;
}

/** @param {number} a @param {number} b @param {number} c @param {number} d */
function word(a, b, c, d) {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** One column of a round. @param {Uint32Array} table @param {number} a @param {number} b @param {number} c @param {number} d */
function column(table, a, b, c, d) {
  const [x, y, z] = [table[(b >>> 16) & 255], table[(c >>> 8) & 255], table[d & 255]];
  return table[a >>> 24] ^ ((x >>> 8) | (x << 24)) ^ ((y >>> 16) | (y << 16)) ^ ((z >>> 24) | (z << 8));
}

/** One column of the last round. @param {Uint8Array} box @param {number} a @param {number} b @param {number} c @param {number} d */
const lastColumn = (box, a, b, c, d) => word(box[a >>> 24], box[(b >>> 16) & 255], box[(c >>> 8) & 255], box[d & 255]);

/** @param {Uint8Array} key 24 bytes @returns {Uint32Array} round keys */
function expand(key) {
  const words = new Uint32Array(4 * (ROUNDS + 1));
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  let constant = 1;
  for (let i = 0; i < words.length; i++) {
    if (i < KEY_WORDS) {
      words[i] = view.getUint32(4 * i);
      continue;
    }
    let previous = words[i - 1];
    if (i % KEY_WORDS === 0) {
      previous = lastColumn(S, previous << 8, previous << 8, previous << 8, previous >>> 24) ^ (constant << 24);
      constant = multiply(constant, 2);
    }
    words[i] = words[i - KEY_WORDS] ^ previous;
  }
  return words;
}

/** Round keys of the equivalent inverse cipher (FIPS 197 §5.3.5). @param {Uint32Array} words */
function invert(words) {
  return words.map((_, i) => {
    const round = ROUNDS - (i >> 2);
    const key = words[4 * round + (i & 3)];
    if (round === 0 || round === ROUNDS) return key;
    const substituted = word(S[key >>> 24], S[(key >>> 16) & 255], S[(key >>> 8) & 255], S[key & 255]);
    return column(DECRYPT, substituted, substituted, substituted, substituted);
  });
}

/**
 * One block, in place. Shifting rows runs the other way for decryption.
 * @param {Uint32Array} keys @param {Uint32Array} state @param {boolean} decrypting
 */
function cipher(keys, state, decrypting) {
  const [table, box, step] = decrypting ? [DECRYPT, INVERSE_S, 3] : [ENCRYPT, S, 1];
  let [a, b, c, d] = [state[0] ^ keys[0], state[1] ^ keys[1], state[2] ^ keys[2], state[3] ^ keys[3]];
  for (let round = 1; round <= ROUNDS; round++) {
    const mix = round < ROUNDS ? column : lastColumn;
    const using = /** @type {any} */ (round < ROUNDS ? table : box);
    const at = 4 * round;
    const [w, x, y, z] = step === 1 ? [b, c, d, a] : [d, a, b, c];
    const next = [
      mix(using, a, w, c, step === 1 ? d : b), mix(using, b, x, d, step === 1 ? a : c),
      mix(using, c, y, a, step === 1 ? b : d), mix(using, d, z, b, step === 1 ? c : a),
    ];
    [a, b, c, d] = [next[0] ^ keys[at], next[1] ^ keys[at + 1], next[2] ^ keys[at + 2], next[3] ^ keys[at + 3]];
  }
  state.set([a, b, c, d]);
}

/** The cipher as `cbc.js` takes it. @param {Uint8Array} key 24 bytes @returns {import('./cbc.js').BlockCipher} */
export function aes192(key) {
  const keys = invert(expand(key));
  return { words: 4, decryptBlock: (block) => cipher(keys, block, true) };
}

/**
 * @param {Uint8Array} key @param {Uint8Array} nonce 12 bytes @param {Uint8Array} sealed ciphertext and tag
 * @param {{additionalData: Uint8Array, tagLength: number}} parameters tagLength in bits
 * @returns {Bytes}
 * @throws {DecryptionError}
 */
export function decryptGcm(key, nonce, sealed, { additionalData, tagLength }) {
  const keys = expand(key);
  const content = sealed.subarray(0, -tagLength / 8);
  const hash = ghash(counterBlock(keys, new Uint8Array(12), 0), additionalData, content);
  const first = counterBlock(keys, nonce, 1);
  const tag = hash.map((octet, i) => octet ^ first[i]);
  if (!equal(tag.subarray(0, tagLength / 8), sealed.subarray(content.length))) throw new DecryptionError();
  const output = Uint8Array.from(content);
  for (let at = 0, counter = 2; at < output.length; at += 16, counter++) {
    const block = counterBlock(keys, nonce, counter);
    for (let i = 0; i < 16 && at + i < output.length; i++) output[at + i] ^= block[i];
  }
  return output;
}

/**
 * AES key unwrap (RFC 3394 §2.2.2).
 * @param {Uint8Array} kek 24 bytes @param {Uint8Array} wrapped
 * @returns {Bytes}
 * @throws {DecryptionError}
 */
export function unwrapKey192(kek, wrapped) {
  const count = wrapped.length / 8 - 1;
  if (!Number.isInteger(count) || count < 2) throw new DecryptionError();
  const keys = invert(expand(kek));
  const octets = Uint8Array.from(wrapped);
  const view = new DataView(octets.buffer);
  for (let step = 6 * count; step > 0; step--) {
    const at = 8 * (1 + ((step - 1) % count));
    const state = Uint32Array.of(view.getUint32(0), view.getUint32(4) ^ step, view.getUint32(at), view.getUint32(at + 4));
    cipher(keys, state, true);
    [0, 4, at, at + 4].forEach((place, i) => view.setUint32(place, state[i]));
  }
  if (!equal(octets.subarray(0, 8), new Uint8Array(8).fill(0xa6))) throw new DecryptionError();
  return octets.subarray(8);
}

/** @param {Uint32Array} keys @param {Uint8Array} nonce @param {number} counter */
function counterBlock(keys, nonce, counter) {
  const block = concat(nonce, new Uint8Array(4));
  const view = new DataView(block.buffer);
  view.setUint32(12, counter);
  const state = Uint32Array.from({ length: 4 }, (_, i) => view.getUint32(4 * i));
  cipher(keys, state, false);
  state.forEach((value, i) => view.setUint32(4 * i, value));
  return block;
}
