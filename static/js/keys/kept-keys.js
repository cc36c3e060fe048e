/**
 * The octets of opened keys, for the few acts that need them again: another grant, a new epoch. They lie encrypted under a key
 * that cannot be exported, and in the clear only while such an act lasts.
 * @module
 */
import { decodeHistory, encodeHistory } from './formats.js';
import { epochsOf, ringOf } from './history.js';

/** @typedef {import('./history.js').Keyring} Keyring */

export class KeptKeys {
  #key;
  #iv;
  #sealed;

  /** @param {CryptoKey} key @param {Uint8Array<ArrayBuffer>} iv @param {ArrayBuffer} sealed */
  constructor(key, iv, sealed) {
    this.#key = key;
    this.#iv = iv;
    this.#sealed = sealed;
  }

  /** @param {Keyring} ring @returns {Promise<KeptKeys>} */
  static async keep(ring) {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const content = encodeHistory(epochsOf(ring));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, content);
    content.fill(0);
    return new KeptKeys(key, iv, sealed);
  }

  /**
   * @template T
   * @param {(ring: Keyring) => Promise<T>} act its octets are wiped when it ends
   * @returns {Promise<T>}
   */
  async during(act) {
    const content = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: this.#iv }, this.#key, this.#sealed));
    const ring = ringOf(decodeHistory(content));
    content.fill(0);
    try {
      return await act(ring);
    } finally {
      for (const { encryptionKey, signatureKey, storageKey, confidentialKey } of ring.values()) {
        for (const secret of [encryptionKey, signatureKey, storageKey, confidentialKey]) secret?.fill(0);
      }
    }
  }
}
