/**
 * Sealed objects on the server: read with the rollback check, written by compare-and-set (docs/API.md, SealedObject).
 * Sealing and opening happen in the crypto worker; here is only what the server sees.
 */
import { ApiError, outcome } from './api.js';

/** @typedef {import('../keys/agent.js').ObjectClass} ObjectClass */

/**
 * @typedef {object} ObjectRecord what the server keeps of one object
 * @property {string} id
 * @property {ObjectClass} class
 * @property {number} version
 * @property {number} epoch
 * @property {number} size
 * @property {string} blobId
 * @property {string} updatedAt
 */

/**
 * @typedef {object} SealedVersion one version ready to be stored
 * @property {ObjectClass} class
 * @property {string} id
 * @property {number} version
 * @property {number} epoch
 * @property {Uint8Array} bytes
 * @property {string[]} [messageIds] of a pack
 * @property {boolean} [resealed] its content is the former version's
 */

/**
 * @typedef {object} Sealer what the crypto worker does for this module
 * @property {(name: {class: ObjectClass, id: string, version: number}, content: any) => Promise<{epoch: number, bytes: Uint8Array<ArrayBuffer>}>} seal
 * @property {(name: {class: ObjectClass, id: string}) => Promise<void>} prepare fetches the key now
 * @property {(name: {class: ObjectClass, id: string, version: number, epoch: number}, bytes: Uint8Array<ArrayBuffer>) => Promise<any>} open
 */

/** Meetings with another writer before giving up. */
const MAX_MEETINGS = 4;

export class SealedObjects {
  /** @type {Map<string, ObjectRecord>} */ #records = new Map();

  /**
   * @param {import('./api.js').Api} api
   * @param {string} accountId
   * @param {Sealer} sealer
   * @param {import('../keys/objects.js').SeenVersions} seen
   */
  constructor(api, accountId, sealer, seen) {
    this.api = api;
    this.accountId = accountId;
    this.sealer = sealer;
    this.seen = seen;
  }

  /**
   * @param {ObjectClass} objectClass
   * @returns {Promise<ObjectRecord[]>}
   */
  async list(objectClass) {
    const { list } = await this.api.call('SealedObject/get', { accountId: this.accountId, ids: null, class: objectClass });
    for (const record of list) this.#records.set(record.id, record);
    return list;
  }

  /**
   * @param {string} id
   * @returns {Promise<ObjectRecord | null>}
   */
  async find(id) {
    const { list } = await this.api.call('SealedObject/get', { accountId: this.accountId, ids: [id] });
    const record = list[0] ?? null;
    if (record) this.#records.set(id, record);
    else this.#records.delete(id);
    return record;
  }

  /**
   * The stored bytes, refused where the server offers an older version than one seen before.
   * @param {ObjectRecord} record
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   * @throws {import('../keys/objects.js').ObjectRolledBack}
   */
  async bytes(record) {
    this.seen.accept(record.id, record.version);
    return this.api.download(this.accountId, record.blobId);
  }

  /** @param {string} id @returns {number} the version stored, as last seen; 0 for none */
  version(id) {
    return this.#records.get(id)?.version ?? 0;
  }

  /**
   * The key of an object will be needed, perhaps after the agent is gone.
   * @param {ObjectClass} objectClass
   * @param {string} id
   */
  prepare(objectClass, id) {
    this.sealer.prepare({ class: objectClass, id }).catch(() => {});
  }

  /** @param {ObjectRecord} record @returns {Promise<any>} the decrypted content */
  async read(record) {
    return this.sealer.open(record, await this.bytes(record));
  }

  /**
   * Seal and store a content; when somebody else wrote meanwhile, merge with what he wrote and try again.
   * @template T
   * @param {ObjectClass} objectClass
   * @param {string} id
   * @param {T} content
   * @param {(read: T, own: T) => T} [merge] by default the own content replaces the other
   * @param {number} [former] the version that the content stands on; the newest by default
   * @returns {Promise<T>} what is stored now
   */
  async write(objectClass, id, content, merge = (_read, own) => own, former) {
    for (let meeting = 0; ; meeting++) {
      const sealed = await this.seal(objectClass, id, content, meeting ? undefined : former);
      try {
        await this.put(sealed);
        return content;
      } catch (error) {
        if (!metAnother(error) || meeting === MAX_MEETINGS) throw error;
        const record = await this.find(id);
        if (record) content = merge(await this.read(record), content);
      }
    }
  }

  /**
   * @param {ObjectClass} objectClass
   * @param {string} id
   * @param {any} content
   * @param {number} [former] the version that it replaces
   * @returns {Promise<SealedVersion>} what would be stored next
   */
  async seal(objectClass, id, content, former = this.version(id)) {
    const version = former + 1;
    const { epoch, bytes } = await this.sealer.seal({ class: objectClass, id, version }, content);
    return { class: objectClass, id, version, epoch, bytes };
  }

  /** @param {SealedVersion} sealed made here and never stored @returns {Promise<any>} the decrypted content */
  async open(sealed) {
    return this.sealer.open(sealed, /** @type {Uint8Array<ArrayBuffer>} */ (sealed.bytes));
  }

  /**
   * Store one version; fails with `stateMismatch` where it is not the successor of the stored one.
   * @param {SealedVersion} sealed
   * @throws {ApiError}
   */
  async put({ class: objectClass, id, version, epoch, bytes, messageIds, resealed }) {
    const { accountId } = this;
    const blobId = await this.api.upload(accountId, bytes);
    const members = { version, epoch, blobId, ...(messageIds && { messageIds }), ...(resealed && { resealed }) };
    if (version === 1) {
      const create = { [id]: { class: objectClass, id, ...members } };
      outcome(await this.api.call('SealedObject/set', { accountId, create }), 'created', id);
    } else {
      outcome(await this.api.call('SealedObject/set', { accountId, update: { [id]: members } }), 'updated', id);
    }
    const updatedAt = (resealed && this.#records.get(id)?.updatedAt) || new Date().toISOString();
    this.#records.set(id, { class: objectClass, id, version, epoch, size: bytes.length, blobId, updatedAt });
    this.seen.accept(id, version);
  }

  /** @param {string} id */
  async destroy(id) {
    this.#records.delete(id);
    const answer = await this.api.call('SealedObject/set', { accountId: this.accountId, destroy: [id] });
    const failure = answer.notDestroyed?.[id];
    if (failure && failure.type !== 'notFound') throw new ApiError(failure.type, failure);
    this.seen.forget(id);
  }
}

/** @param {unknown} error */
export function metAnother(error) {
  return error instanceof ApiError && ['stateMismatch', 'alreadyExists'].includes(error.code);
}
