/**
 * AES key wrap (RFC 3394, RFC 3565) by WebCrypto, on keys held as bytes.
 * @module
 */
import { unwrapKey192 } from './aes192.js';
import { DecryptionError } from './errors.js';
import { unshared } from './octets.js';

/** @typedef {import('./octets.js').Bytes} Bytes */

// WebCrypto wraps keys only, never bytes; an HMAC key is the one kind that may have any length.
const ANY_KEY = Object.freeze({ name: 'HMAC', hash: 'SHA-256' });

/** @param {Uint8Array} kek @param {KeyUsage} usage */
const importKek = (kek, usage) => crypto.subtle.importKey('raw', unshared(kek), 'AES-KW', false, [usage]);

/** @param {Uint8Array} kek 16, 24 or 32 bytes @param {Uint8Array} key @returns {Promise<Bytes>} */
export async function wrapKey(kek, key) {
  const content = await crypto.subtle.importKey('raw', unshared(key), ANY_KEY, true, ['sign']);
  return new Uint8Array(await crypto.subtle.wrapKey('raw', content, await importKek(kek, 'wrapKey'), 'AES-KW'));
}

/**
 * @param {Uint8Array} kek @param {Uint8Array} wrapped @returns {Promise<Bytes>}
 * @throws {DecryptionError} wrong key or altered bytes
 */
export async function unwrapKey(kek, wrapped) {
  try {
    const importing = importKek(kek, 'unwrapKey');
    const unwrapping = await (kek.length === 24 ? importing.catch(() => null) : importing);
    if (!unwrapping) return unwrapKey192(kek, wrapped);
    const key = await crypto.subtle.unwrapKey('raw', unshared(wrapped), unwrapping, 'AES-KW', ANY_KEY, true, ['sign']);
    return new Uint8Array(await crypto.subtle.exportKey('raw', key));
  } catch {
    throw new DecryptionError();
  }
}
