/**
 * The signature book of a mailbox: letters that somebody prepared, and that its owner reads, signs with his card and sends.
 * A letter is a sealed draft, a remark a sealed note; the server knows whose they are and what became of them.
 */
import { toHex } from '../cms/octets.js';
import { ApiError, outcome } from './api.js';

/** @typedef {import('../pages/store-types.js').Draft} Draft */
/** @typedef {'prepared'|'returned'|'sending'|'failed'|'signed'} LetterState */

/**
 * @typedef {object} BookRow what the server knows of a letter
 * @property {string} id
 * @property {string} objectId the draft
 * @property {number | null} version of that draft; null: it was sent
 * @property {LetterState} state
 * @property {string} preparedBy name
 * @property {boolean} isMine prepared by this person
 * @property {string} preparedAt RFC 3339
 * @property {string} updatedBy name
 * @property {string} updatedAt RFC 3339
 * @property {string | null} noteObjectId
 * @property {string | null} emailId the copy in "sent"
 * @property {string | null} failure a code
 */
/** @typedef {{remark?: string, to?: import('../pages/store-types.js').Address[], subject?: string, attachments?: string[]}} LetterNote why it came back, or what was sent */
/** @typedef {BookRow & {draft: Draft | null, note: LetterNote | null}} Letter `version` is the one that `draft` was read from */

/** What its author has to do something about. */
const BACK = Object.freeze(['returned', 'failed']);

/** Event `change`: the rows were read. */
export class SignatureBook extends EventTarget {
  /** @type {BookRow[]} */ rows = [];
  #api;
  #accountId;
  #objects;
  #drafts;
  #isOwner;
  /** @type {Promise<BookRow[]> | null} the first reading */ #known = null;

  /**
   * @param {import('./api.js').Api} api
   * @param {string} accountId
   * @param {{objects: import('./sealed.js').SealedObjects, drafts: import('./drafts.js').Drafts, isOwner: boolean}} mailbox isOwner: who looks at it
   */
  constructor(api, accountId, { objects, drafts, isOwner }) {
    super();
    this.#api = api;
    this.#accountId = accountId;
    this.#objects = objects;
    this.#drafts = drafts;
    this.#isOwner = isOwner;
  }

