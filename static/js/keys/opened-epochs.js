/**
 * The keys of every epoch that one grant opens. Whatever lies under an object key or a wrapped key names its epoch; without a
 * name it is the current one.
 * @module
 */
import { rejectionKey } from '../cms/rsa.js';
import { KeyError } from './errors.js';
import { KeptKeys } from './kept-keys.js';
import { contentCipher, importMailboxKeys, wipe } from './opened-keys.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('./agent.js').ObjectName} ObjectName */
/** @typedef {import('./agent.js').WrappedKey} WrappedKey */
/** @typedef {import('./opened-keys.js').OpenedKeys} OpenedKeys */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {import('./genesis.js').MailboxCertificates} MailboxCertificates */

const MAX_OBJECT_KEYS = 256;
const MAX_UNWRAPS = 64;

/**
 * Imports every epoch as non-extractable keys, keeps their octets asleep for later acts, and wipes those given.
 * @param {number} epoch of the grant @param {MailboxKeys} keys @param {MailboxCertificates} certificates
 * @param {Map<number, MailboxKeys>} [older]
 * @returns {Promise<OpenedEpochs>}
 */
export async function openEpochs(epoch, keys, certificates, older = new Map()) {
  const all = /** @type {[number, MailboxKeys][]} */ ([[epoch, keys], ...older]);
  const imported = await Promise.all(all.map(async ([each, secrets]) => {
    const opened = await importMailboxKeys(secrets, each === epoch ? certificates : null);
    return /** @type {[number, OpenedKeys]} */ ([each, opened]);
  }));
  const kept = await KeptKeys.keep(new Map(all));
  for (const [, secrets] of all) wipe(secrets);
  return new OpenedEpochs(epoch, new Map(imported), kept);
}

export class OpenedEpochs {
  #byEpoch;
  /** Of implicit rejection, where there is no key to ask. */
  #secret = crypto.getRandomValues(new Uint8Array(32));

  /** @param {number} epoch the one of the grant @param {Map<number, OpenedKeys>} byEpoch @param {KeptKeys} kept all of them */
  constructor(epoch, byEpoch, kept) {
    this.epoch = epoch;
    this.kept = kept;
    this.#byEpoch = byEpoch;
  }

  /** Those that open, the newest first. */
  get epochs() {
    return [...this.#byEpoch.keys()].sort((one, other) => other - one);
  }

  /** Of the current epoch: nothing is signed with an older key. */
  get current() {
    return /** @type {OpenedKeys} */ (this.#byEpoch.get(this.epoch));
  }

  /**
   * @param {ObjectName[]} items
   * @returns {Promise<CryptoKey[]>}
   * @throws {KeyError} KEY_USE_DENIED, reason epoch
   */
  async objectKeys(items) {
    const keys = items.map(({ epoch = this.epoch }) => this.#byEpoch.get(epoch));
    if (items.length > MAX_OBJECT_KEYS) throw new KeyError('INVALID_PARAMS');
    if (keys.includes(undefined)) throw new KeyError('KEY_USE_DENIED', { reason: 'epoch' });
    return Promise.all(items.map((item, index) => /** @type {OpenedKeys} */ (keys[index]).objectKey(item)));
  }

  /**
   * One CEK-shaped answer per item; one of an epoch that does not open is answered as any other that does not.
   * @param {'message' | 'summary'} keyClass @param {WrappedKey[]} items
   * @returns {Promise<Bytes[]>}
   */
  async unwrap(keyClass, items) {
    if (items.length > MAX_UNWRAPS) throw new KeyError('INVALID_PARAMS');
    return Promise.all(items.map((item) => {
      const keys = this.#byEpoch.get(item.epoch ?? this.epoch);
      return keys ? keys.unwrapOne(keyClass, item) : this.#rejected(item);
    }));
  }

  /** @param {WrappedKey} item */
  #rejected({ recipientInfo, contentAlgorithm }) {
    return rejectionKey(this.#secret, recipientInfo, contentCipher(contentAlgorithm).keyLength);
  }
}
