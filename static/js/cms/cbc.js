/**
 * Cipher block chaining (SP 800-38A §6.2), decryption only, for block ciphers WebCrypto has not.
 * @module
 */
import { DecryptionError } from './errors.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {{words: number, decryptBlock: (block: Uint32Array) => void}} BlockCipher a block is so many words, big endian, decrypted in place */

/**
 * Every block, padding included.
 * @param {BlockCipher} cipher @param {Uint8Array} iv @param {Uint8Array} content whole blocks
 * @returns {Bytes}
 * @throws {DecryptionError}
 */
export function decryptBlocks({ words, decryptBlock }, iv, content) {
  const size = 4 * words;
  if (content.length === 0 || content.length % size || iv.length !== size) throw new DecryptionError();
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const output = new Uint8Array(content.length);
  const out = new DataView(output.buffer);
  const before = Uint32Array.from({ length: words }, (_, i) => new DataView(iv.buffer, iv.byteOffset).getUint32(4 * i));
  const block = new Uint32Array(words);
  for (let at = 0; at < content.length; at += size) {
    for (let i = 0; i < words; i++) block[i] = view.getUint32(at + 4 * i);
    decryptBlock(block);
    for (let i = 0; i < words; i++) out.setUint32(at + 4 * i, block[i] ^ before[i]);
    for (let i = 0; i < words; i++) before[i] = view.getUint32(at + 4 * i);
  }
  return output;
}

/**
 * The content, without its padding (RFC 5652 §6.3).
 * @param {BlockCipher} cipher @param {Uint8Array} iv @param {Uint8Array} content
 * @returns {Bytes} a view
 * @throws {DecryptionError}
 */
export function decryptPadded(cipher, iv, content) {
  const output = decryptBlocks(cipher, iv, content);
  const count = output[output.length - 1];
  if (count < 1 || count > 4 * cipher.words || output.subarray(-count).some((octet) => octet !== count)) throw new DecryptionError();
  return output.subarray(0, -count);
}
