/**
 * RC2 (RFC 2268) with 128 effective bits, decryption only: for mail of another century, which is
 * opened on demand and never written.
 * @module
 */
import { DecryptionError } from './errors.js';
import { fromHex } from './octets.js';

/** @typedef {import('./cbc.js').BlockCipher} BlockCipher */

const PITABLE = fromHex(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
  '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
  '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
  '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
  '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
  'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
  '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
  '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
);
const EFFECTIVE_OCTETS = 16;
const ROTATIONS = [1, 2, 3, 5];

/** RFC 2268 §2, for 128 effective bits. @param {Uint8Array} key @returns {Uint16Array} 64 words */
function expand(key) {
  const octets = new Uint8Array(128);
  octets.set(key);
  for (let i = key.length; i < 128; i++) octets[i] = PITABLE[(octets[i - 1] + octets[i - key.length]) & 255];
  octets[128 - EFFECTIVE_OCTETS] = PITABLE[octets[128 - EFFECTIVE_OCTETS]];
  for (let i = 127 - EFFECTIVE_OCTETS; i >= 0; i--) octets[i] = PITABLE[octets[i + 1] ^ octets[i + EFFECTIVE_OCTETS]];
  return Uint16Array.from({ length: 64 }, (_, i) => octets[2 * i] | (octets[2 * i + 1] << 8));
}

/** One r-mixing round (§4.1, §4.2). @param {Uint16Array} keys @param {Uint16Array} words four @param {number} at of the round's first key */
function unmix(keys, words, at) {
  for (let i = 3; i >= 0; i--) {
    const [first, second, third] = [words[(i + 3) & 3], words[(i + 2) & 3], words[(i + 1) & 3]];
    const turned = (words[i] >>> ROTATIONS[i]) | (words[i] << (16 - ROTATIONS[i]));
    words[i] = turned - keys[at + i] - (first & second) - (~first & third);
  }
}

/** One r-mashing round (§4.3, §4.4). @param {Uint16Array} keys @param {Uint16Array} words four */
function unmash(keys, words) {
  for (let i = 3; i >= 0; i--) words[i] -= keys[words[(i + 3) & 3] & 63];
}

/** @param {number} half 16 bits @returns {number} the same with its octets exchanged: RC2 counts them from the small end */
const swap = (half) => ((half & 255) << 8) | (half >>> 8);

/**
 * @param {Uint8Array} key 16 octets @returns {BlockCipher}
 * @throws {DecryptionError} a key of another length
 */
export function rc2(key) {
  if (key.length !== EFFECTIVE_OCTETS) throw new DecryptionError();
  const keys = expand(key);
  const words = new Uint16Array(4);
  const decryptBlock = (/** @type {Uint32Array} */ block) => {
    for (let i = 0; i < 4; i++) words[i] = swap((block[i >> 1] >>> (i & 1 ? 0 : 16)) & 0xffff);
    for (let round = 15; round >= 0; round--) {
      unmix(keys, words, 4 * round);
      if (round === 11 || round === 5) unmash(keys, words);
    }
    for (let i = 0; i < 2; i++) block[i] = (swap(words[2 * i]) << 16) | swap(words[2 * i + 1]);
  };
  return { words: 2, decryptBlock };
}
