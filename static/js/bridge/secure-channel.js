/**
 * The sealed frames of one transport, after the handshake: AES-256-GCM under a counter for each direction. A frame that
 * does not open is the end: nothing after it is believed, even if it would open (docs/PROTOCOL.md, *Channel*).
 */
import { BridgeError, CONNECTION_ERRORS } from './messages.js';

/** @typedef {import('./key-schedule.js').Bytes} Bytes */

const NONCE_BYTES = 12;

/** One end. Both directions keep their order, however long the engine takes over a frame. */
export class SecureChannel {
  #sending;
  #receiving;
  #sent = 0;
  #received = 0;
  #failed = false;
  /** @type {Promise<unknown>} */ #lastSealed = Promise.resolve();
  /** @type {Promise<unknown>} */ #lastOpened = Promise.resolve();

  /**
   * @param {CryptoKey} sending AES-GCM, encrypt
   * @param {CryptoKey} receiving AES-GCM, decrypt
   */
  constructor(sending, receiving) {
    this.#sending = sending;
    this.#receiving = receiving;
  }

  /**
   * @param {Bytes} sending 32 bytes
   * @param {Bytes} receiving
   */
  static async of(sending, receiving) {
    const imported = [imports(sending, 'encrypt'), imports(receiving, 'decrypt')];
    const [encrypting, decrypting] = await Promise.all(imported);
    return new SecureChannel(encrypting, decrypting);
  }

  /**
   * @param {Bytes} message
   * @returns {Promise<Bytes>} the next frame; frames come in the order of the calls
   */
  seal(message) {
    const sealing = crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce(this.#sent++) }, this.#sending, message);
    const frame = Promise.all([sealing, this.#lastSealed]).then(([sealed]) => new Uint8Array(sealed));
    this.#lastSealed = frame;
    return frame;
  }

  /**
   * @param {Bytes} frame
   * @returns {Promise<Bytes>} the message of the next frame, in the order of the calls
   * @throws {BridgeError} bridge-lost, for this frame and all after it
   */
  open(frame) {
    const opening = crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce(this.#received++) }, this.#receiving, frame);
    const message = Promise.all([opening, this.#lastOpened]).then(([opened]) => new Uint8Array(opened)).catch(() => this.#fail());
    this.#lastOpened = message;
    return message;
  }

  /** @returns {never} */
  #fail() {
    this.#failed = true;
    throw new BridgeError(CONNECTION_ERRORS.LOST, 'A frame of the bridge does not open');
  }

  /** Whether a frame did not open: the transport must end. */
  get failed() {
    return this.#failed;
  }
}

/** @param {Bytes} key @param {KeyUsage} usage */
function imports(key, usage) {
  return crypto.subtle.importKey('raw', key, 'AES-GCM', false, [usage]);
}

/** Four zero bytes and the counter. @param {number} count */
function nonce(count) {
  const bytes = new Uint8Array(NONCE_BYTES);
  new DataView(bytes.buffer).setBigUint64(4, BigInt(count));
  return bytes;
}
