/**
 * Reads BER (X.690 §8), definite and indefinite lengths, without copying: an element is a window on
 * the bytes it was read from. Limits hold while the bytes are read, so that a hostile message costs
 * no more than an honest one; `bridge/cms/limits.py` keeps the same rules (tests/vectors/limits).
 * High tag numbers are passed over: none exist in what we read. An OCTET STRING may come in segments
 * (RFC 5652 §5.2.1, §6.1); a BIT STRING, which holds a key or a signature, stands in one piece.
 * @module
 */
import { EncodingError, LimitError } from './errors.js';
import { concat, join, unshared } from './octets.js';
import { TAG, context } from './tags.js';
import { readInteger, readOid, readText, readTime } from './values.js';

export { TAG, context };

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {{maxDepth: number, maxNodes: number, maxSegments: number, maxTrailing: number, der: boolean}} Limits maxDepth: of constructed elements; maxTrailing: line ends and zeros let pass after the end; der: definite lengths, low tag numbers and strings in one piece only */

const MAX_LENGTH_OCTETS = 8;
const MAX_DER_LENGTH_OCTETS = 4;

/** For CMS; the segments of one streamed content are counted apart from the nodes. */
export const CMS_LIMITS = Object.freeze({ maxDepth: 32, maxNodes: 50_000, maxSegments: 200_000, maxTrailing: 64, der: false });
/** For CMS of our own, which never went through mail. */
export const STRICT_LIMITS = Object.freeze({ ...CMS_LIMITS, maxTrailing: 0 });
/** For one certificate, request or key. */
export const CERTIFICATE_LIMITS = Object.freeze({ maxDepth: 32, maxNodes: 2_000, maxSegments: 0, maxTrailing: 0, der: true });

/** One element: tag, and where it and its content stand. */
export class Element {
  /** @type {Element[] | null} */
  #children = null;
  /** @type {number[] | null} start, start of the content and end, in turn */
  #segments = null;

  /**
   * @param {Bytes} bytes what it was read from
   * @param {number} tag the identifier octet
   * @param {number} start of the identifier
   * @param {number} contentStart
   */
  constructor(bytes, tag, start, contentStart) {
    this.bytes = bytes;
    this.tag = tag;
    this.start = start;
    this.contentStart = contentStart;
    this.contentEnd = contentStart;
    this.end = contentStart;
    this.indefinite = false;
  }

  get constructed() {
    return (this.tag & 0x20) !== 0;
  }

