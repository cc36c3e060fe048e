/** Content transfer encodings, RFC 2045 §6: base64 and quoted-printable, both ways, on octets. */

import { ascii } from './bytes.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SYMBOLS = Uint8Array.from(ALPHABET, (c) => c.charCodeAt(0));
const VALUES = new Uint8Array(256).fill(255);
SYMBOLS.forEach((symbol, value) => (VALUES[symbol] = value));
const PAD = 61;
const LINE = 57; // octets that make 76 characters

/** Octets made a string at once for the engine's decoder: enough to be fast, too few to matter in memory. */
const CHUNK = 1 << 18;

/**
 * Base64 as mail carries it: what is outside the alphabet is skipped, the first padding ends it.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function decodeBase64(bytes) {
  const out = new Uint8Array(Math.floor((bytes.length * 3) / 4) + 3);
  const { read, written } = 'setFromBase64' in out ? decodeNatively(bytes, out) : { read: 0, written: 0 };
  return out.subarray(0, written + decodeLeniently(bytes.subarray(read), out.subarray(written)));
}

/**
 * The engine's own decoder, where there is one, over as much as is plain base64 and white space.
 * @param {Uint8Array} bytes @param {any} out
 * @returns {{read: number, written: number}}
 */
function decodeNatively(bytes, out) {
  let [read, written] = [0, 0];
  try {
    while (read < bytes.length) {
      const chunk = ascii(bytes.subarray(read, read + CHUNK));
      const done = out.subarray(written).setFromBase64(chunk, { lastChunkHandling: 'stop-before-partial' });
      written += done.written;
      read += done.read;
      if (chunk.includes('=')) return { read: bytes.length, written };
      if (done.read === 0) break;
    }
  } catch {
    // Something else than base64: the other decoder takes over where the last whole chunk ended.
  }
  return { read, written };
}

/** @param {Uint8Array} bytes @param {Uint8Array} out @returns {number} octets written */
function decodeLeniently(bytes, out) {
  let at = 0;
  let quantum = 0;
  let filled = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (filled === 0) {
      const value = quantumAt(bytes, i);
      if (value >= 0) {
        out[at++] = value >> 16;
        out[at++] = value >> 8;
        out[at++] = value;
        i += 3;
        continue;
      }
    }
    const value = VALUES[bytes[i]];
    if (value === 255) {
      if (bytes[i] === PAD) break;
      continue;
    }
    quantum = (quantum << 6) | value;
    if (++filled === 4) {
      out[at++] = quantum >> 16;
      out[at++] = quantum >> 8;
      out[at++] = quantum;
      quantum = filled = 0;
    }
  }
  if (filled === 3) {
    out[at++] = quantum >> 10;
    out[at++] = quantum >> 2;
  } else if (filled === 2) out[at++] = quantum >> 4;
  return at;
}

/** Four characters of the alphabet in a row, or -1. @param {Uint8Array} bytes @param {number} i */
function quantumAt(bytes, i) {
  if (i + 3 >= bytes.length) return -1;
  const a = VALUES[bytes[i]];
  const b = VALUES[bytes[i + 1]];
  const c = VALUES[bytes[i + 2]];
  const d = VALUES[bytes[i + 3]];
  return (a | b | c | d) < 64 ? (a << 18) | (b << 12) | (c << 6) | d : -1;
}

/**
 * Base64 in lines of 76 characters, each ended by CRLF.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} [head] octets to stand before it: what is large is then written once
 * @returns {Uint8Array}
 */
export function encodeBase64(bytes, head = new Uint8Array()) {
  const lines = Math.ceil(bytes.length / LINE);
  const out = new Uint8Array(head.length + Math.ceil(bytes.length / 3) * 4 + lines * 2);
  out.set(head);
  let at = head.length;
  for (let line = 0; line < lines; line++) {
    at = encodeLine(bytes, line * LINE, Math.min(bytes.length, (line + 1) * LINE), out, at);
    out[at++] = 13;
    out[at++] = 10;
  }
  return out;
}

