/**
 * A ciphertext with its tag behind it, or with what else stands around it, as WebCrypto takes them, without a second copy of up to 50 MB.
 * @module
 */
import { concat } from './octets.js';
import { release } from './release.js';

/** @typedef {import('./octets.js').Bytes} Bytes */

/** Between the two stands the head of the tag's OCTET STRING, in the DER that we and most others write. */
const HEAD = 2;

/**
 * Calls `use` with both in one piece. Where they nearly touch, the tag is moved up for as long as `use` runs: it has
 * to take its copy before it returns, as SubtleCrypto does (Web Cryptography API, "get a copy of the bytes held by data").
 * @template T
 * @param {Bytes} ciphertext @param {Bytes} tag @param {(tagged: Bytes) => T} use
 * @returns {T}
 */
export function withTagBehind(ciphertext, tag, use) {
  const end = ciphertext.byteOffset + ciphertext.length;
  if (tag.buffer !== ciphertext.buffer || tag.byteOffset !== end + HEAD) return withCopy(ciphertext, tag, use);
  const moved = new Uint8Array(tag.buffer, end, HEAD + tag.length);
  const before = moved.slice();
  moved.set(tag);
  try {
    return use(new Uint8Array(tag.buffer, ciphertext.byteOffset, ciphertext.length + tag.length));
  } finally {
    moved.set(before);
  }
}

/**
 * Calls `use`, which takes its copy before it returns, with octets before and after the ciphertext: written over what stands there, if
 * there is room, for as long as `use` runs.
 * @template T
 * @param {Bytes} ciphertext @param {{before: Bytes, after: Bytes}} around @param {(whole: Bytes) => T} use
 * @returns {T}
 */
export function withAround(ciphertext, { before, after }, use) {
  const { buffer, byteOffset, length } = ciphertext;
  const start = byteOffset - before.length;
  const size = before.length + length + after.length;
  if (start < 0 || start + size > buffer.byteLength) return withCopy(concat(before, ciphertext), after, use);
  const whole = new Uint8Array(buffer, start, size);
  const ends = [whole.subarray(0, before.length), whole.subarray(before.length + length)];
  const kept = ends.map((end) => end.slice());
  [before, after].forEach((octets, i) => ends[i].set(octets));
  try {
    return use(whole);
  } finally {
    kept.forEach((octets, i) => ends[i].set(octets));
  }
}

/** @template T @param {Bytes} ciphertext @param {Bytes} tag @param {(tagged: Bytes) => T} use @returns {T} */
function withCopy(ciphertext, tag, use) {
  const copy = concat(ciphertext, tag);
  try {
    return use(copy);
  } finally {
    release(copy);
  }
}
