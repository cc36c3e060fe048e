/**
 * Finds the parts of a MIME message and their exact octets (what a signature covers), within the limits of
 * DESIGN §6. Nothing is decoded or copied until asked for; a part is a view on the message.
 */
import { decodeCharset, utf8 } from './bytes.js';
import { LimitError } from './errors.js';
import { normaliseFilename } from './filename.js';
import { fieldValue, parseHeaders, parseStructured } from './headers.js';
import { decodeBase64, decodeQuotedPrintable } from './transfer.js';

/** @typedef {import('./headers.js').HeaderField} HeaderField */

/**
 * @typedef {object} Limits
 * @property {number} bytes size of the whole message
 * @property {number} headerBytes size of one header block
 * @property {number} parts number of parts, containers included
 * @property {number} depth levels below the root
 */

/** @type {Readonly<Limits>} */
export const LIMITS = Object.freeze({ bytes: 50 * 1024 * 1024, headerBytes: 256 * 1024, parts: 1000, depth: 30 });

const DASH = 45;
const LF = 10;
const CR = 13;
const ENCODED = /^(base64|quoted-printable)$/;
const MESSAGE_TYPE = /^message\/(rfc822|global)$/;

/** One entity: its header fields, its body, and its children if it is a multipart or an unencoded message/rfc822. */
export class Part {
  /** @type {Part[]} */
  children = [];
  /** True if a multipart ended without its closing delimiter. */
  truncated = false;

