/**
 * One open mailbox inside the crypto worker: object keys, the sealed list, opening and preparing messages. It asks the
 * key agent for what needs private keys, and hands out only what a page may show.
 */
import { toBase64 } from '../cms/octets.js';
import { openObject, sealObject } from '../keys/objects.js';
import { Packs } from './packs.js';
import { summariesOf, unreachableRow } from './summaries.js';

/** @typedef {import('../keys/agent.js').KeyAgent} KeyAgent */
/** @typedef {import('../keys/agent.js').ObjectClass} ObjectClass */
/** @typedef {import('./packs.js').PackRow} PackRow */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * @typedef {object} MailboxSecrets what opening answered, with what the server keeps in the clear
 * @property {KeyAgent} agent
 * @property {import('../keys/agent.js').OpenedMailbox} opened
 * @property {Bytes} encryptionCertificate of the current epoch
 * @property {{epoch: number, certificate: Bytes}[]} [certificates] encryption certificates of every epoch, as senders may still use them
 * @property {string} [card] pseudonym of the card that signs, if any
 * @property {import('../keys/agent.js').Revocation} revocation
 */

/** @typedef {{id: string, sealedSummary: string, epoch?: number}} SealedSummary epoch: of the message; the current one by default */

/** Where the CEK-once table finds its key (docs/FORMATS.md, *pack*). */
const ONCE = Object.freeze({ class: /** @type {const} */ ('cek'), id: 'once' });

