/**
 * Triple DES (FIPS 46-3, SP 800-67), decryption only: for mail of another century, which is opened
 * on demand and never written.
 * @module
 */
import { DecryptionError } from './errors.js';

/** @typedef {import('./cbc.js').BlockCipher} BlockCipher */

// Bits are numbered from 1 at the left, as the standard numbers them.
const INITIAL = [58, 60, 62, 64, 57, 59, 61, 63].flatMap((first) => Array.from({ length: 8 }, (_, i) => first - 8 * i));
const FINAL = INITIAL.map((_, i) => INITIAL.indexOf(i + 1) + 1);
const PERMUTED_CHOICE_1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const PERMUTED_CHOICE_2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
  41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const P = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25];
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** The selection functions S1 to S8: four rows of sixteen hexadecimal digits each. */
const SELECTIONS = [
  'e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d',
  'f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9',
  'a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c',
  '7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e',
  '2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453',
  'c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d',
  '4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c',
  'd2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b',
];

/** Each selection function with P after it, by the six bits that go in. */
const SUBSTITUTIONS = SELECTIONS.map((text, box) => Uint32Array.from({ length: 64 }, (_, bits) => {
  const row = ((bits >> 4) & 2) | (bits & 1);
  const value = parseInt(text.split(' ')[row][(bits >> 1) & 15], 16);
  return P.reduce((word, from, i) => (((value << (28 - 4 * box)) >>> (32 - from)) & 1 ? (word | (1 << (31 - i))) >>> 0 : word), 0);
}));

/** By place and value of an octet, the two words it becomes. @param {number[]} permutation of 64 bits */
function byOctet(permutation) {
  const words = new Uint32Array(8 * 256 * 2);
  permutation.forEach((from, to) => {
    const place = (from - 1) >> 3;
    const mask = 0x80 >> ((from - 1) & 7);
    for (let octet = 0; octet < 256; octet++) {
      if (octet & mask) words[2 * (256 * place + octet) + (to >> 5)] |= 1 << (31 - (to & 31));
    }
  });
  return words;
}

const INITIAL_WORDS = byOctet(INITIAL);
const FINAL_WORDS = byOctet(FINAL);

/** @param {Uint32Array} words of `byOctet` @param {Uint32Array} block two words, in place */
function permute(words, block) {
  let [left, right] = [0, 0];
  for (let place = 0; place < 8; place++) {
    const octet = (block[place >> 2] >>> (24 - 8 * (place & 3))) & 255;
    left |= words[2 * (256 * place + octet)];
    right |= words[2 * (256 * place + octet) + 1];
  }
  block[0] = left;
  block[1] = right;
}

/** The sixteen round keys, each as eight times six bits. @param {Uint8Array} key eight octets; parity is not looked at @returns {Uint8Array} */
function schedule(key) {
  const bits = PERMUTED_CHOICE_1.map((from) => (key[(from - 1) >> 3] >> (7 - ((from - 1) & 7))) & 1);
  let [c, d] = [bits.slice(0, 28), bits.slice(28)];
  const keys = new Uint8Array(16 * 8);
  SHIFTS.forEach((by, round) => {
    [c, d] = [[...c.slice(by), ...c.slice(0, by)], [...d.slice(by), ...d.slice(0, by)]];
    const both = [...c, ...d];
    PERMUTED_CHOICE_2.forEach((from, i) => { keys[8 * round + Math.floor(i / 6)] |= both[from - 1] << (5 - (i % 6)); });
  });
  return keys;
}

/** Sixteen rounds and the last exchange of halves. @param {Uint8Array} keys @param {Uint32Array} block in place @param {boolean} decrypting */
function rounds(keys, block, decrypting) {
  let [left, right] = [block[0], block[1]];
  for (let round = 0; round < 16; round++) {
    const at = 8 * (decrypting ? 15 - round : round);
    // E takes six bits around each four: bits 32, 1 … 5, then 4 … 9, and so on.
    const expanded = (right >>> 1) | (right << 31);
    let mixed = 0;
    for (let box = 0; box < 8; box++) {
      const six = box < 7 ? (expanded >>> (26 - 4 * box)) & 63 : ((right << 1) | (right >>> 31)) & 63;
      mixed ^= SUBSTITUTIONS[box][six ^ keys[at + box]];
    }
    [left, right] = [right, left ^ mixed];
  }
  block[0] = right;
  block[1] = left;
}

/**
 * Decrypts with the last key, encrypts with the second, decrypts with the first.
 * @param {Uint8Array} key 24 octets @returns {BlockCipher}
 * @throws {DecryptionError} a key of another length
 */
export function tripleDes(key) {
  if (key.length !== 24) throw new DecryptionError();
  const [first, second, third] = [0, 8, 16].map((at) => schedule(key.subarray(at, at + 8)));
  const decryptBlock = (/** @type {Uint32Array} */ block) => {
    permute(INITIAL_WORDS, block);
    rounds(third, block, true);
    rounds(second, block, false);
    rounds(first, block, true);
    permute(FINAL_WORDS, block);
  };
  return { words: 2, decryptBlock };
}
