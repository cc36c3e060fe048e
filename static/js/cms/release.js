/**
 * Memory of large contents, given back when they are not needed any more instead of when the engine finds the time: a
 * worker that has finished allocates nothing, so nothing makes it collect what it left.
 * @module
 */

/** Below this the engine's own way is good enough. */
const LARGE = 1 << 20;

/**
 * Takes the octets away from everybody who holds them, by sending them where nobody listens. `ArrayBuffer.transfer(0)` would
 * not do: what the browser made itself, or has once seen (a download, anything of WebCrypto), it keeps until it collects.
 * @param {Uint8Array} bytes of a buffer of their own, which nobody else reads any more
 */
export function release(bytes) {
  if (bytes.buffer.byteLength < LARGE) return;
  const { port1: here, port2: nowhere } = new MessageChannel();
  nowhere.close();
  here.postMessage(null, [/** @type {ArrayBuffer} */ (bytes.buffer)]);
  here.close();
}
