/**
 * Header fields: raw lines kept, values unfolded (RFC 5322 §2.2.3), encoded words (RFC 2047) and parameters with
 * charset and continuations (RFC 2231) decoded on demand.
 */
import { concat, decodeCharset, utf8 } from './bytes.js';
import { decodeBase64, decodeQuotedPrintable } from './transfer.js';
import { LimitError } from './errors.js';

/**
 * @typedef {object} HeaderField
 * @property {string} name as written
 * @property {string} value unfolded, trimmed, encoded words not yet decoded
 * @property {Uint8Array} raw the exact bytes, with the line end
 */

/**
 * @typedef {object} HeaderBlock
 * @property {HeaderField[]} fields in order of appearance
 * @property {number} bodyStart index of the first octet after the empty line
 */

export const MAX_HEADER_BYTES = 256 * 1024;
const NAME = /^[!-9;-~]+$/;

/**
 * Reads the header block at the start of an entity. A line that is no field ends the block if nothing came before
 * it, and is skipped otherwise (what mail programs do with a stray `From ` line).
 * @param {Uint8Array} bytes
 * @param {number} [limit]
 * @returns {HeaderBlock}
 * @throws {LimitError} `headers-too-large`
 */
export function parseHeaders(bytes, limit = MAX_HEADER_BYTES) {
  const fields = [];
  let at = 0;
  while (at < bytes.length) {
    const end = fieldEnd(bytes, at);
    if (end > limit) throw new LimitError('headers-too-large');
    if (isEmptyLine(bytes, at)) return { fields, bodyStart: end };
    const field = readField(bytes.subarray(at, end));
    if (field) fields.push(field);
    else if (at === 0 && !startsWithFrom(bytes)) return { fields, bodyStart: 0 };
    at = end;
  }
  return { fields, bodyStart: bytes.length };
}

/** @param {Uint8Array} bytes @param {number} at */
function isEmptyLine(bytes, at) {
  return bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] === 10);
}

/** @param {Uint8Array} bytes */
function startsWithFrom(bytes) {
  return /^>?From /.test(decodeCharset(bytes.subarray(0, 6)));
}

/**
 * End of the field at `at`: after its line end and those of its continuation lines.
 * @param {Uint8Array} bytes @param {number} at
 */
function fieldEnd(bytes, at) {
  if (isEmptyLine(bytes, at)) return bytes[at] === 10 ? at + 1 : at + 2;
  let end = at;
  do {
    const lf = bytes.indexOf(10, end);
    if (lf < 0) return bytes.length;
    end = lf + 1;
  } while (bytes[end] === 32 || bytes[end] === 9);
  return end;
}

/** @param {Uint8Array} raw @returns {HeaderField | null} */
function readField(raw) {
  const colon = raw.indexOf(58);
  if (colon < 1) return null;
  const name = decodeCharset(raw.subarray(0, colon)).trimEnd();
  if (!NAME.test(name)) return null;
  const value = decodeCharset(raw.subarray(colon + 1)).replace(/\r?\n(?=[ \t])/g, '').trim();
  return { name, value, raw };
}

/**
 * @param {HeaderField[]} fields
 * @param {string} name
 * @returns {HeaderField[]}
 */
export function fieldsNamed(fields, name) {
  const wanted = name.toLowerCase();
  return fields.filter((field) => field.name.toLowerCase() === wanted);
}

/**
 * The value of the first field of that name, or null.
 * @param {HeaderField[]} fields
 * @param {string} name
 */
export function fieldValue(fields, name) {
  return fieldsNamed(fields, name)[0]?.value ?? null;
}

const WORD = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=/g;
const BETWEEN = /(=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?[^?]*\?=)/g;

/**
 * Encoded words decoded; neighbours of one charset are joined before decoding, since senders cut inside characters.
 * @param {string} value
 * @returns {string}
 */
export function decodeWords(value) {
  if (!value.includes('=?')) return value;
  const joined = value.replace(BETWEEN, '$1');
  let run = { charset: '', chunks: /** @type {Uint8Array[]} */ ([]) };
  let out = '';
  let at = 0;
  const flush = () => decodeCharset(concat(run.chunks), run.charset);
  for (const match of joined.matchAll(WORD)) {
    const [whole, name, encoding, text] = match;
    const charset = name.toLowerCase();
    if (match.index > at || run.charset !== charset) {
      out += flush() + joined.slice(at, match.index);
      run = { charset, chunks: [] };
    }
    run.chunks.push(wordBytes(encoding, text));
    at = match.index + whole.length;
  }
  return out + flush() + joined.slice(at);
}

/** @param {string} encoding @param {string} text */
function wordBytes(encoding, text) {
  return encoding.toUpperCase() === 'B' ? decodeBase64(utf8(text)) : decodeQuotedPrintable(utf8(text.replaceAll('_', '=20')));
}

/**
 * @typedef {object} StructuredValue
 * @property {string} value lower-cased
 * @property {Record<string, string>} params names lower-cased, RFC 2231 and RFC 2047 decoded
 */

/** Nobody writes more; sections of one parameter count each (RFC 2231 §3). */
const MAX_PARAMETERS = 128;
const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;

/**
 * A value with parameters: Content-Type, Content-Disposition. The first of two parameters of one name counts.
 * @param {string} value
 * @returns {StructuredValue}
 */
export function parseStructured(value) {
  const semicolon = value.indexOf(';');
  const head = (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [, name, quoted, plain] of value.slice(head ? Math.max(semicolon, 0) : 0).matchAll(PARAMETER)) {
    if (found.size === MAX_PARAMETERS) break;
    const text = quoted === undefined ? withoutComment(plain) : quoted.replace(/\\(.)/g, '$1');
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), text);
  }
  return { value: head, params: joinContinuations(found) };
}

/** @param {string} token a trailing comment is dropped; the length guard keeps the pattern linear */
function withoutComment(token) {
  return token.length > 1000 ? token.trim() : token.replace(/\([^()]*\)\s*$/, '').trim();
}

/**
 * RFC 2231: `name*0*=…; name*1=…` joined in order, percent escapes decoded in the charset of the first section.
 * @param {Map<string, string>} found
 * @returns {Record<string, string>}
 */
function joinContinuations(found) {
  /** @type {Record<string, string>} */
  const params = Object.create(null);
  /** @type {Map<string, {order: number, extended: boolean, text: string}[]>} */
  const sections = new Map();
  for (const [name, text] of found) {
    const match = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(name);
    if (!match) continue;
    const [, base, order, star] = match;
    if (order === undefined && !star) params[base] = decodeWords(text);
    else sections.set(base, [...(sections.get(base) ?? []), { order: Number(order ?? 0), extended: Boolean(star), text }]);
  }
  for (const [base, list] of sections) params[base] = decodeSections(list.sort((a, b) => a.order - b.order));
  return params;
}

/** @param {{extended: boolean, text: string}[]} sections */
function decodeSections(sections) {
  let charset = 'utf-8';
  /** @type {Uint8Array[]} */
  const chunks = [];
  sections.forEach(({ extended, text }, i) => {
    const head = i === 0 && extended ? /^([^']*)'[^']*'/.exec(text) : null;
    if (head) charset = head[1] || charset;
    const rest = head ? text.slice(head[0].length) : text;
    chunks.push(extended ? percentBytes(rest) : utf8(rest));
  });
  return decodeCharset(concat(chunks), charset);
}

/** @param {string} text */
function percentBytes(text) {
  return decodeQuotedPrintable(utf8(text.replaceAll('=', '=3D').replace(/%(?=[0-9a-fA-F]{2})/g, '=')));
}