/** Messages whose foretold keys are remembered. */
const FORETOLD = 500;

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
    this.packs = new Packs(packId);
  }

  /**
   * A new epoch, or the same grant opened again: rows and object keys stay good.
   * @param {MailboxSecrets} secrets
   * @returns {string} the handle that is needed no more
   */
  renew(secrets) {
    const { handle } = this;
    this.secrets = secrets;
    this.#beyond.clear();
    return handle;
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

  get epoch() {
    return this.secrets.opened.epoch;
  }

  /** @param {number} epoch whether this session has its keys: not of one before its person's right begins */
  opens(epoch) {
    return (this.secrets.opened.epochs ?? [this.epoch]).includes(epoch);
  }

  /** Certificates that mail may be encrypted to and whose keys are here, the newest first. */
  get certificates() {
    const { certificates, encryptionCertificate } = this.secrets;
    const all = certificates ?? [{ epoch: this.epoch, certificate: encryptionCertificate }];
    return all.filter(({ epoch }) => this.opens(epoch)).sort((one, other) => other.epoch - one.epoch);
  }

  /** @param {import('../keys/agent.js').UnverifiedCertificate[]} items */
  validate(items) {
    return this.agent.validate(items, this.secrets.revocation);
  }

  /**
   * @param {ObjectClass} objectClass
   * @param {string} id
   * @param {number} [epoch] whose storage key it comes from
   * @returns {Promise<CryptoKey>} asked of the agent once
   */
  objectKey(objectClass, id, epoch = this.epoch) {
    const name = keyName({ class: objectClass, id, epoch });
    const known = this.#objectKeys.get(name);
    if (known) return known;
    const asking = this.agent.objectKeys(this.handle, [this.#named({ class: objectClass, id, epoch })]).then(([key]) => key);
    asking.catch(() => this.#objectKeys.delete(name));
    this.#objectKeys.set(name, asking);
    return asking;
  }

  /** @param {import('../keys/agent.js').ObjectName[]} names to be needed soon, in one question */
  async prepareKeys(names) {
    const complete = names.map((name) => ({ ...name, epoch: name.epoch ?? this.epoch }));
    const missing = complete.filter((name) => this.opens(name.epoch) && !this.#objectKeys.has(keyName(name)));
    if (missing.length === 0) return;
    const keys = await this.agent.objectKeys(this.handle, missing.map((name) => this.#named(name)));
    missing.forEach((name, index) => this.#objectKeys.set(keyName(name), Promise.resolve(keys[index])));
  }

  /** What needs no name has none: the current epoch is what an agent takes by itself. @template {{epoch?: number}} T @param {T} name */
  #named({ epoch, ...name }) {
    return epoch === undefined || epoch === this.epoch ? name : { ...name, epoch };
  }

  /**
   * @param {'message' | 'summary'} keyClass
   * @param {import('../keys/agent.js').WrappedKey[]} items
   * @returns {Promise<Uint8Array[]>} one CEK-shaped answer per item
   */
  unwrap(keyClass, items) {
    return this.agent.unwrap(this.handle, keyClass, items.map((item) => this.#named(item)));
  }

  /**
   * @param {{class: ObjectClass, id: string, version: number, epoch?: number}} name epoch: of a pack, which keeps its own for ever
   * @param {any} content
   * @returns {Promise<{epoch: number, bytes: Bytes}>}
   */
  async seal({ class: objectClass, id, version, epoch = this.epoch }, content) {
    const { mailboxId } = this.secrets.opened;
    const key = await this.objectKey(objectClass, id, epoch);
    return { epoch, bytes: await sealObject(key, { class: objectClass, id, version, mailboxId, epoch }, content) };
  }

  /**
   * @param {{class: ObjectClass, id: string, version: number, epoch: number}} name
   * @param {Bytes} bytes
   */
  async open({ class: objectClass, id, version, epoch }, bytes) {
    const { mailboxId } = this.secrets.opened;
    return openObject(await this.objectKey(objectClass, id, epoch), { class: objectClass, id, version, epoch, mailboxId }, bytes);
  }

  /**
   * @param {{id: string, version: number, epoch: number, class: import('./packs.js').ListClass}} name
   * @param {Bytes} bytes
   */
  async loadPack(name, bytes) {
    const { rows } = await this.open(name, bytes);
    this.packs.load(name, rows);
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
    return ids.map((id) => shown(this.packs.row(id) ?? this.#beyond.get(id), this.packs.isConfidential(id)));
  }

  /** Rows of messages from before this person's right begins: nothing to remember. @type {Map<string, PackRow>} */ #beyond = new Map();

  /**
   * Open sealed summaries and keep them as rows; one that does not open becomes one degraded row.
   * @param {SealedSummary[]} sealed in received order, oldest first
   */
  addSummaries(sealed) {
    const adding = this.#adding.then(() => this.#addFresh(sealed));
    this.#adding = adding.catch(() => {});
    return adding;
  }

  /** One batch at a time: what a burst of mail asks for twice is opened, and counted by the bridge, once. */
  #adding = Promise.resolve();

  /** @param {SealedSummary[]} sealed */
  async #addFresh(sealed) {
    const fresh = sealed.filter(({ id }) => !this.packs.row(id)).map((each) => ({ ...each, epoch: each.epoch ?? this.epoch }));
    for (const { id, epoch } of fresh) if (!this.opens(epoch)) this.#beyond.set(id, unreachableRow(id));
    for (const epoch of new Set(fresh.map((each) => each.epoch))) {
      if (this.opens(epoch)) await this.#addOfEpoch(fresh.filter((each) => each.epoch === epoch), epoch);
    }
  }

  /** @param {SealedSummary[]} sealed @param {number} epoch */
  async #addOfEpoch(sealed, epoch) {
    const summaries = await summariesOf(sealed, (items) => this.unwrap('summary', items.map((item) => ({ ...item, epoch }))));
    this.packs.add(summaries.map(({ row }) => row), epoch);
    summaries.forEach((summary) => this.#foretell(summary));
  }

  /**
   * The name of a CEK in the table of those used, which tells nothing without the key of this mailbox.
   * @param {Uint8Array} encryptedKey
   * @param {number} [epoch] of the key that opened it
   * @returns {Promise<string>} base64
   */
  async usedKeyName(encryptedKey, epoch = this.epoch) {
    const mac = await crypto.subtle.sign('HMAC', await this.objectKey(ONCE.class, ONCE.id, epoch), /** @type {Bytes} */ (encryptedKey));
    return toBase64(new Uint8Array(mac));
  }

  /** Of mail that came while this mailbox is open: rows that were packed earlier tell none. @type {Map<string, import('./summaries.js').Foretold>} */ #foretold = new Map();

  /** @param {string} id @returns {import('./summaries.js').Foretold | null} what its summary says of the key inside */
  foretold(id) {
    return this.#foretold.get(id) ?? null;
  }

  /** @param {import('./summaries.js').Summary} summary the newest come last, and stay */
  #foretell({ row: { id }, foretold }) {
    if (!foretold) return;
    this.#foretold.set(id, foretold);
    const [oldest] = this.#foretold.keys();
    if (this.#foretold.size > FORETOLD) this.#foretold.delete(oldest);
  }

  /** @param {import('./packs.js').PackToWrite} pack */
  async #sealPack({ class: listClass, id, epoch, version, rows }) {
    const { bytes } = await this.seal({ class: listClass, id, version, epoch }, { v: 1, rows });
    this.#writing.set(id, { class: listClass, id, epoch, version, rows });
    return { class: listClass, id, version, epoch, bytes, messageIds: rows.map((row) => row.id) };
  }

  /** @type {Map<string, import('./packs.js').PackToWrite>} */ #writing = new Map();

  /** @param {string} id the server keeps the version last handed out */
  packWritten(id) {
    const written = this.#writing.get(id);
    if (written) this.packs.written(written);
  }
}

/** First four octets of a pack's id: “pack” and “conf” in ASCII. */
const PACK_NAMES = Object.freeze({ pack: '7061636b', confidential: '636f6e66' });

/**
 * The same for every client of a mailbox: two that start the same pack then meet by compare-and-set.
 * @param {number} epoch @param {number} ordinal @param {import('./packs.js').ListClass} listClass
 */
function packId(epoch, ordinal, listClass) {
  return `${PACK_NAMES[listClass]}${(epoch - 1).toString(16).padStart(8, '0')}${ordinal.toString(16).padStart(16, '0')}`;
}

/** @param {{class: string, id: string, epoch: number}} name */
const keyName = ({ class: objectClass, id, epoch }) => `${objectClass} ${id} ${epoch}`;

/** @param {PackRow | undefined} row @param {boolean} confidential its place is where only owners read */
function shown(row, confidential) {
  if (!row) return null;
  const { cek: _cek, keys: _keys, ...visible } = row;
  return confidential ? { ...visible, confidential } : visible;
}
