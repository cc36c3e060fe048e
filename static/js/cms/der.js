/**
 * Writes DER (X.690 §10). A node knows its size; `encode` then writes the whole tree in one
 * allocation, so that a 25 MB content is copied once.
 * @module
 */
import { TAG, context } from './ber.js';
import { concat, equal, fromBigInt, utf8 } from './octets.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {Uint8Array | DerNode} Part encoded bytes, or a node still to be written */

/** One element to be written. */
class DerNode {
  /** @param {number} tag @param {Part[]} parts */
  constructor(tag, parts) {
    this.parts = parts;
    /** @type {number} */
    const length = parts.reduce((sum, part) => sum + sizeOf(part), 0);
    this.header = Uint8Array.of(tag, ...lengthOctets(length));
    /** @type {number} */
    this.size = this.header.length + length;
  }
}

/** @param {Part} part @returns {number} */
const sizeOf = (part) => (part instanceof DerNode ? part.size : part.length);

/** @param {number} length */
function lengthOctets(length) {
  if (length < 0x80) return [length];
  const octets = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** @param {Part} part @param {Uint8Array} into @param {number} offset @returns {number} */
function write(part, into, offset) {
  if (!(part instanceof DerNode)) {
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
export const element = (tag, ...parts) => new DerNode(tag, parts);

/** @param {...Part} parts */
export const sequence = (...parts) => new DerNode(TAG.SEQUENCE, parts);

/**
 * SET OF: the encodings in ascending order (X.690 §11.6).
 * @param {Part[]} parts @param {number} [tag]
 */
export const setOf = (parts, tag = TAG.SET) => new DerNode(tag, parts.map(encode).sort(compareOctets));

/** @param {Uint8Array} bytes */
export const octetString = (bytes) => new DerNode(TAG.OCTET_STRING, [bytes]);

/** @param {Part} part whole octets */
export const bitString = (part) => new DerNode(TAG.BIT_STRING, [Uint8Array.of(0), part]);

/** @param {number} number @param {Part} part */
export const explicit = (number, part) => new DerNode(context(number), [part]);

/** IMPLICIT tag on a constructed type. @param {number} number @param {...Part} parts */
export const implicit = (number, ...parts) => new DerNode(context(number), parts);

/** IMPLICIT tag on a primitive type. @param {number} number @param {Uint8Array} bytes */
export const implicitPrimitive = (number, bytes) => new DerNode(context(number, false), [bytes]);

/** @param {number | bigint} value not negative */
export const integer = (value) => new DerNode(TAG.INTEGER, [unsignedOctets(BigInt(value))]);

/** @param {number} value */
export const enumerated = (value) => new DerNode(TAG.ENUMERATED, [unsignedOctets(BigInt(value))]);

/**
 * What was read, in definite lengths: its own bytes where they are so already.
 * @param {import('./ber.js').Element} read
 * @returns {Bytes}
 */
export function definite(read) {
  return hasIndefinite(read) ? encode(redefine(read)) : read.raw;
}

/** Whether every length is written the shortest way. @param {import('./ber.js').Element} read */
export const isShortest = (read) => equal(encode(redefine(read)), read.raw);

/** @param {import('./ber.js').Element} read @returns {boolean} */
const hasIndefinite = (read) => read.indefinite || read.children.some(hasIndefinite);

/** @param {import('./ber.js').Element} read @returns {Part} */
function redefine(read) {
  return leaf(read) ?? new DerNode(read.tag, read.children.map(redefine));
}

/**
 * What was read, in DER: shortest lengths, strings in one piece, every SET OF in ascending order.
 * @param {import('./ber.js').Element} read
 * @returns {Bytes}
 */
export const canonical = (read) => encode(canonicalNode(read));

/** @param {import('./ber.js').Element} read @returns {Part} */
function canonicalNode(read) {
  const found = leaf(read);
  if (found) return found;
  const parts = read.children.map(canonicalNode);
  return read.tag === TAG.SET ? setOf(parts) : new DerNode(read.tag, parts);
}

/** What is written without its children: a string in segments becomes one, and a high tag number stays as it came. @param {import('./ber.js').Element} read @returns {Part | null} */
function leaf(read) {
  if ((read.tag & 0x1f) === 0x1f) return read.raw;
  if (read.tag === TAG.CONSTRUCTED_OCTETS) return octetString(read.octets());
  return read.constructed ? null : new DerNode(read.tag, [read.value]);
}

/** @param {boolean} value */
export const boolean = (value) => new DerNode(TAG.BOOLEAN, [Uint8Array.of(value ? 0xff : 0)]);

/** @param {string} text */
export const utf8String = (text) => new DerNode(TAG.UTF8_STRING, [utf8(text)]);

export const NULL = Uint8Array.of(TAG.NULL, 0);

/** @param {string} dotted */
export function oid(dotted) {
  const [root, second, ...rest] = dotted.split('.').map(BigInt);
  return new DerNode(TAG.OID, [concat(...[40n * root + second, ...rest].map(arcOctets))]);
}

/** @param {Date} date whole seconds; fractions are cut */
export function generalizedTime(date) {
  return new DerNode(TAG.GENERALIZED_TIME, [utf8(`${compactTime(date)}Z`)]);
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5652 §11.3, RFC 5280 §4.1.2.5). @param {Date} date */
export function time(date) {
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) return generalizedTime(date);
  return new DerNode(TAG.UTC_TIME, [utf8(`${compactTime(date).slice(2)}Z`)]);
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
