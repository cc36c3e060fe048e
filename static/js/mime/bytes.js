/** Byte strings as MIME sees them: octets first, characters only when a charset is known. */

const UTF8 = new TextEncoder();
const LATIN1 = new TextDecoder('latin1');
const STRICT = new TextDecoder('utf-8', { fatal: true }); // a header has a hundred texts, and a decoder keeps nothing of the last

/** @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => UTF8.encode(text);

/**
 * One character per octet. (The "latin1" decoder is windows-1252, which differs only in 0x80-0x9F; use it for
 * what is ASCII by rule.)
 * @param {Uint8Array} bytes
 */
export const ascii = (bytes) => LATIN1.decode(bytes);

/**
 * @param {Uint8Array[]} chunks
 * @returns {Uint8Array}
 */
export function concat(chunks) {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/**
 * Text in a charset named by the sender; an unknown or wrong name falls back to UTF-8, then to windows-1252, so
 * that something legible always comes out.
 * @param {Uint8Array} bytes
 * @param {string} [charset]
 */
export function decodeCharset(bytes, charset) {
  if (charset && !/^(us-ascii|utf-?8)$/i.test(charset)) {
    const decoder = decoderFor(charset);
    if (decoder) return decoder.decode(bytes);
  }
  try {
    return STRICT.decode(bytes);
  } catch {
    return ascii(bytes);
  }
}

/** @param {Uint8Array} bytes */
export function isUtf8(bytes) {
  try {
    STRICT.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether octets without a type are text that somebody can read.
 * @param {Uint8Array} bytes
 */
export function isPlainText(bytes) {
  if (bytes.length > 1_000_000) return false;
  try {
    const text = STRICT.decode(bytes);
    return !/[\u0000-\u0008\u000e-\u001f\u007f]/.test(text);
  } catch {
    return false;
  }
}

/** @param {string} charset */
function decoderFor(charset) {
  try {
    return new TextDecoder(charset.trim());
  } catch {
    return null;
  }
}

/**
 * Lone LF and lone CR made CRLF (RFC 8551 §3.1.1); the same object if nothing had to change.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function canonicalLines(bytes) {
  let lone = 0;
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) if (bytes[i - 1] !== 13) lone++;
  if (lone === 0) return bytes;
  const out = new Uint8Array(bytes.length + lone);
  let from = 0;
  let at = 0;
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) {
    if (bytes[i - 1] === 13) continue;
    out.set(bytes.subarray(from, i), at);
    at += i - from;
    out[at++] = 13;
    from = i;
  }
  out.set(bytes.subarray(from), at);
  return out;
}
