/**
 * A way to one bridge: whole binary messages in both directions. `connection.js` makes one of a loopback socket and
 * `relay.js` one of a relay window; the secure channel runs inside either, so none of them has to be trusted.
 */

/**
 * @typedef {object} Transport open when handed over; whoever takes it sets both callbacks in the same turn
 * @property {(bytes: Uint8Array<ArrayBuffer>) => void} send one message
 * @property {(code?: number) => void} close ends it; `onclose` follows. Codes a browser may send: 1000, 3000 to 4999
 * @property {((bytes: Uint8Array<ArrayBuffer>) => void) | null} onmessage one whole message
 * @property {(() => void) | null} onclose once: the bridge is gone, or said something that is no binary message
 */

/** Close code of a page that met a broken channel: the 1008 that only servers may send. */
export const CHANNEL_BROKEN = 4008;

/** @param {WebSocket} socket open @returns {Transport} */
export function overSocket(socket) {
  socket.binaryType = 'arraybuffer';
  /** @type {Transport} */
  const transport = {
    send: (bytes) => socket.send(bytes),
    close: (code) => socket.close(code),
    onmessage: null,
    onclose: null,
  };
  socket.onmessage = ({ data }) => (data instanceof ArrayBuffer ? transport.onmessage?.(new Uint8Array(data)) : socket.close(CHANNEL_BROKEN));
  socket.onclose = () => transport.onclose?.();
  return transport;
}
