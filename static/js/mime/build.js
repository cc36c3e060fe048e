/**
 * MIME entities ready to be signed: canonical CRLF, 7-bit only (quoted-printable or base64), fields folded, so that
 * no relay has a reason to change an octet (RFC 8551 §3.1).
 */
import { canonicalLines, concat, isUtf8, utf8 } from './bytes.js';
import { encodeBase64, encodeQuotedPrintable } from './transfer.js';

/** @typedef {import('./address.js').Mailbox} Mailbox */
/** @typedef {{fields: string[], body: Uint8Array | Uint8Array[]}} Entity `fields`: folded, without the final line end; a body in pieces is joined once */

const CRLF = utf8('\r\n');
const CR = 13;
const LF = 10;
const MAX_LINE = 998; // octets of a line without its end (RFC 5322 §2.1.1)
const WORD_BYTES = 45; // octets that make an encoded word of at most 75 characters
const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`{|}~]+$/; // RFC 2045
const ATOM = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+$/;
const ADDRESS = /^[^\s<>(),;:"\\@\u0000-\u001f\u007f]+@[^\s<>(),;:"\\@\u0000-\u001f\u007f]+$/;

/**
 * @param {Entity} entity
 * @returns {Uint8Array}
 */
export function serialise(entity) {
  return concat(pieces(entity));
}

/** @param {Entity} entity @returns {Uint8Array[]} its octets, with nothing copied */
export function pieces({ fields, body }) {
  return [utf8(fields.map((line) => `${line}\r\n`).join('')), CRLF, ...[body].flat()];
}

/**
 * An unstructured field such as Subject.
 * @param {string} name
 * @param {string} value
 * @returns {string}
 */
export function textField(name, value) {
  const clean = value.replace(/[\r\n\0]+/g, ' ');
  return fold(`${name}: ${isPlain(clean) ? clean : encodedWords(clean)}`);
}

/**
 * @param {string} name
 * @param {Mailbox[]} mailboxes
 * @returns {string}
 * @throws {TypeError} an address that could break out of its field
 */
export function addressField(name, mailboxes) {
  return fold(`${name}: ${mailboxes.map(writeMailbox).join(', ')}`);
}

/** @param {Mailbox} mailbox */
function writeMailbox({ name, address }) {
  if (!ADDRESS.test(address)) throw new TypeError('not an address');
  return name ? `${phrase(name.replace(/[\r\n\0]+/g, ' '))} <${address}>` : address;
}

/** @param {string} name */
function phrase(name) {
  if (!isPlain(name)) return encodedWords(name);
  return name.split(' ').every((word) => ATOM.test(word)) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * A structured value with parameters; what is not plain ASCII goes by RFC 2231.
 * @param {string} name
 * @param {string} value
 * @param {Record<string, string>} params
 * @returns {string}
 */
export function structuredField(name, value, params) {
  return fold([`${name}: ${value}`, ...Object.entries(params).map(([key, text]) => parameter(key, text))].join('; '));
}

/** @param {string} key @param {string} text */
function parameter(key, text) {
  if (isPlain(text) && text.length < 60) return TOKEN.test(text) ? `${key}=${text}` : `${key}="${text.replace(/["\\]/g, '\\$&')}"`;
  const octets = [...utf8(text)].map((octet) => (isAttributeChar(octet) ? String.fromCharCode(octet) : percent(octet)));
  const sections = [''];
  for (const octet of octets) {
    if (sections[sections.length - 1].length > 50) sections.push('');
    sections[sections.length - 1] += octet;
  }
  if (sections.length === 1) return `${key}*=utf-8''${sections[0]}`;
  return sections.map((section, i) => `${key}*${i}*=${i ? '' : "utf-8''"}${section}`).join('; ');
}

