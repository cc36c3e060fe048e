/**
 * Octet strings: joining, comparing, and their text forms.
 * @module
 */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes Bytes no other thread can change, as WebCrypto asks. */

/**
 * Says that `bytes` are not backed by shared memory; none are in Pli, which starts no SharedArrayBuffer.
 * @param {Uint8Array} bytes
 * @returns {Bytes}
 */
export const unshared = (bytes) => /** @type {Bytes} */ (bytes);

/** One array of all `parts`, in order. @param {...Uint8Array} parts @returns {Bytes} */
export const concat = (...parts) => join(parts);

/**
 * As `concat`, for more parts than a call may have arguments.
 * @param {Uint8Array[]} parts
 * @returns {Bytes}
 */
export function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * Equality, in a time that depends on the lengths only.
 * @param {Uint8Array} a @param {Uint8Array} b
 */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/**
 * Left-pads with zeros to `length`: WebKit strips them from RSA-OAEP results, BigInt from all.
 * Longer input is returned as it is.
 * @param {Uint8Array} bytes @param {number} length
 * @returns {Bytes}
 */
export function leftPad(bytes, length) {
  if (bytes.length >= length) return unshared(bytes);
  const padded = new Uint8Array(length);
  padded.set(bytes, length - bytes.length);
  return padded;
}

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]];
  return text;
}

/** @type {ReadonlyMap<number, number>} by code of the digit */
const DIGITS = new Map([...'0123456789abcdefABCDEF'].map((digit) => [digit.charCodeAt(0), parseInt(digit, 16)]));

/** @param {string} text lower or upper case, an even number of digits @returns {Bytes} */
export function fromHex(text) {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) {
    const [high, low] = [DIGITS.get(text.charCodeAt(2 * i)), DIGITS.get(text.charCodeAt(2 * i + 1))];
    if (high === undefined || low === undefined) throw new RangeError('not hexadecimal');
    bytes[i] = 16 * high + low;
  }
  if (text.length % 2) throw new RangeError('not hexadecimal');
  return bytes;
}

const CHUNK = 0x8000;

/** @param {Uint8Array} bytes @returns {string} standard base64 with padding */
export function toBase64(bytes) {
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}

/** @param {string} text standard base64 @returns {Bytes} */
export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @param {Uint8Array} bytes big endian, unsigned @returns {bigint} */
export function toBigInt(bytes) {
  return bytes.length ? BigInt(`0x${toHex(bytes)}`) : 0n;
}

/** @param {bigint} value not negative @param {number} length in bytes, enough for it @returns {Bytes} */
export function fromBigInt(value, length) {
  return fromHex(value.toString(16).padStart(2 * length, '0'));
}

/** @param {number} value @returns {Bytes} four bytes, big endian */
export function uint32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const encoder = new TextEncoder();

/** @param {string} text @returns {Bytes} UTF-8 */
export const utf8 = (text) => unshared(encoder.encode(text));
