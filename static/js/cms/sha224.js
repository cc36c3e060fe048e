/**
 * SHA-224 (FIPS 180-4 §6.3), which WebCrypto has not and RFC 5753 allows in key derivation. Only
 * short inputs go through it.
 * @module
 */

/** @typedef {import('./octets.js').Bytes} Bytes */

const INITIAL = [0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4];
const PRIMES = Array.from({ length: 312 }, (_, i) => i).filter((n) => n > 1 && !Array.from({ length: n }, (_, i) => i).some((d) => d > 1 && n % d === 0));
/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2). */
const K = Uint32Array.from(PRIMES, (prime) => (Math.cbrt(prime) % 1) * 2 ** 32);

/** @param {number} word @param {number} by */
const rotate = (word, by) => (word >>> by) | (word << (32 - by));

/** §5.1.1: a one, zeros, and the length in bits. @param {Uint8Array} bytes @returns {DataView} */
function padded(bytes) {
  const whole = new Uint8Array(64 * Math.ceil((bytes.length + 9) / 64));
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 4, 8 * bytes.length);
  view.setUint32(whole.length - 8, Math.floor(bytes.length / 2 ** 29));
  return view;
}

/** The message schedule of one block (§6.2.2). @param {DataView} message @param {number} at */
function schedule(message, at) {
  const words = new Uint32Array(64);
  for (let t = 0; t < 64; t++) {
    if (t < 16) {
      words[t] = message.getUint32(at + 4 * t);
      continue;
    }
    const [early, late] = [words[t - 15], words[t - 2]];
    const small0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const small1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[t] = words[t - 16] + small0 + words[t - 7] + small1;
  }
  return words;
}

/** @param {Uint32Array} hash in place @param {Uint32Array} words */
function compress(hash, words) {
  let [a, b, c, d, e, f, g, h] = hash;
  for (let t = 0; t < 64; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = h + big1 + ((e & f) ^ (~e & g)) + K[t] + words[t];
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = big0 + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => { hash[i] += word; });
}

/** @param {Uint8Array} bytes @returns {Bytes} 28 bytes */
export function sha224(bytes) {
  const message = padded(bytes);
  const hash = Uint32Array.from(INITIAL);
  for (let at = 0; at < message.byteLength; at += 64) compress(hash, schedule(message, at));
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, i) => digest.setUint32(4 * i, word));
  return new Uint8Array(digest.buffer, 0, 28);
}
