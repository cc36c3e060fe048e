/**
 * Messages being written, sealed on the server two seconds after the last key, and at once when the session ends
 * (docs/FORMATS.md, *draft*). A draft that could not be uploaded waits on this device as ciphertext.
 */
import { fromBase64, toBase64, toHex } from '../cms/octets.js';
import { waitingNowhere } from './waiting.js';

const PAUSE = 2_000;
/** Who types without a pause is sealed all the same after this long, milliseconds. */
const LONGEST = 10_000;

/** @typedef {import('../pages/store-types.js').Draft} Draft */
/** @typedef {import('./sealed.js').SealedObjects} SealedObjects */

/**
 * Events: `saved` when everything edited is stored, `error` (detail: what failed) of a save that nobody waits for, `restored` when every draft
 * that waited here was tried.
 */
export class Drafts extends EventTarget {
  /** What waits on this device and does not open now: ids. @type {readonly string[]} */ unopened = [];
  /** @type {Map<string, Draft>} edited and not yet sealed */ #edited = new Map();
  /** @type {Set<string>} written in this session: what waited of them is older */ #noted = new Set();
  /** @type {Set<string>} being sent */ #held = new Set();
  /** @type {Map<string, {version: number, draft: Draft}>} what need not be fetched again */ #known = new Map();
  /** @type {Set<string>} discarded here: a list asked for before may still hold them */ #gone = new Set();
  /** @type {Promise<void>} */ #writing = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #objects;
  #waiting;
  #onlyReads;
  /** @type {number | null} when the oldest unsealed edit was made */ #since = null;
  /** The mailbox was left: what is not stored waits on this device for its next opening. */ #left = false;

  /**
   * @param {SealedObjects} objects
   * @param {import('./waiting.js').Waiting} [waiting]
   * @param {{onlyReads?: boolean}} [session] onlyReads: the server stores nothing of it
   */
  constructor(objects, waiting = waitingNowhere(), { onlyReads = false } = {}) {
    super();
    this.#onlyReads = onlyReads;
    this.#objects = objects;
    this.#waiting = waiting;
  }

