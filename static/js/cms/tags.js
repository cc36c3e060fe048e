/**
 * Identifier octets (X.690 §8.1.2) of the types CMS uses.
 * @module
 */

export const TAG = Object.freeze({
  BOOLEAN: 0x01, INTEGER: 0x02, BIT_STRING: 0x03, OCTET_STRING: 0x04, NULL: 0x05, OID: 0x06,
  ENUMERATED: 0x0a, UTF8_STRING: 0x0c, PRINTABLE_STRING: 0x13, T61_STRING: 0x14, IA5_STRING: 0x16,
  UTC_TIME: 0x17, GENERALIZED_TIME: 0x18, BMP_STRING: 0x1e, SEQUENCE: 0x30, SET: 0x31,
  CONSTRUCTED_OCTETS: 0x24, CONSTRUCTED_BITS: 0x23,
});

/**
 * Context-specific tag `[number]`.
 * @param {number} number @param {boolean} [constructed]
 */
export const context = (number, constructed = true) => (constructed ? 0xa0 : 0x80) | number;