  /** The whole element, header included. @returns {Bytes} */
  get raw() {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The content octets. @returns {Bytes} */
  get value() {
    return this.bytes.subarray(this.contentStart, this.contentEnd);
  }

  /** @returns {Element[]} */
  get children() {
    if (this.#segments) {
      this.#children = segmentElements(this.bytes, this.#segments);
      this.#segments = null;
    }
    return this.#children ?? [];
  }

  /** Used by the parser only. @param {Element} child */
  add(child) {
    (this.#children ??= this.children).push(child);
    this.#segments = null;
  }

  /** Used by the parser only: an OCTET STRING in a constructed string. @param {number} start @param {number} contentStart @param {number} end */
  addSegment(start, contentStart, end) {
    if (this.#children) this.#children.push(...segmentElements(this.bytes, [start, contentStart, end]));
    else (this.#segments ??= []).push(start, contentStart, end);
  }

  /**
   * Content of an OCTET STRING, also under an implicit tag: a view if primitive, the segments put
   * together in one allocation if constructed.
   * @returns {Bytes}
   */
  octets() {
    if (!this.constructed) return this.value;
    const segments = this.#segments;
    if (!segments) return join(this.children.map(segmentOctets));
    if (segments.length === 3) return this.bytes.subarray(segments[1], segments[2]);
    return joinSegments(this.bytes, segments);
  }

  /** As `octets`, with `tail` after them, in one allocation. @param {Uint8Array} tail @returns {Bytes} */
  octetsBefore(tail) {
    if (!this.#segments) return concat(this.octets(), tail);
    return joinSegments(this.bytes, this.#segments, tail);
  }

  /** An OCTET STRING may be in segments. @param {number} tag @returns {this} */
  expect(tag) {
    const segmented = tag === TAG.OCTET_STRING && this.tag === TAG.CONSTRUCTED_OCTETS;
    if (this.tag !== tag && !segmented) throw new EncodingError(`tag ${hexTag(tag)} expected, ${hexTag(this.tag)} found`);
    return this;
  }

  /** Children in order, for a SEQUENCE or what is tagged like one. */
  cursor() {
    if (!this.constructed) throw new EncodingError('a constructed element was expected');
    return new Cursor(this.children);
  }

  /** The only child, as under an explicit tag. @returns {Element} */
  only() {
    if (this.children.length !== 1) throw new EncodingError('exactly one element was expected');
    return this.children[0];
  }

  /** The one OCTET STRING under an explicit tag. @returns {Bytes} */
  onlyOctets() {
    const only = this.only();
    return (only.tag === TAG.CONSTRUCTED_OCTETS ? only : only.expect(TAG.OCTET_STRING)).octets();
  }

  /** An AlgorithmIdentifier (RFC 5280 §4.1.1.2), also under an implicit tag. @returns {{oid: string, parameters: Element | null}} */
  algorithm() {
    const fields = this.cursor();
    const oid = fields.take(TAG.OID).oid();
    const parameters = fields.more ? fields.take() : null;
    fields.end();
    return { oid, parameters };
  }

  /** @returns {bigint} */
  integer() {
    return readInteger(this.expect(TAG.INTEGER).value);
  }

  /** @returns {number} of an ENUMERATED */
  enumerated() {
    return Number(readInteger(this.expect(TAG.ENUMERATED).value));
  }

  /** @returns {number} an INTEGER from 0 to 2³¹ - 1 */
  smallInteger() {
    const value = this.integer();
    if (value < 0n || value > 0x7fffffffn) throw new EncodingError('integer out of range');
    return Number(value);
  }

  /** @returns {string} dotted form */
  oid() {
    this.expect(TAG.OID);
    return readOid(this.value);
  }

  /** @returns {string} of any of the string types */
  text() {
    return readText(this);
  }

  /** @returns {Date} of a UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5 forms) */
  time() {
    return readTime(this);
  }

  /** @returns {Bytes} of a BIT STRING that holds whole octets */
  bitString() {
    this.expect(TAG.BIT_STRING);
    if (this.value.length < 1 || this.value[0] !== 0) throw new EncodingError('bit string');
    return this.value.subarray(1);
  }

  /** @returns {Set<number>} numbers of the bits that are set, in a BIT STRING with named bits */
  namedBits() {
    this.expect(TAG.BIT_STRING);
    const bits = new Set();
    this.value.subarray(1, 5).forEach((byte, i) => {
      for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) bits.add(8 * i + bit);
    });
    return bits;
  }
}

/** Takes the children of an element in their order. */
export class Cursor {
  #next = 0;

  /** @param {Element[]} elements */
  constructor(elements) {
    this.elements = elements;
  }

  get more() {
    return this.#next < this.elements.length;
  }

  /** The next element, of one of the given tags if any is given. @param {...number} tags @returns {Element} */
  take(...tags) {
    const element = this.elements[this.#next];
    if (!element) throw new EncodingError('an element is missing');
    if (tags.length && !tags.includes(element.tag)) element.expect(tags[0]);
    this.#next += 1;
    return element;
  }

  /** The next element if it has one of these tags. @param {...number} tags @returns {Element | null} */
  optional(...tags) {
    const element = this.elements[this.#next];
    if (!element || !tags.includes(element.tag)) return null;
    this.#next += 1;
    return element;
  }

  /** No more elements than that, in all. @param {number} count */
  atMost(count) {
    if (this.elements.length > count) throw new EncodingError('an unexpected element follows');
  }

  /** Nothing may follow. */
  end() {
    if (this.more) throw new EncodingError('an unexpected element follows');
  }
}

class Parser {
  #nodes = 0;
  #segments = 0;

  /** @param {Bytes} bytes @param {Limits} limits */
  constructor(bytes, limits) {
    this.bytes = bytes;
    this.limits = limits;
  }

  /** @param {number} start @param {number} limit end of the parent @param {number} depth @returns {Element} */
  element(start, limit, depth) {
    if (++this.#nodes > this.limits.maxNodes) throw new LimitError('too many elements');
    if (start >= limit) throw new EncodingError('truncated');
    const tag = this.bytes[start];
    if (tag === 0) throw new EncodingError('end-of-contents out of place');
    if (tag === TAG.CONSTRUCTED_BITS || (this.limits.der && tag === TAG.CONSTRUCTED_OCTETS)) throw new EncodingError('a string in segments');
    const lengthAt = this.#afterTag(start, limit);
    const element = new Element(this.bytes, tag, start, this.#contentStart(lengthAt, limit));
    if (element.constructed && depth > this.limits.maxDepth) throw new LimitError('nested too deeply');
    if (this.bytes[lengthAt] === 0x80) this.#indefinite(element, limit, depth);
    else this.#definite(element, lengthAt, limit, depth);
    return element;
  }

  /** Where the length begins, after up to four octets of a high tag number (X.690 §8.1.2.4). @param {number} start @param {number} limit */
  #afterTag(start, limit) {
    if ((this.bytes[start] & 0x1f) !== 0x1f) return start + 1;
    if (this.limits.der) throw new EncodingError('high tag number');
    for (let at = start + 1; at < start + 5 && at < limit; at++) if (this.bytes[at] < 0x80) return at + 1;
    throw new EncodingError('tag number');
  }

  /** @param {number} at the length octets @param {number} limit */
  #contentStart(at, limit) {
    if (at >= limit) throw new EncodingError('truncated');
    const first = this.bytes[at];
    const start = at + 1 + (first > 0x80 ? first & 0x7f : 0);
    const most = this.limits.der ? MAX_DER_LENGTH_OCTETS : MAX_LENGTH_OCTETS;
    if (first > 0x80 + most || start > limit) throw new EncodingError('length');
    return start;
  }

  /** @param {number} at the length octets @param {number} contentStart */
  #length(at, contentStart) {
    if (this.bytes[at] < 0x80) return this.bytes[at];
    let length = 0;
    for (let i = at + 1; i < contentStart; i++) length = length * 256 + this.bytes[i];
    return length;
  }

  /** @param {Element} element @param {number} at @param {number} limit @param {number} depth */
  #definite(element, at, limit, depth) {
    const end = element.contentStart + this.#length(at, element.contentStart);
    if (end > limit) throw new EncodingError('truncated');
    element.contentEnd = end;
    element.end = end;
    if (!element.constructed) return;
    let offset = element.contentStart;
    while (offset < end) offset = this.#child(element, offset, end, depth);
  }

  /** @param {Element} element @param {number} limit @param {number} depth */
  #indefinite(element, limit, depth) {
    if (!element.constructed || this.limits.der) throw new EncodingError('indefinite length');
    element.indefinite = true;
    let offset = element.contentStart;
    while (!this.#endOfContents(offset, limit)) offset = this.#child(element, offset, limit, depth);
    element.contentEnd = offset;
    element.end = offset + 2;
  }

  /** @param {number} offset @param {number} limit */
  #endOfContents(offset, limit) {
    if (offset + 2 > limit) throw new EncodingError('truncated');
    return this.bytes[offset] === 0 && this.bytes[offset + 1] === 0;
  }

  /** @param {Element} parent @param {number} offset @param {number} limit @param {number} depth @returns {number} end of the child */
  #child(parent, offset, limit, depth) {
    const mayHoldSegments = !this.limits.der && (parent.tag === TAG.CONSTRUCTED_OCTETS || parent.tag === 0xa0);
    if (mayHoldSegments && this.bytes[offset] === TAG.OCTET_STRING) return this.#segment(parent, offset, limit);
    const child = this.element(offset, limit, depth + 1);
    if (parent.tag === TAG.CONSTRUCTED_OCTETS && child.tag !== parent.tag) throw new EncodingError('octet string segment'); // X.690 §8.7.3.2
    parent.add(child);
    return child.end;
  }

  /** @param {Element} parent @param {number} offset @param {number} limit */
  #segment(parent, offset, limit) {
    if (++this.#segments > this.limits.maxSegments) throw new LimitError('too many segments');
    const start = this.#contentStart(offset + 1, limit);
    if (this.bytes[offset + 1] === 0x80) throw new EncodingError('indefinite length of a primitive');
    const end = start + this.#length(offset + 1, start);
    if (end > limit) throw new EncodingError('truncated');
    parent.addSegment(offset, start, end);
    return end;
  }
}

/**
 * Reads one element. Line ends and zeros after it are let pass within the limits (files that went
 * through mail), other bytes are not.
 * @param {Uint8Array} bytes
 * @param {Limits} [limits]
 * @returns {Element}
 * @throws {EncodingError | LimitError}
 */
export function parseBer(bytes, limits = CMS_LIMITS) {
  const root = new Parser(unshared(bytes), limits).element(0, bytes.length, 1);
  const rest = bytes.subarray(root.end);
  if (rest.length > limits.maxTrailing || rest.some((byte) => byte !== 0 && byte !== 0x0a && byte !== 0x0d)) {
    throw new EncodingError('bytes after the end');
  }
  return root;
}

/** @param {number} tag */
const hexTag = (tag) => `0x${tag.toString(16).padStart(2, '0')}`;

/** @param {Bytes} bytes @param {number[]} segments start, start of the content and end, in turn */
function segmentElements(bytes, segments) {
  const elements = [];
  for (let i = 0; i < segments.length; i += 3) {
    const element = new Element(bytes, TAG.OCTET_STRING, segments[i], segments[i + 1]);
    element.contentEnd = element.end = segments[i + 2];
    elements.push(element);
  }
  return elements;
}

/** @param {Element} segment @returns {Bytes} */
function segmentOctets(segment) {
  if (segment.tag !== TAG.OCTET_STRING && segment.tag !== TAG.CONSTRUCTED_OCTETS) {
    throw new EncodingError('octet string segment');
  }
  return segment.octets();
}

/** @param {Bytes} bytes @param {number[]} segments @param {Uint8Array} [tail] @returns {Bytes} */
function joinSegments(bytes, segments, tail = new Uint8Array()) {
  let size = tail.length;
  for (let i = 0; i < segments.length; i += 3) size += segments[i + 2] - segments[i + 1];
  const whole = new Uint8Array(size);
  let offset = 0;
  for (let i = 0; i < segments.length; i += 3) {
    whole.set(bytes.subarray(segments[i + 1], segments[i + 2]), offset);
    offset += segments[i + 2] - segments[i + 1];
  }
  whole.set(tail, offset);
  return whole;
}