  /**
   * The person wrote something: seal it after a pause.
   * @param {Draft} draft
   * @returns {string} its id
   */
  note(draft) {
    const id = draft.id ?? newId();
    // Asked for now: a card pulled later takes the way to new keys with it, and the draft must still be sealed.
    if (!this.#edited.has(id)) this.#objects.prepare('draft', id);
    // A copy: the composer goes on writing into its own while this one is being sealed.
    this.#edited.set(id, { ...draft, id });
    this.#noted.add(id);
    this.#flushLater();
    return id;
  }

  #flushLater() {
    if (this.#left) return;
    this.#since ??= Date.now();
    clearTimeout(this.#timer);
    const wait = Math.min(PAUSE, Math.max(0, this.#since + LONGEST - Date.now()));
    this.#timer = setTimeout(() => void this.#flushAlone(), wait);
  }

  /**
   * @param {Draft} draft
   * @returns {Promise<string>} its id, once stored
   */
  async save(draft) {
    const id = this.note(draft);
    await this.flush();
    return id;
  }

  /**
   * A draft that is being sent is not uploaded beside itself. Where the session ends meanwhile it is sealed all the same.
   * @param {string | undefined} id
   * @returns {() => void} to be called when it was sent, or was not
   */
  hold(id) {
    if (!id) return () => {};
    this.#held.add(id);
    return () => {
      this.#held.delete(id);
      if (this.#edited.has(id)) this.#flushLater();
    };
  }

  /** Seal and store everything edited. @returns {Promise<void>} */
  flush() {
    clearTimeout(this.#timer);
    // One write after the other: a second version needs the first to be stored.
    this.#writing = this.#writing.catch(() => {}).then(() => this.#writeAll());
    return this.#writing;
  }

  /**
   * The session ends: what is not stored yet stays on this device as ciphertext, however far away the server is, and
   * goes there if it still can.
   * @returns {Promise<void>}
   */
  async leave() {
    this.#left = true;
    this.#held.clear();
    for (const [id, draft] of this.#edited) await this.#waiting.keep(await this.#objects.seal('draft', id, contentOf(draft)));
    await this.flush();
  }

  /** @param {ReadonlySet<string>} [others] ids to leave out @returns {Promise<Draft[]>} newest first; one that does not open is left out */
  async list(others = new Set()) {
    const records = await this.#objects.list('draft');
    const newestFirst = records.filter(({ id }) => !this.#gone.has(id) && !others.has(id)).sort((one, other) => other.updatedAt.localeCompare(one.updatedAt));
    const read = await Promise.allSettled(newestFirst.map((record) => this.read(record)));
    return read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  /** @param {import('./sealed.js').ObjectRecord} record @returns {Promise<Draft>} */
  async read(record) {
    const known = this.#known.get(record.id);
    if (known && known.version >= record.version) return { ...known.draft, updatedAt: record.updatedAt };
    const draft = draftOf(await this.#objects.read(record), record);
    this.#known.set(record.id, { version: record.version, draft });
    return { ...draft };
  }

  /**
   * Stores what waited on this device since the server was last away. What does not open now (an epoch that is not open, a bridge that
   * asks to wait) goes on waiting: it stands nowhere else.
   * @returns {Promise<void>}
   */
  async restore() {
    if (this.#onlyReads) return;
    const waiting = await this.#waiting.all();
    /** @type {string[]} */
    const unopened = [];
    for (const sealed of waiting) {
      const draft = await this.#objects.open(sealed).then((content) => draftOf(content, { id: sealed.id, updatedAt: '' })).catch(() => null);
      if (this.#left) return;
      if (this.#noted.has(sealed.id) || this.#gone.has(sealed.id)) continue;
      if (draft) this.#edited.set(sealed.id, draft);
      else unopened.push(sealed.id);
    }
    this.unopened = unopened;
    this.dispatchEvent(new CustomEvent('restored'));
    if (this.#edited.size) await this.#flushAlone();
  }

  /** The person gives up what does not open. @returns {Promise<void>} */
  async forgetUnopened() {
    for (const id of this.unopened) await this.#waiting.forget(id);
    this.unopened = [];
    this.dispatchEvent(new CustomEvent('restored'));
  }

  /** @param {string} id sent, or thrown away */
  async discard(id) {
    this.#edited.delete(id);
    this.#known.delete(id);
    this.#gone.add(id);
    await this.#writing.catch(() => {});
    await this.#waiting.forget(id);
    await this.#objects.destroy(id);
  }

  /** What failed stays in the list of edited drafts and is tried again with the next pause. */
  async #flushAlone() {
    await this.flush().catch((error) => this.dispatchEvent(new CustomEvent('error', { detail: error })));
  }

  async #writeAll() {
    this.#since = null;
    if ([...this.#edited.keys()].every((id) => this.#held.has(id))) return;
    for (const [id, draft] of this.#edited) {
      if (this.#held.has(id)) continue;
      await this.#write(id, draft);
      if (this.#edited.get(id) === draft) this.#edited.delete(id);
    }
    this.dispatchEvent(new CustomEvent('saved'));
  }

  /**
   * @param {string} id
   * @param {Draft} draft
   */
  async #write(id, draft) {
    try {
      await this.#objects.write('draft', id, contentOf(draft));
      this.#known.set(id, { version: this.#objects.version(id), draft });
      await this.#waiting.forget(id);
    } catch (error) {
      await this.#waiting.keep(await this.#objects.seal('draft', id, contentOf(draft)));
      throw error;
    }
  }
}

function newId() {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/** @param {Draft} draft the sealed form */
export function contentOf({ to, cc, bcc, subject, text, inReplyTo, references, attachments }) {
  const files = attachments.map(({ name, type, bytes }) => ({ name, type, data: toBase64(bytes) }));
  return { v: 1, to, cc, bcc, subject, text, inReplyTo, references, attachments: files };
}

/**
 * @param {ReturnType<typeof contentOf>} content
 * @param {{id: string, updatedAt: string}} record
 * @returns {Draft}
 */
export function draftOf({ to, cc, bcc, subject, text, inReplyTo, references, attachments }, { id, updatedAt }) {
  const files = attachments.map(({ name, type, data }) => ({ name, type, bytes: fromBase64(data) }));
  return { id, updatedAt, to, cc, bcc, subject, text, inReplyTo, references, attachments: files };
}
