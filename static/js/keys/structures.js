/**
 * DER structures declared field by field, so that one declaration both writes and reads. Reading is
 * strict: what would not be written exactly so is refused, and a hash of it means one thing only.
 * @module
 */
import { CERTIFICATE_LIMITS, TAG, context, parseBer } from '../cms/ber.js';
import { encode, enumerated, explicit, generalizedTime, integer, octetString, sequence, utf8String } from '../cms/der.js';
import { EncodingError } from '../cms/errors.js';
import { equal } from '../cms/octets.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('../cms/ber.js').Element} Element */
/** @typedef {import('../cms/der.js').Part} Part */
/**
 * @template T
 * @typedef {object} Type how one ASN.1 type is written and read
 * @property {(value: T) => Part} write
 * @property {(element: Element) => T} read
 * @property {boolean} [optional]
 * @property {number} [tag] of an optional field
 */

/** @param {boolean} holds @param {string} what */
function demand(holds, what) {
  if (!holds) throw new EncodingError(what);
}

/** OCTET STRING, of one size if given. @param {number} [size] @returns {Type<Uint8Array>} */
export const octets = (size) => ({
  write: (value) => {
    demand(size === undefined || value.length === size, 'octet string size');
    return octetString(value);
  },
  read: (element) => {
    const value = element.expect(TAG.OCTET_STRING).value;
    demand(size === undefined || value.length === size, 'octet string size');
    return value.slice();
  },
});

/** @type {Type<string>} */
export const text = {
  write: utf8String,
  read: (element) => element.expect(TAG.UTF8_STRING).text(),
};

/** INTEGER from 0 to 2³¹ - 1. @type {Type<number>} */
export const number = {
  write: integer,
  read: (element) => element.expect(TAG.INTEGER).smallInteger(),
};

/** An INTEGER that says which form this is. @param {number} only @returns {Type<number>} */
export const version = (only) => ({
  write: () => integer(only),
  read: (element) => {
    demand(number.read(element) === only, 'version');
    return only;
  },
});

/** GeneralizedTime in whole seconds, of a year that has four digits of its own. @type {Type<Date>} */
export const time = {
  write: generalizedTime,
  read: (element) => {
    const value = element.expect(TAG.GENERALIZED_TIME).time();
    demand(value.getUTCFullYear() >= 1000, 'year');
    return value;
  },
};

/** @template {string} T @param {readonly T[]} names in the order of their numbers @returns {Type<T>} */
export const choiceOf = (names) => ({
  write: (value) => {
    demand(names.includes(value), 'enumerated value');
    return enumerated(names.indexOf(value));
  },
  read: (element) => {
    const name = names[element.enumerated()];
    demand(name !== undefined, 'enumerated value');
    return name;
  },
});

/** SEQUENCE OF. @template T @param {Type<T>} type @returns {Type<T[]>} */
export const listOf = (type) => ({
  write: (values) => sequence(...values.map(type.write)),
  read: (element) => element.expect(TAG.SEQUENCE).children.map(type.read),
});

/** SEQUENCE SIZE (1..MAX) OF: a list that is left out where it would be empty. @template T @param {Type<T[]>} type @returns {Type<T[]>} */
export const filled = (type) => ({
  write: (values) => {
    demand(values.length > 0, 'empty list');
    return type.write(values);
  },
  read: (element) => {
    const values = type.read(element);
    demand(values.length > 0, 'empty list');
    return values;
  },
});

/** `[tag] EXPLICIT … OPTIONAL`; null where absent. @template T @param {number} tag @param {Type<T>} type @returns {Type<T | null>} */
export const optional = (tag, type) => ({
  optional: true, tag,
  write: (value) => explicit(tag, type.write(/** @type {T} */ (value))),
  read: (element) => type.read(element.only()),
});

/**
 * SEQUENCE of named fields.
 * @template {object} T
 * @param {Record<keyof T & string, Type<any>> & {version?: Type<number>}} fields in their order; `version` is not part of the value
 * @returns {Type<T>}
 */
export function structure(fields) {
  const entries = Object.entries(fields);
  return {
    write: (value) => sequence(...entries.flatMap(([name, type]) => writeField(type, /** @type {any} */ (value)[name]))),
    read: (element) => {
      const cursor = element.expect(TAG.SEQUENCE).cursor();
      const pairs = entries.map(([name, type]) => [name, readField(type, cursor)]);
      cursor.end();
      const { version: _, ...value } = Object.fromEntries(pairs);
      return value;
    },
  };
}

/** @param {Type<any>} type @param {any} value @returns {Part[]} */
function writeField(type, value) {
  return type.optional && (value === null || value === undefined) ? [] : [type.write(value)];
}

/** @param {Type<any>} type @param {import('../cms/ber.js').Cursor} cursor */
function readField(type, cursor) {
  if (!type.optional) return type.read(cursor.take());
  const element = cursor.optional(context(type.tag ?? 0));
  return element ? type.read(element) : null;
}

/** @template T @param {Type<T>} type @param {T} value @returns {Bytes} */
export const toDer = (type, value) => encode(type.write(value));

/**
 * @template T @param {Type<T>} type @param {Uint8Array} der
 * @returns {T}
 * @throws {EncodingError} also for BER that is not DER
 */
export function fromDer(type, der) {
  const value = type.read(parseBer(der, CERTIFICATE_LIMITS));
  demand(equal(toDer(type, value), der), 'not DER');
  return value;
}
