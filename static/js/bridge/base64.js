/** Standard base64 with padding, by the engine itself where it can. */

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Characters per String.fromCharCode call, below every engine's limit of arguments; a multiple of 3. */
const SLICE = 0x6000;

/** @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  const native = /** @type {any} */ (bytes).toBase64;
  if (native) return native.call(bytes);
  const parts = [];
  for (let offset = 0; offset < bytes.length; offset += SLICE) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(offset, offset + SLICE))));
  }
  return parts.join('');
}

/** URL-safe and unpadded, as WebAuthn's JSON forms have it. @param {string} text */
export function fromBase64Url(text) {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
}

/** @param {Uint8Array} bytes */
export function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
