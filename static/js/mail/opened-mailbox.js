/**
 * One open mailbox inside the crypto worker: object keys, the sealed list, opening and preparing messages. It asks the
 * key agent for what needs private keys, and hands out only what a page may show.
 */
import { toBase64 } from '../cms/octets.js';
import { openObject, sealObject } from '../keys/objects.js';
import { Packs } from './packs.js';
import { summariesOf } from './summaries.js';

/** @typedef {import('../keys/agent.js').KeyAgent} KeyAgent */
/** @typedef {import('../keys/agent.js').ObjectClass} ObjectClass */
/** @typedef {import('./packs.js').PackRow} PackRow */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * @typedef {object} MailboxSecrets what opening answered, with what the server keeps in the clear
 * @property {KeyAgent} agent
 * @property {import('../keys/agent.js').OpenedMailbox} opened
 * @property {Bytes} encryptionCertificate
 * @property {string} [card] pseudonym of the card that signs, if any
 * @property {import('../keys/agent.js').Revocation} revocation
 */

/** Where the CEK-once table finds its key (docs/FORMATS.md, *pack*). */
const ONCE = Object.freeze({ class: /** @type {const} */ ('cek'), id: 'once' });

export class OpenedMailbox {
  /** @type {Map<string, Promise<CryptoKey>>} */ #objectKeys = new Map();

  /**
   * What the directory said of a sender a moment ago: a morning's post comes from few.
   * @type {Map<string, {until: number, answer: Promise<import('./state.js').DirectoryPerson | null>}>} until: milliseconds of the epoch
   */
  entries = new Map();

  /** @param {MailboxSecrets} secrets */
  constructor(secrets) {
    this.secrets = secrets;
    this.packs = new Packs((ordinal) => packId(ordinal));
  }

  get agent() {
    return this.secrets.agent;
  }

  get handle() {
    return this.secrets.opened.handle;
  }

  get address() {
    return this.secrets.opened.address;
  }

  /** @param {import('../keys/agent.js').UnverifiedCertificate[]} items */
  validate(items) {
    return this.agent.validate(items, this.secrets.revocation);
  }

  /**
   * @param {ObjectClass} objectClass
   * @param {string} id
   * @returns {Promise<CryptoKey>} asked of the agent once
   */
  objectKey(objectClass, id) {
    const name = `${objectClass} ${id}`;
    const known = this.#objectKeys.get(name);
    if (known) return known;
    const asking = this.agent.objectKeys(this.handle, [{ class: objectClass, id }]).then(([key]) => key);
    asking.catch(() => this.#objectKeys.delete(name));
    this.#objectKeys.set(name, asking);
    return asking;
  }

  /** @param {{class: ObjectClass, id: string}[]} names to be needed soon, in one question */
  async prepareKeys(names) {
    const missing = names.filter(({ class: objectClass, id }) => !this.#objectKeys.has(`${objectClass} ${id}`));
    if (missing.length === 0) return;
    const keys = await this.agent.objectKeys(this.handle, missing);
    missing.forEach((name, index) => this.#objectKeys.set(`${name.class} ${name.id}`, Promise.resolve(keys[index])));
  }

  /**
   * @param {{class: ObjectClass, id: string, version: number}} name
   * @param {any} content
   * @returns {Promise<{epoch: number, bytes: Bytes}>}
   */
  async seal(name, content) {
    const { mailboxId, epoch } = this.secrets.opened;
    const key = await this.objectKey(name.class, name.id);
    return { epoch, bytes: await sealObject(key, { ...name, mailboxId, epoch }, content) };
  }

  /**
   * @param {{class: ObjectClass, id: string, version: number, epoch: number}} name
   * @param {Bytes} bytes
   */
  async open({ class: objectClass, id, version, epoch }, bytes) {
    const { mailboxId } = this.secrets.opened;
    return openObject(await this.objectKey(objectClass, id), { class: objectClass, id, version, epoch, mailboxId }, bytes);
  }

  /**
   * @param {{id: string, version: number, epoch: number}} name
   * @param {Bytes} bytes
   */
  async loadPack(name, bytes) {
    const { rows } = await this.open({ class: 'pack', ...name }, bytes);
    this.packs.load(name.id, name.version, rows);
  }

  /** @returns {Promise<import('./sealed.js').SealedVersion[]>} */
  async packsToWrite() {
    return Promise.all(this.packs.toWrite().map((pack) => this.#sealPack(pack)));
  }

  /**
   * Rows as a page may see them: without keys.
   * @param {string[]} ids
   */
  rows(ids) {
    return ids.map((id) => shown(this.packs.row(id)));
  }

  /**
   * Open sealed summaries and keep them as rows; one that does not open becomes one degraded row.
   * @param {{id: string, sealedSummary: string}[]} sealed in received order, oldest first
   */
  addSummaries(sealed) {
    const adding = this.#adding.then(() => this.#addFresh(sealed));
    this.#adding = adding.catch(() => {});
    return adding;
  }

  /** One batch at a time: what a burst of mail asks for twice is opened, and counted by the bridge, once. */
  #adding = Promise.resolve();

  /** @param {{id: string, sealedSummary: string}[]} sealed */
  async #addFresh(sealed) {
    const fresh = sealed.filter(({ id }) => !this.packs.row(id));
    this.packs.add(await summariesOf(fresh, (items) => this.agent.unwrap(this.handle, 'summary', items)));
  }

  /**
   * The name of a CEK in the table of those used, which tells nothing without the key of this mailbox.
   * @param {Uint8Array} encryptedKey
   * @returns {Promise<string>} base64
   */
  async usedKeyName(encryptedKey) {
    const mac = await crypto.subtle.sign('HMAC', await this.objectKey(ONCE.class, ONCE.id), /** @type {Bytes} */ (encryptedKey));
    return toBase64(new Uint8Array(mac));
  }

  /** @param {import('./packs.js').PackToWrite} pack */
  async #sealPack({ id, version, rows }) {
    const { epoch, bytes } = await this.seal({ class: 'pack', id, version }, { v: 1, rows });
    this.#writing.set(id, { id, version, rows });
    return { class: /** @type {const} */ ('pack'), id, version, epoch, bytes, messageIds: rows.map((row) => row.id) };
  }

  /** @type {Map<string, import('./packs.js').PackToWrite>} */ #writing = new Map();

  /** @param {string} id the server keeps the version last handed out */
  packWritten(id) {
    const written = this.#writing.get(id);
    if (written) this.packs.written(written);
  }
}

/** The same for every client of a mailbox: two that start the same pack then meet by compare-and-set. @param {number} ordinal */
function packId(ordinal) {
  return `7061636b${ordinal.toString(16).padStart(24, '0')}`;
}

/** @param {PackRow | undefined} row */
function shown(row) {
  if (!row) return null;
  const { cek: _cek, keys: _keys, ...visible } = row;
  return visible;
}
