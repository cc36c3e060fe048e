/**
 * The most awkward BER of a structure: every length that can be indefinite is, every string that can
 * be cut into segments is, one of them inside another.
 * @module
 */
import { TAG, parseBer } from '../../../static/js/cms/ber.js';
import { concat, equal } from '../../../static/js/cms/octets.js';
import { encode, element } from '../../../static/js/cms/der.js';

const END = new Uint8Array(2);

/** @param {Uint8Array} der @param {Uint8Array[]} [kept] elements to leave as they are: certificates are always DER @returns {Uint8Array} */
export const toBer = (der, kept = []) => convert(parseBer(der), kept);

/** @param {import('../../../static/js/cms/ber.js').Element} read @param {Uint8Array[]} kept @returns {Uint8Array} */
function convert(read, kept) {
  if (kept.some((each) => equal(each, read.raw))) return read.raw;
  if (read.constructed) return indefinite(read.tag, ...read.children.map((child) => convert(child, kept)));
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