/** @param {number} octet RFC 5987 attr-char */
const isAttributeChar = (octet) => /[A-Za-z0-9!#$&+.^_`|~-]/.test(String.fromCharCode(octet)) && octet < 127;
/** @param {number} octet */
const percent = (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;

/** @param {string} text printable ASCII, nothing that reads as an encoded word, no line that cannot be folded */
function isPlain(text) {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes('=?') && !/\S{900}/.test(text) && text === text.trim();
}

/** @param {string} text RFC 2047, base64 of UTF-8, cut between characters */
function encodedWords(text) {
  const words = [];
  let word = '';
  for (const letter of text) {
    if (utf8(word + letter).length > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += letter;
  }
  return [...words, word].map((part) => `=?utf-8?B?${base64Text(utf8(part))}?=`).join(' ');
}

/** @param {Uint8Array} bytes */
const base64Text = (bytes) => btoa(String.fromCharCode(...bytes));

/** @param {string} line folded before the 78th column where there is a space outside the field name */
function fold(line) {
  const words = line.split(' ');
  let out = words[0];
  let width = out.length;
  for (const word of words.slice(1)) {
    const breaks = width + 1 + word.length > 76 && width > 1 && word !== '';
    out += (breaks ? '\r\n ' : ' ') + word;
    width = breaks ? word.length + 1 : width + 1 + word.length;
  }
  return out;
}

/**
 * @param {string} text
 * @param {Record<string, string>} [params] more Content-Type parameters
 * @returns {Entity}
 */
export function textEntity(text, params = {}) {
  const lines = canonicalLines(utf8(text.replace(/\r\n?/g, '\n')));
  return {
    fields: [structuredField('Content-Type', 'text/plain', { charset: 'utf-8', ...params }), 'Content-Transfer-Encoding: quoted-printable'],
    body: utf8(`${encodeQuotedPrintable(lines)}\r\n`),
  };
}

/**
 * @param {{filename: string, type: string, bytes: Uint8Array}} attachment
 * @returns {Entity}
 */
export function attachmentEntity({ filename, type, bytes }) {
  return /^message\/rfc822$/i.test(type) && isMailLines(bytes) ? messageEntity(filename, bytes) : fileEntity(filename, type, bytes);
}

/** Whether these are lines as every relay carries them: 7-bit, ended by CRLF, none too long. @param {Uint8Array} bytes */
function isMailLines(bytes) {
  for (let at = 0, line = 0; at < bytes.length; at++, line++) {
    const octet = bytes[at];
    if (octet === CR && bytes[at + 1] === LF) {
      at += 1;
      line = -1;
    } else if (octet === 0 || octet === CR || octet === LF || octet > 127 || line >= MAX_LINE) return false;
  }
  return true;
}

/**
 * A message as it is, to the octet: base64 is not allowed for it (RFC 2046 §5.2.1), and what is signed in it stays what was signed.
 * @param {string} filename @param {Uint8Array} bytes @returns {Entity}
 */
const messageEntity = (filename, bytes) => ({
  fields: [structuredField('Content-Type', 'message/rfc822', { name: filename }), structuredField('Content-Disposition', 'attachment', { filename }), 'Content-Transfer-Encoding: 7bit'],
  body: bytes,
});

/** @param {string} filename @param {string} type @param {Uint8Array} bytes @returns {Entity} */
function fileEntity(filename, type, bytes) {
  const plain = /^[\w.+-]+\/[\w.+-]+$/.test(type) && !/^(multipart|message)\//i.test(type) ? type : 'application/octet-stream';
  return {
    fields: [
      structuredField('Content-Type', plain, { ...charsetOf(plain, bytes), name: filename }),
      structuredField('Content-Disposition', 'attachment', { filename }),
      'Content-Transfer-Encoding: base64',
    ],
    body: encodeBase64(bytes),
  };
}

/**
 * Without a charset a text means US-ASCII (RFC 2046 §4.1.2), and peers show each accent as damage.
 * @param {string} type
 * @param {Uint8Array} bytes
 * @returns {Record<string, string>}
 */
function charsetOf(type, bytes) {
  return /^text\//i.test(type) && isUtf8(bytes) ? { charset: 'utf-8' } : {};
}

/**
 * @param {string} type such as `multipart/mixed`
 * @param {(Uint8Array | Uint8Array[])[]} parts serialised entities, kept to the octet
 * @param {Record<string, string>} [params]
 * @returns {Entity}
 */
export function multipartEntity(type, parts, params = {}) {
  const boundary = freshBoundary();
  const open = utf8(`--${boundary}\r\n`);
  const chunks = parts.flatMap((part) => [open, ...[part].flat(), CRLF]);
  return { fields: [structuredField('Content-Type', type, { ...params, boundary })], body: [...chunks, utf8(`--${boundary}--\r\n`)] };
}

/** 128 random bits after `=_`, which neither quoted-printable nor base64 can contain. */
function freshBoundary() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `=_${Array.from(random, (octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}

/** @param {Date} date @returns {string} RFC 5322 date-time in UTC */
export function dateValue(date) {
  return date.toUTCString().replace('GMT', '+0000');
}
