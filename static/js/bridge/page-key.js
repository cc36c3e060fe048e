/**
 * This browser's key for this origin, and the bridges it was paired with, in IndexedDB. The private key cannot leave the
 * browser: a script in the page may use it while it runs, and takes nothing away. Works in pages and in workers.
 */
import { toBase64 } from './base64.js';
import { pointOf } from './handshake.js';
import { BridgeError, CONNECTION_ERRORS } from './messages.js';

/** @typedef {import('./key-schedule.js').Bytes} Bytes */

const DATABASE = 'pli-bridge';
const KEYS = 'keys';
const BRIDGES = 'bridges';
const PAGE_KEY = 'page';
const ECDSA = Object.freeze({ name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' });

/**
 * @typedef {object} Identity what a page is to bridges
 * @property {() => Promise<import('./handshake.js').PageKey>} key
 * @property {() => Promise<string[]>} bridges keys of the bridges it was paired with, base64
 * @property {(bridgeKey: Bytes) => Promise<void>} remember a person compared the digits: this is the bridge
 */

/** The identity kept in the browser. Every method throws BridgeError bridge-no-storage where the browser keeps nothing. @implements {Identity} */
export class StoredIdentity {
  /** @type {Promise<import('./handshake.js').PageKey> | undefined} */ #key;
  #factory;

  /** @param {IDBFactory | undefined} [factory] absent in some private windows */
  constructor(factory = globalThis.indexedDB) {
    this.#factory = factory;
  }

  key() {
    this.#key ??= this.#loadKey();
    this.#key.catch(() => (this.#key = undefined));
    return this.#key;
  }

  bridges() {
    return this.#run('readonly', (keys, bridges) => bridges.getAllKeys());
  }

  /** @param {Bytes} bridgeKey */
  async remember(bridgeKey) {
    await this.#run('readwrite', (keys, bridges) => bridges.put({ since: new Date() }, toBase64(bridgeKey)));
  }

  /** @returns {Promise<import('./handshake.js').PageKey>} */
  async #loadKey() {
    const { privateKey, publicKey } = (await this.#run('readonly', (keys) => keys.get(PAGE_KEY))) ?? (await this.#makeKey());
    return { publicKey, sign: async (message) => new Uint8Array(await crypto.subtle.sign(ECDSA, privateKey, message)) };
  }

  /** Two tabs may both come here: within one transaction the first keeps its key, and the second takes that one. */
  async #makeKey() {
    const pair = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
    const made = { privateKey: pair.privateKey, publicKey: await pointOf(pair.publicKey) };
    await this.#run('readwrite', (keys) => {
      const held = keys.get(PAGE_KEY);
      held.onsuccess = () => held.result ?? keys.put(made, PAGE_KEY);
      return held;
    });
    return this.#run('readonly', (keys) => keys.get(PAGE_KEY));
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(keys: IDBObjectStore, bridges: IDBObjectStore) => IDBRequest} work
   * @returns {Promise<any>} the result of its request, once the transaction is on disk
   */
  async #run(mode, work) {
    try {
      const database = await this.#open();
      try {
        return await committed(database.transaction([KEYS, BRIDGES], mode), work);
      } finally {
        database.close();
      }
    } catch {
      throw new BridgeError(CONNECTION_ERRORS.NO_STORAGE);
    }
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    if (!this.#factory) throw new BridgeError(CONNECTION_ERRORS.NO_STORAGE);
    const request = this.#factory.open(DATABASE, 1);
    request.onupgradeneeded = () => [KEYS, BRIDGES].forEach((name) => request.result.createObjectStore(name));
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }
}

/**
 * @param {IDBTransaction} transaction
 * @param {(keys: IDBObjectStore, bridges: IDBObjectStore) => IDBRequest} work
 * @returns {Promise<any>}
 */
function committed(transaction, work) {
  return new Promise((resolve, reject) => {
    const request = work(transaction.objectStore(KEYS), transaction.objectStore(BRIDGES));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
