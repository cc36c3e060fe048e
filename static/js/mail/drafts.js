/**
 * Messages being written, sealed on the server two seconds after the last key, and at once when the session ends
 * (docs/FORMATS.md, *draft*). A draft that could not be uploaded waits on this device as ciphertext.
 */
import { fromBase64, toBase64, toHex } from '../cms/octets.js';

const PAUSE = 2_000;

/** @typedef {import('../pages/store-types.js').Draft} Draft */
/** @typedef {import('./sealed.js').SealedObjects} SealedObjects */

/** Events: `saved` when everything edited is stored, `error` (detail: what failed) of a save that nobody waits for. */
export class Drafts extends EventTarget {
  /** @type {Map<string, Draft>} edited and not yet sealed */ #edited = new Map();
  /** @type {Promise<void>} */ #writing = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #objects;

  /** @param {SealedObjects} objects */
  constructor(objects) {
    super();
    this.#objects = objects;
  }

  /**
   * The person wrote something: seal it after a pause.
   * @param {Draft} draft
   * @returns {string} its id
   */
  note(draft) {
    const id = draft.id ?? newId();
    // A copy: the composer goes on writing into its own while this one is being sealed.
    this.#edited.set(id, { ...draft, id });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#flushAlone(), PAUSE);
    return id;
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

  /** Seal and store everything edited. @returns {Promise<void>} */
  flush() {
    clearTimeout(this.#timer);
    // One write after the other: a second version needs the first to be stored.
    this.#writing = this.#writing.catch(() => {}).then(() => this.#writeAll());
    return this.#writing;
  }

  /** @returns {Promise<Draft[]>} newest first; one that does not open is left out */
  async list() {
    const records = await this.#objects.list('draft');
    const newestFirst = records.sort((one, other) => other.updatedAt.localeCompare(one.updatedAt));
    const read = await Promise.allSettled(newestFirst.map(async (record) => draftOf(await this.#objects.read(record), record)));
    return read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  /** @param {string} id sent, or thrown away */
  async discard(id) {
    this.#edited.delete(id);
    await this.#writing.catch(() => {});
    await this.#objects.destroy(id);
  }

  /** What failed stays in the list of edited drafts and is tried again with the next pause. */
  async #flushAlone() {
    await this.flush().catch((error) => this.dispatchEvent(new CustomEvent('error', { detail: error })));
  }

  async #writeAll() {
    if (this.#edited.size === 0) return;
    for (const [id, draft] of this.#edited) {
      await this.#objects.write('draft', id, contentOf(draft));
      if (this.#edited.get(id) === draft) this.#edited.delete(id);
    }
    this.dispatchEvent(new CustomEvent('saved'));
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
