/**
 * GHASH (SP 800-38D §6.4), the sum under the tag of GCM, in GF(2¹²⁸).
 * @module
 */

/** @typedef {import('./octets.js').Bytes} Bytes */

/** @param {Uint8Array} key H @param {Uint8Array} additionalData @param {Uint8Array} content @returns {Bytes} */
export function ghash(key, additionalData, content) {
  const table = multiples(key);
  const sum = new Uint8Array(16);
  for (const data of [additionalData, content]) {
    for (let at = 0; at < data.length; at += 16) absorb(table, sum, data.subarray(at, at + 16));
  }
  absorb(table, sum, lengthBlock(additionalData.length, content.length));
  return sum;
}

/** The last block. @param {number} additional octets of additional data @param {number} content octets of content @returns {Bytes} */
export function lengthBlock(additional, content) {
  const lengths = new DataView(new ArrayBuffer(16));
  lengths.setBigUint64(0, BigInt(8 * additional));
  lengths.setBigUint64(8, BigInt(8 * content));
  return new Uint8Array(lengths.buffer);
}

/** One product. @param {Uint8Array} key H @param {Uint8Array} block 16 octets @returns {Bytes} */
export function timesKey(key, block) {
  const product = new Uint8Array(16);
  absorb(multiples(key), product, block);
  return product;
}

const REDUCTION = Uint32Array.from({ length: 16 }, (_, i) => {
  const value = Uint32Array.of(0, 0, 0, i);
  for (let bit = 0; bit < 4; bit++) halve(value);
  return value[0];
});

/** Multiplies by x in GCM's bit order. @param {Uint32Array} value */
function halve(value) {
  const carry = value[3] & 1;
  for (let i = 3; i > 0; i--) value[i] = (value[i] >>> 1) | (value[i - 1] << 31);
  value[0] = (value[0] >>> 1) ^ (carry ? 0xe1000000 : 0);
}

/** H times every polynomial of four bits. @param {Uint8Array} key @returns {Uint32Array[]} */
function multiples(key) {
  const view = new DataView(key.buffer, key.byteOffset, 16);
  const value = Uint32Array.from({ length: 4 }, (_, i) => view.getUint32(4 * i));
  const table = Array.from({ length: 16 }, () => new Uint32Array(4));
  for (let bit = 8; bit > 0; bit >>= 1) {
    table[bit].set(value);
    halve(value);
  }
  return table.map((_, i) => table[0].map((__, j) => [8, 4, 2, 1].reduce((sum, bit) => sum ^ (i & bit ? table[bit][j] : 0), 0)));
}

/** sum = (sum + block) · H, four bits at a time. @param {Uint32Array[]} table @param {Uint8Array} sum @param {Uint8Array} block padded with zeros */
function absorb(table, sum, block) {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let at = 15; at >= 0; at--) {
    const octet = sum[at] ^ (block[at] ?? 0);
    for (const digit of [octet & 15, octet >> 4]) {
      const low = d & 15;
      const row = table[digit];
      d = ((d >>> 4) | (c << 28)) ^ row[3];
      c = ((c >>> 4) | (b << 28)) ^ row[2];
      b = ((b >>> 4) | (a << 28)) ^ row[1];
      a = (a >>> 4) ^ REDUCTION[low] ^ row[0];
    }
  }
  const view = new DataView(sum.buffer);
  [a, b, c, d].forEach((value, i) => view.setUint32(4 * i, value));
}
