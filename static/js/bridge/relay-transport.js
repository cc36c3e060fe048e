/** The other end of a relay window: a MessagePort, where each ArrayBuffer is one frame of the window's socket. */
import { CHANNEL_BROKEN } from './transport.js';

/** The member that marks the words of page and relay window (docs/PROTOCOL.md). */
export const WORD = 'pli-relay';

/**
 * @param {MessagePort} port whose window has said that its socket is open
 * @param {() => void} [ended] the window has done its work: each serves one connection
 * @returns {import('./transport.js').Transport}
 */
export function overPort(port, ended = () => {}) {
  let open = true;
  const end = () => {
    if (!open) return;
    open = false;
    port.close();
    ended();
    transport.onclose?.();
  };
  const close = () => {
    port.postMessage({ [WORD]: 'close' });
    end();
  };
  /** @type {import('./transport.js').Transport} */
  const transport = { send: (bytes) => port.postMessage(frameOf(bytes)), close, onmessage: null, onclose: null };
  port.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) transport.onmessage?.(new Uint8Array(data));
    else if (data?.[WORD] === 'closed') end();
    else transport.close(CHANNEL_BROKEN);
  };
  return transport;
}

/** A message as a buffer of its own: a view would bring along all it looks at. @param {Uint8Array<ArrayBuffer>} bytes */
function frameOf(bytes) {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
