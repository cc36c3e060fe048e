/**
 * The most awkward BER of a structure: every length that can be indefinite is, every string that can
 * be cut into segments is, one of them inside another.
 * @module
 */
import { TAG, parseBer } from '../../../static/js/cms/ber.js';
import { concat } from '../../../static/js/cms/octets.js';
import { encode, element } from '../../../static/js/cms/der.js';

const END = new Uint8Array(2);

/** @param {Uint8Array} der @returns {Uint8Array} */
export const toBer = (der) => convert(parseBer(der));

/** @param {import('../../../static/js/cms/ber.js').Element} read @returns {Uint8Array} */
function convert(read) {
  if (read.constructed) return indefinite(read.tag, ...read.children.map(convert));
  if (read.tag === TAG.OCTET_STRING) return segments(TAG.CONSTRUCTED_OCTETS, read.value, (part) => encode(element(TAG.OCTET_STRING, part)));
  // [0] IMPLICIT OCTET STRING: encryptedContent, subjectKeyIdentifier.
  if (read.tag === 0x80) return segments(0xa0, read.value, (part) => encode(element(TAG.OCTET_STRING, part)));
  return read.raw;
}

/** @param {number} tag @param {...Uint8Array} parts */
const indefinite = (tag, ...parts) => concat(Uint8Array.of(tag, 0x80), ...parts, END);

/** @param {number} tag @param {Uint8Array} content @param {(part: Uint8Array) => Uint8Array} segment */
function segments(tag, content, segment) {
  const middle = content.length >> 1;
  const inner = indefinite(TAG.CONSTRUCTED_OCTETS, segment(content.subarray(0, middle >> 1)), segment(content.subarray(middle >> 1, middle)));
  return indefinite(tag, inner, segment(content.subarray(middle)));
}