  /**
   * @param {Uint8Array} bytes the exact octets of the entity, headers included, without the delimiter's line end
   * @param {import('./headers.js').HeaderBlock} block its header fields
   * @param {string} defaultType
   */
  constructor(bytes, { fields, bodyStart }, defaultType = 'text/plain') {
    const written = fieldValue(fields, 'content-type');
    const contentType = parseStructured(written ?? defaultType);
    const disposition = parseStructured(fieldValue(fields, 'content-disposition') ?? '');
    this.bytes = bytes;
    /** @type {HeaderField[]} */
    this.headers = fields;
    this.body = bytes.subarray(bodyStart);
    /** Whether the type was written by the sender, is the default, or was assumed for content without fields. */
    this.typed = /** @type {'written' | 'default' | 'assumed'} */ (written === null ? 'default' : 'written');
    this.type = /^[^\s/]+\/[^\s/]+$/.test(contentType.value) ? contentType.value : 'text/plain';
    this.params = contentType.params;
    this.disposition = disposition.value;
    this.encoding = (fieldValue(fields, 'content-transfer-encoding') ?? '7bit').toLowerCase().split(/[\s;(]/, 1)[0];
    this.contentId = (fieldValue(fields, 'content-id') ?? '').replace(/^<|>$/g, '');
    const filename = disposition.params.filename ?? contentType.params.name;
    this.filename = filename === undefined ? null : normaliseFilename(filename);
    /** @type {Uint8Array | undefined} */
    this.decoded = undefined;
  }

  /** The body without its transfer encoding. @returns {Uint8Array} */
  decodedBody() {
    this.decoded ??= decodeTransfer(this.body, this.encoding);
    return this.decoded;
  }

  /** The body as text in its charset. */
  text() {
    return decodeCharset(this.decodedBody(), this.params.charset);
  }
}

/** @param {Uint8Array} body @param {string} encoding */
function decodeTransfer(body, encoding) {
  if (encoding === 'base64') return decodeBase64(body);
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  return body;
}

/**
 * Content without MIME fields of its own, as a part of the type it is taken for.
 * @param {Uint8Array} bytes
 * @param {string} type
 * @returns {Part}
 */
export function bareContent(bytes, type) {
  const part = new Part(bytes, { fields: [], bodyStart: 0 }, type);
  part.typed = 'assumed';
  return part;
}

/**
 * @param {Uint8Array} bytes an RFC 5322 message or a MIME entity
 * @param {Partial<Limits>} [limits]
 * @returns {Part} the root
 * @throws {LimitError} `message-too-large`, `headers-too-large`, `too-many-parts`, `too-deep`
 */
export function splitMime(bytes, limits = {}) {
  const bounds = { ...LIMITS, ...limits };
  if (bytes.length > bounds.bytes) throw new LimitError('message-too-large');
  const budget = { parts: bounds.parts };
  return split(bytes, bounds, budget, 0, 'text/plain');
}

/**
 * @param {Uint8Array} bytes
 * @param {Limits} limits
 * @param {{parts: number}} budget what is left of `limits.parts`
 * @param {number} depth
 * @param {string} defaultType
 * @returns {Part}
 */
function split(bytes, limits, budget, depth, defaultType) {
  if (depth > limits.depth) throw new LimitError('too-deep');
  if (--budget.parts < 0) throw new LimitError('too-many-parts');
  const part = new Part(bytes, parseHeaders(bytes, limits.headerBytes), defaultType);
  if (part.type.startsWith('multipart/') && part.params.boundary) {
    const { sections, closed } = sectionsOf(part, budget.parts);
    const childType = part.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    part.children = sections.map((section) => split(section, limits, budget, depth + 1, childType));
    part.truncated = !closed;
  } else if (MESSAGE_TYPE.test(part.type) && !ENCODED.test(part.encoding)) {
    part.children = [split(part.body, limits, budget, depth + 1, 'text/plain')];
  }
  return part;
}

/**
 * A multipart may not be encoded itself (RFC 2045 §6.4); some gateways do it all the same.
 * @param {Part} part @param {number} most
 */
function sectionsOf(part, most) {
  const found = delimited(part.body, part.params.boundary, most);
  return found.sections.length || !ENCODED.test(part.encoding) ? found : delimited(part.decodedBody(), part.params.boundary, most);
}

/**
 * The octets between the delimiter lines of a multipart body, RFC 2046 §5.1.1. The line end before a delimiter
 * belongs to the delimiter. A missing closing delimiter ends the last section at the end of the body.
 * @param {Uint8Array} body
 * @param {string} boundary
 * @param {number} most sections allowed
 * @returns {{sections: Uint8Array[], closed: boolean}}
 */
function delimited(body, boundary, most) {
  const delimiter = utf8(`--${boundary.trimEnd()}`);
  const sections = [];
  let from = -1;
  for (let at = 0; (at = nextDelimiter(body, delimiter, at)) >= 0; ) {
    if (from >= 0) sections.push(body.subarray(from, endBefore(body, from, at)));
    if (sections.length > most) throw new LimitError('too-many-parts');
    const after = at + delimiter.length;
    if (body[after] === DASH && body[after + 1] === DASH) return { sections, closed: true };
    const lf = body.indexOf(LF, after);
    from = at = lf < 0 ? body.length : lf + 1;
  }
  if (from >= 0) sections.push(body.subarray(from));
  return { sections, closed: false };
}

/**
 * Index of the next delimiter line at or after `at`, or -1. Scanning for a dash with the engine's own `indexOf`
 * passes over base64 at memory speed, since its alphabet has none.
 * @param {Uint8Array} body @param {Uint8Array} delimiter @param {number} at
 */
function nextDelimiter(body, delimiter, at) {
  for (let i = body.indexOf(DASH, at); i >= 0; i = body.indexOf(DASH, i + 1)) {
    if (i > 0 && body[i - 1] !== LF) continue;
    if (matchesAt(body, delimiter, i) && endsLine(body, i + delimiter.length)) return i;
  }
  return -1;
}

/** @param {Uint8Array} body @param {Uint8Array} wanted @param {number} at */
function matchesAt(body, wanted, at) {
  for (let k = 0; k < wanted.length; k++) if (body[at + k] !== wanted[k]) return false;
  return true;
}

/**
 * Whether only `--` and white space follow up to the line end: else it is the delimiter of a longer boundary.
 * @param {Uint8Array} body @param {number} at
 */
function endsLine(body, at) {
  if (body[at] === DASH && body[at + 1] === DASH) at += 2;
  while (body[at] === 32 || body[at] === 9) at++;
  return at >= body.length || body[at] === LF || (body[at] === CR && (body[at + 1] === LF || at + 1 >= body.length));
}

/** @param {Uint8Array} body @param {number} from @param {number} at */
function endBefore(body, from, at) {
  let end = at;
  if (end > from && body[end - 1] === LF) end--;
  if (end > from && body[end - 1] === CR) end--;
  return end;
}

/**
 * Every part below and including `part`, in document order.
 * @param {Part} part
 * @returns {Generator<Part>}
 */
export function* walk(part) {
  yield part;
  for (const child of part.children) yield* walk(child);
}