  /** @returns {Promise<BookRow[]>} */
  async read() {
    const reading = this.#api.call('SignatureBook/get', { accountId: this.#accountId, ids: null }).then(({ list }) => list);
    this.#known ??= reading;
    reading.catch(() => { this.#known = null; });
    this.rows = await reading;
    this.dispatchEvent(new CustomEvent('change'));
    return this.rows;
  }

  /** How many letters wait for the person who looks at the book: to be signed, or to be corrected. */
  get waiting() {
    return this.rows.filter(({ state }) => (this.#isOwner ? state === 'prepared' : BACK.includes(state))).length;
  }

  /** @param {string | undefined} objectId of a draft @returns {BookRow | undefined} the letter it is, until it is signed */
  letterOf(objectId) {
    return this.rows.find((row) => row.objectId === objectId && row.state !== 'signed');
  }

  /** @returns {Promise<Set<string>>} the drafts that are letters */
  async drafts() {
    await (this.#known ?? this.read());
    return new Set(this.rows.filter(({ state }) => state !== 'signed').map(({ objectId }) => objectId));
  }

  /** @returns {Promise<Letter[]>} what the rows stand for, opened; one that does not open has neither draft nor note */
  async letters() {
    await (this.#known ?? this.read());
    const { rows } = this;
    const drafts = rows.some(({ version }) => version) ? await this.#objects.list('draft') : [];
    const notes = rows.some(({ noteObjectId }) => noteObjectId) ? await this.#objects.list('note') : [];
    const record = (/** @type {import('./sealed.js').ObjectRecord[]} */ records, /** @type {string | null} */ wanted) => records.find(({ id }) => id === wanted);
    return Promise.all(rows.map((row) => this.#letter(row, record(drafts, row.objectId), record(notes, row.noteObjectId))));
  }

  /**
   * @param {BookRow} row
   * @param {import('./sealed.js').ObjectRecord | undefined} draft
   * @param {import('./sealed.js').ObjectRecord | undefined} note
   * @returns {Promise<Letter>}
   */
  async #letter(row, draft, note) {
    const read = draft && row.state !== 'signed' ? this.#drafts.read(draft).catch(() => null) : null;
    const said = note ? this.#objects.read(note).catch(() => null) : null;
    return { ...row, version: draft?.version ?? row.version, draft: await read, note: await said };
  }

  /** @param {string} objectId @returns {Promise<string>} what the owner wrote when he returned it; '' for nothing */
  async remark(objectId) {
    const row = this.letterOf(objectId);
    const record = row?.noteObjectId ? await this.#objects.find(row.noteObjectId) : null;
    return record ? (await this.#objects.read(record)).remark ?? '' : '';
  }

  /** Into the book, or back into it. @param {Draft} draft @returns {Promise<void>} */
  async prepare(draft) {
    const id = await this.#drafts.save(draft);
    const version = this.#objects.version(id);
    const row = this.letterOf(id);
    if (row) await this.step(row, { state: 'prepared', version });
    else outcome(await this.#set({ create: { letter: { objectId: id, version } } }), 'created', 'letter');
    await this.read();
  }

  /** @param {BookRow} letter @param {string} remark @returns {Promise<void>} */
  async return(letter, remark) {
    await this.step(letter, { state: 'returned', noteObjectId: await this.#write({ remark }) });
    await this.read();
  }

  /** It left: what was sent stays to be seen by whoever prepared it. @param {Letter} letter @param {string} emailId */
  async finish(letter, emailId) {
    const { to = [], subject = '', attachments = [] } = letter.draft ?? {};
    const noteObjectId = await this.#write({ to, subject, attachments: attachments.map(({ name }) => name) }).catch(() => undefined);
    await this.step(letter, { state: 'signed', emailId, ...(noteObjectId && { noteObjectId }) });
  }

  /** It stays, and says why it did not leave. @param {Letter} letter @param {string} failure a code */
  async fail(letter, failure) {
    await this.step(letter, { state: 'failed', failure: failure.slice(0, 64).replace(/[^A-Za-z0-9_-]/g, '-') });
  }

  /** Nobody may change it from now on. @param {Letter} letter @throws {ApiError} `stateMismatch`: it is not the one that was read */
  async claim(letter) {
    await this.step(letter, { state: 'sending', version: letter.version });
  }

  /** @param {Letter} letter that was returned, or whose sending was never heard of again */
  async putBack(letter) {
    await this.step(letter, { state: 'prepared', version: letter.version });
    await this.read();
  }

  /** Out of the book: a draft again, or no more than the message that was sent. @param {BookRow} letter */
  async withdraw({ id }) {
    const { notDestroyed } = await this.#set({ destroy: [id] });
    const failure = notDestroyed?.[id];
    if (failure && failure.type !== 'notFound') throw new ApiError(failure.type, failure);
    await this.read();
  }

  /** A draft that is to be thrown away is no letter any more. @param {string} objectId */
  async release(objectId) {
    const row = this.letterOf(objectId);
    if (row) await this.withdraw(row);
  }

  /**
   * @param {BookRow} letter
   * @param {{state: LetterState} & Record<string, any>} further
   * @throws {ApiError}
   */
  async step({ id }, further) {
    outcome(await this.#set({ update: { [id]: further } }), 'updated', id);
  }

  /** @param {Record<string, any>} members */
  #set(members) {
    return this.#api.call('SignatureBook/set', { accountId: this.#accountId, ...members });
  }

  /** @param {LetterNote} note @returns {Promise<string>} its object id */
  async #write(note) {
    const id = toHex(crypto.getRandomValues(new Uint8Array(16)));
    await this.#objects.write('note', id, { v: 1, ...note });
    return id;
  }
}
