/** What the secure channel hashes and derives (docs/PROTOCOL.md, *Channel*): transcripts, keys, digits. */

export const HELLO = 'pli-bridge.1';
export const COMMITMENT = 'pli-bridge.1 commitment';
export const BRIDGE = 'pli-bridge.1 bridge';
export const PAGE = 'pli-bridge.1 page';
export const HANDSHAKE_BRIDGE = 'pli-bridge.1 handshake bridge';
export const HANDSHAKE_PAGE = 'pli-bridge.1 handshake page';
export const TO_PAGE = 'pli-bridge.1 to page';
export const TO_BRIDGE = 'pli-bridge.1 to bridge';
export const DIGITS = 'pli-bridge.1 digits';

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const KEY_BYTES = 32;
const DIGIT_BYTES = 8;
const encoder = new TextEncoder();

/**
 * SHA-256 over the parts, each after its length in four bytes: no two lists of parts hash alike.
 * @param {...(Uint8Array | string)} parts
 * @returns {Promise<Bytes>}
 */
export async function transcript(...parts) {
  const encoded = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part));
  const hashed = new Uint8Array(encoded.reduce((total, part) => total + 4 + part.length, 0));
  let offset = 0;
  for (const part of encoded) {
    new DataView(hashed.buffer).setUint32(offset, part.length);
    hashed.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', hashed));
}

/**
 * HKDF-SHA256 (RFC 5869).
 * @param {Bytes} secret
 * @param {Bytes} salt empty for none
 * @param {string} info
 * @param {number} [size]
 * @returns {Promise<Bytes>}
 */
export async function derive(secret, salt, info, size = KEY_BYTES) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info: encoder.encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, size * 8));
}

/**
 * The six digits both sides show, from T2 and what the page had committed to.
 * @param {Bytes} proven
 * @param {Bytes} nonce
 * @param {Bytes} pageKey
 */
export async function digitsOf(proven, nonce, pageKey) {
  const drawn = await derive(await transcript(proven, nonce, pageKey), new Uint8Array(), DIGITS, DIGIT_BYTES);
  const number = new DataView(drawn.buffer).getBigUint64(0) % 1_000_000n;
  const text = number.toString().padStart(6, '0');
  return `${text.slice(0, 3)} ${text.slice(3)}`;
}
