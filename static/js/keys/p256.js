/**
 * The one thing WebCrypto does not do with an elliptic curve: the public point of a scalar that was derived and not
 * generated. Complete addition formulas (Renes, Costello, Batina 2015, algorithm 4) on P-256, the same steps for every scalar,
 * and the scalar blinded, because BigInt takes no care of time. Used once, where an unlocker is made or opened.
 * @module
 */
import { concat, fromBigInt, toBigInt } from '../cms/octets.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {[bigint, bigint, bigint]} Point projective coordinates */

/** FIPS 186-5, SP 800-186 §3.2.1.3. */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const G = /** @type {Point} */ ([
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  1n,
]);
/** Order of the group. */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Bits of the random multiple of the order that blinds a scalar. */
const BLINDING = 64;

/** @param {bigint} value */
const modulo = (value) => {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
};

/** Right for every pair of points, equal or not, and at infinity. @param {Point} one @param {Point} other @returns {Point} */
function add([x1, y1, z1], [x2, y2, z2]) {
  const xx = modulo(x1 * x2);
  const yy = modulo(y1 * y2);
  const zz = modulo(z1 * z2);
  const xy = modulo((x1 + y1) * (x2 + y2) - xx - yy);
  const yz = modulo((y1 + z1) * (y2 + z2) - yy - zz);
  const xz = modulo((x1 + z1) * (x2 + z2) - xx - zz);
  const u = modulo(3n * (xz - B * zz));
  const [low, high] = [modulo(yy - u), modulo(yy + u)];
  const v = modulo(3n * (B * xz - 3n * zz - xx));
  const w = modulo(3n * (xx - zz));
  return [modulo(xy * high - yz * v), modulo(low * high + w * v), modulo(yz * low + xy * w)];
}

/** Montgomery's ladder over a fixed number of bits. @param {bigint} scalar @returns {Point} */
function multiply(scalar) {
  /** @type {[Point, Point]} */
  const ladder = [[0n, 1n, 0n], G];
  for (let bit = BigInt(256 + BLINDING); bit >= 0n; bit--) {
    const chosen = Number((scalar >> bit) & 1n);
    const sum = add(ladder[0], ladder[1]);
    ladder[chosen] = add(ladder[chosen], ladder[chosen]);
    ladder[1 - chosen] = sum;
  }
  return ladder[0];
}

/** Of a non-zero value, by Fermat. @param {bigint} value */
function inverse(value) {
  let [result, base] = [1n, value];
  for (let exponent = P - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = modulo(result * base);
    base = modulo(base * base);
  }
  return result;
}

/**
 * @param {bigint} scalar from 1 to the order less one
 * @returns {Bytes} the public point, uncompressed (SEC 1 §2.3.3)
 */
export function publicPoint(scalar) {
  const blinding = toBigInt(crypto.getRandomValues(new Uint8Array(BLINDING / 8)));
  const [x, y, z] = multiply(scalar + blinding * ORDER);
  const toAffine = inverse(z);
  return concat(Uint8Array.of(4), fromBigInt(modulo(x * toAffine), 32), fromBigInt(modulo(y * toAffine), 32));
}
