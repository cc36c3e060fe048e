/**
 * What the content octets of primitive types mean (X.690 §8): numbers, identifiers, texts and times.
 * @module
 */
import { EncodingError } from './errors.js';
import { toBigInt } from './octets.js';
import { TAG } from './tags.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {Pick<import('./ber.js').Element, 'tag' | 'value'>} Element */

/** An arc may still be multiplied by 128 below this. */
const SAFE_ARC = 2 ** 46;
/** Octets of RSA's longest modulus, and some. */
const MAX_INTEGER = 1032;

/** @param {Bytes} content of an INTEGER or ENUMERATED @returns {bigint} */
export function readInteger(content) {
  if (content.length === 0 || content.length > MAX_INTEGER) throw new EncodingError('integer length');
  return BigInt.asIntN(8 * content.length, toBigInt(content));
}

/** @param {Bytes} content of an OBJECT IDENTIFIER @returns {string} dotted form */
export function readOid(content) {
  if (content.length === 0 || content.length > 64 || content[content.length - 1] & 0x80) throw new EncodingError('object identifier');
  const arcs = [];
  let arc = 0;
  for (const byte of content) {
    if (arc === 0 && byte === 0x80) throw new EncodingError('object identifier'); // X.690 §8.19.2
    if (arc >= SAFE_ARC) return readLongOid(content);
    arc = 128 * arc + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const root = Math.min(2, Math.floor(arcs[0] / 40));
  return [root, arcs[0] - 40 * root, ...arcs.slice(1)].join('.');
}

/** With arcs of any size, as of a UUID (ITU-T X.667). @param {Bytes} content @returns {string} */
function readLongOid(content) {
  const arcs = [];
  let arc = 0n;
  for (const byte of content) {
    if (arc === 0n && byte === 0x80) throw new EncodingError('object identifier');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const root = arcs[0] < 80n ? arcs[0] / 40n : 2n;
  return [root, arcs[0] - 40n * root, ...arcs.slice(1)].join('.');
}

/** @param {string} encoding */
const decoder = (encoding) => new TextDecoder(encoding, { fatal: true });

const LATIN = decoder('latin1');
/** @type {Readonly<Record<number, TextDecoder>>} */
const DECODERS = Object.freeze({
  [TAG.UTF8_STRING]: decoder('utf-8'), [TAG.PRINTABLE_STRING]: LATIN, [TAG.IA5_STRING]: LATIN,
  [TAG.T61_STRING]: LATIN, [TAG.BMP_STRING]: decoder('utf-16be'),
});

/** @param {Element} element of any of the string types */
export function readText(element) {
  const reader = DECODERS[element.tag];
  if (!reader) throw new EncodingError('a character string was expected');
  try {
    return reader.decode(element.value);
  } catch {
    throw new EncodingError('character string');
  }
}

const TIME = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d{1,6})?Z$/;

/** @param {Element} element UTCTime or GeneralizedTime, in the forms of RFC 5280 §4.1.2.5 */
export function readTime(element) {
  const match = TIME.exec(String.fromCharCode(...element.value.subarray(0, 24)));
  const digits = { [TAG.UTC_TIME]: 2, [TAG.GENERALIZED_TIME]: 4 }[element.tag];
  if (!match || match[1].length !== digits) throw new EncodingError('time');
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  // RFC 5280 §4.1.2.5.1: two digits below 50 are of this century.
  const full = digits === 4 ? year : year + (year < 50 ? 2000 : 1900);
  const date = new Date(0);
  date.setUTCFullYear(full, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59) throw new EncodingError('time');
  return date;
}