/**
 * @param {Uint8Array} bytes @param {number} from @param {number} to
 * @param {Uint8Array} out @param {number} at
 */
function encodeLine(bytes, from, to, out, at) {
  for (let i = from; i < to; i += 3) {
    const left = to - i;
    const quantum = (bytes[i] << 16) | ((left > 1 ? bytes[i + 1] : 0) << 8) | (left > 2 ? bytes[i + 2] : 0);
    out[at++] = SYMBOLS[quantum >> 18];
    out[at++] = SYMBOLS[(quantum >> 12) & 63];
    out[at++] = left > 1 ? SYMBOLS[(quantum >> 6) & 63] : PAD;
    out[at++] = left > 2 ? SYMBOLS[quantum & 63] : PAD;
  }
  return at;
}

/**
 * Quoted-printable, tolerant as RFC 2045 §6.7 asks: lower-case digits pass, a broken escape stays as it is, white
 * space before a line end is dropped.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function decodeQuotedPrintable(bytes) {
  const out = new Uint8Array(bytes.length);
  let at = 0;
  let solid = 0; // `at` after the last octet that is not trailing white space
  for (let i = 0; i < bytes.length; i++) {
    const octet = bytes[i];
    if (octet === PAD) {
      const next = softBreak(bytes, i + 1);
      const value = next < 0 ? hex(bytes, i + 1) : -1;
      if (next >= 0) i = next;
      else if (value >= 0) {
        out[at++] = value;
        i += 2;
      } else out[at++] = octet;
      solid = at;
    } else if (octet === 10 || (octet === 13 && bytes[i + 1] === 10)) {
      at = solid;
      out[at++] = octet;
      if (octet === 13) out[at++] = bytes[++i];
      solid = at;
    } else {
      out[at++] = octet;
      if (octet !== 32 && octet !== 9) solid = at;
    }
  }
  return out.subarray(0, at);
}

/**
 * Index of the LF that ends a soft line break starting at `i`, or -1.
 * @param {Uint8Array} bytes @param {number} i
 */
function softBreak(bytes, i) {
  while (bytes[i] === 32 || bytes[i] === 9) i++;
  if (bytes[i] === 13) i++;
  return bytes[i] === 10 || i >= bytes.length ? i : -1;
}

/** @param {number} octet @returns {number} -1 for what is no digit */
function hexDigit(octet) {
  if (octet >= 48 && octet <= 57) return octet - 48;
  const letter = octet | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** @param {Uint8Array} bytes @param {number} i */
function hex(bytes, i) {
  if (i + 1 >= bytes.length) return -1;
  const [high, low] = [hexDigit(bytes[i]), hexDigit(bytes[i + 1])];
  return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/**
 * Quoted-printable of canonical text: lines end in CRLF, no line is over 76, trailing white space is escaped, and so
 * is a leading dot or `From ` that relays might change (RFC 8551 §3.1.3 wants 7-bit that survives).
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encodeQuotedPrintable(bytes) {
  const lines = [];
  let from = 0;
  for (;;) {
    const end = bytes.indexOf(10, from);
    const stop = end < 0 ? bytes.length : end;
    lines.push(quotedLine(bytes.subarray(from, bytes[stop - 1] === 13 && end >= 0 ? stop - 1 : stop)));
    if (end < 0) return lines.join('\r\n');
    from = end + 1;
  }
}

/** @param {Uint8Array} line */
function quotedLine(line) {
  let text = '';
  let width = 0;
  line.forEach((octet, i) => {
    const last = i === line.length - 1;
    const space = octet === 32 || octet === 9;
    const first = i === 0 && (octet === 46 || octet === 70);
    const plain = (octet > 32 && octet < 127 && octet !== PAD && !first) || (space && !last);
    const symbol = plain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    if (width + symbol.length > 75) {
      text += '=\r\n';
      width = 0;
    }
    text += symbol;
    width += symbol.length;
  });
  return text;
}
