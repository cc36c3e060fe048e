/**
 * Writes DER (X.690 §10). A node knows its size; `encode` then writes the whole tree in one
 * allocation, so that a 25 MB content is copied once.
 * @module
 */
import { TAG, context } from './ber.js';
import { concat, fromBigInt, utf8 } from './octets.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {Uint8Array | Node} Part encoded bytes, or a node still to be written */

/** One element to be written. */
class Node {
  /** @param {number} tag @param {Part[]} parts */
  constructor(tag, parts) {
    this.parts = parts;
    const length = parts.reduce((sum, part) => sum + sizeOf(part), 0);
    this.header = Uint8Array.of(tag, ...lengthOctets(length));
    this.size = this.header.length + length;
  }
}

/** @param {Part} part */
const sizeOf = (part) => (part instanceof Node ? part.size : part.length);

/** @param {number} length */
function lengthOctets(length) {
  if (length < 0x80) return [length];
  const octets = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** @param {Part} part @param {Uint8Array} into @param {number} offset @returns {number} */
function write(part, into, offset) {
  if (!(part instanceof Node)) {
    into.set(part, offset);
    return offset + part.length;
  }
  into.set(part.header, offset);
  let next = offset + part.header.length;
  for (const inner of part.parts) next = write(inner, into, next);
  return next;
}

/** @param {Part} part @returns {Bytes} */
export function encode(part) {
  const bytes = new Uint8Array(sizeOf(part));
  write(part, bytes, 0);
  return bytes;
}

/** An element of any tag. @param {number} tag @param {...Part} parts */
export const element = (tag, ...parts) => new Node(tag, parts);

/** @param {...Part} parts */
export const sequence = (...parts) => new Node(TAG.SEQUENCE, parts);

/**
 * SET OF: the encodings in ascending order (X.690 §11.6).
 * @param {Part[]} parts @param {number} [tag]
 */
export const setOf = (parts, tag = TAG.SET) => new Node(tag, parts.map(encode).sort(compareOctets));

/** @param {Uint8Array} bytes */
export const octetString = (bytes) => new Node(TAG.OCTET_STRING, [bytes]);

/** @param {Part} part whole octets */
export const bitString = (part) => new Node(TAG.BIT_STRING, [Uint8Array.of(0), part]);

/** @param {number} number @param {Part} part */
export const explicit = (number, part) => new Node(context(number), [part]);

/** IMPLICIT tag on a constructed type. @param {number} number @param {...Part} parts */
export const implicit = (number, ...parts) => new Node(context(number), parts);

/** IMPLICIT tag on a primitive type. @param {number} number @param {Uint8Array} bytes */
export const implicitPrimitive = (number, bytes) => new Node(context(number, false), [bytes]);

/** @param {number | bigint} value not negative */
export const integer = (value) => new Node(TAG.INTEGER, [unsignedOctets(BigInt(value))]);

/** @param {number} value */
export const enumerated = (value) => new Node(TAG.ENUMERATED, [unsignedOctets(BigInt(value))]);

/** @param {boolean} value */
export const boolean = (value) => new Node(TAG.BOOLEAN, [Uint8Array.of(value ? 0xff : 0)]);

/** @param {string} text */
export const utf8String = (text) => new Node(TAG.UTF8_STRING, [utf8(text)]);

/** @param {string} text ASCII only */
export const ia5String = (text) => new Node(TAG.IA5_STRING, [utf8(text)]);

export const NULL = Uint8Array.of(TAG.NULL, 0);

/** @param {string} dotted */
export function oid(dotted) {
  const [root, second, ...rest] = dotted.split('.').map(BigInt);
  return new Node(TAG.OID, [concat(...[40n * root + second, ...rest].map(arcOctets))]);
}

/** @param {Date} date whole seconds; fractions are cut */
export function generalizedTime(date) {
  return new Node(TAG.GENERALIZED_TIME, [utf8(`${compactTime(date)}Z`)]);
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5652 §11.3, RFC 5280 §4.1.2.5). @param {Date} date */
export function time(date) {
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) return generalizedTime(date);
  return new Node(TAG.UTC_TIME, [utf8(`${compactTime(date).slice(2)}Z`)]);
}

/** @param {Date} date */
const compactTime = (date) => date.toISOString().slice(0, 19).replace(/[-:T]/g, '');

/** @param {bigint} value */
function unsignedOctets(value) {
  const octets = fromBigInt(value, Math.max(1, Math.ceil(value.toString(16).length / 2)));
  return octets[0] & 0x80 ? concat(Uint8Array.of(0), octets) : octets;
}

/** @param {bigint} arc */
function arcOctets(arc) {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(0x80 | Number(rest & 0x7fn));
  return Uint8Array.from(octets);
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function compareOctets(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
