// Addresses of decrypted bytes in this browser's memory. Whoever locks the mailbox forgets them all at once: an address that
// lives keeps its bytes alive.

/** @type {Set<string>} */
const living = new Set();

/** @param {Uint8Array} bytes @param {string} type @returns {string} a blob: address */
export function blobUrl(bytes, type) {
  const url = URL.createObjectURL(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type }));
  living.add(url);
  return url;
}

/** @param {string} url */
export function forgetBlob(url) {
  URL.revokeObjectURL(url);
  living.delete(url);
}

export function forgetBlobs() {
  for (const url of living) forgetBlob(url);
}
