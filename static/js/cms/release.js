/**
 * Memory of large contents, given back when they are not needed any more instead of when the engine finds the time: a
 * worker that has finished allocates nothing, so nothing makes it collect what it left.
 * @module
 */

/** Below this the engine's own way is good enough. */
const LARGE = 1 << 20;

/**
 * Takes the octets away from everybody who holds them; where the engine cannot (before ArrayBuffer.transfer), nothing happens.
 * @param {Uint8Array} bytes of a buffer of their own, which nobody else reads any more
 */
export function release(bytes) {
  const buffer = /** @type {ArrayBuffer & {transfer?: (length: number) => ArrayBuffer}} */ (bytes.buffer);
  if (buffer.byteLength >= LARGE) buffer.transfer?.(0);
}
