/**
 * The sealed lists: rows of 250 messages under one object key each (docs/FORMATS.md, *pack*). Pure: no I/O, no keys. Rows of
 * confidential messages stand in packs of their own, whose key only owners hold.
 * It knows which rows exist, which packs must be written again, and how two writers' rows become one.
 * Rows hold content-encryption keys, so this lives in the crypto worker and never on the page.
 */

export const ROWS_PER_PACK = 250;
/** Characters of one list in a row, as many as a server's whole summary has. */
const ROOM = 4096;

/** @typedef {{name: string, address: string}} Address */
/** @typedef {{mac: string, hash: string, algorithm: string, cek?: string}} UsedKey a CEK once accepted: for which content */

/**
 * @typedef {object} PackRow
 * @property {string} id
 * @property {number} v
 * @property {Address[]} from
 * @property {Address[]} to
 * @property {Address[]} cc
 * @property {string} subject
 * @property {string|null} date
 * @property {string} snippet
 * @property {string[]} attachments
 * @property {boolean} encrypted
 * @property {boolean} signed
 * @property {number} size
 * @property {string} [state] signature state, once a client opened the message
 * @property {string} [cek] base64, opens the stored seal
 * @property {UsedKey[]} [keys]
 * @property {string} [quarantined]
 */

/** @typedef {'pack'|'confidential'} ListClass for every member, or for owners alone */
/** @typedef {{class: ListClass, epoch: number, version: number, rows: Map<string, PackRow>, dirty: boolean}} Pack epoch: of all its messages, whose key seals it for ever */
/** @typedef {{class: ListClass, id: string, epoch: number, version: number, rows: PackRow[]}} PackToWrite */

export class Packs {
  /** @type {Map<string, Pack>} */ #packs = new Map();
  /** @type {Map<string, string>} message id → pack id */ #places = new Map();
  /** @type {Map<string, {hash: string, algorithm: string, messageId: string}>} */ #usedKeys = new Map();
  #newId;

  /** @param {(epoch: number, ordinal: number, listClass: ListClass) => string} newId the same for every client, so that two new packs meet instead of doubling */
  constructor(newId) {
    this.#newId = newId;
  }

  /**
   * Take in what the server holds. Rows changed here and not yet written win member by member over what is read.
   * @param {{id: string, version: number, epoch: number, class?: ListClass}} name
   * @param {PackRow[]} rows
   */
  load({ id, version, epoch, class: listClass = 'pack' }, rows) {
    const own = this.#packs.get(id);
    const merged = new Map(rows.map((row) => [row.id, row]));
    if (own?.dirty) for (const row of own.rows.values()) merged.set(row.id, mergeRows(merged.get(row.id), row));
    const hidden = listClass === 'pack' && this.#takeOut(merged);
    this.#packs.set(id, { class: listClass, epoch, version, rows: merged, dirty: hidden || (own?.dirty ?? false) });
    for (const gone of own?.rows.keys() ?? []) if (!merged.has(gone) && this.#places.get(gone) === id) this.#places.delete(gone);
    for (const row of merged.values()) {
      if (listClass === 'confidential') this.#leave(row.id, id);
      this.#places.set(row.id, id);
      this.#noteKeys(row);
    }
  }

  /** Rows of messages known to be confidential, where everybody would read them. @param {Map<string, PackRow>} rows @returns {boolean} whether there were any */
  #takeOut(rows) {
    const confidential = [...rows.keys()].filter((messageId) => this.isConfidential(messageId));
    for (const messageId of confidential) rows.delete(messageId);
    return confidential.length > 0;
  }

  /** @param {string} messageId @param {string} [next] the pack it goes to */
  #leave(messageId, next) {
    const place = this.#places.get(messageId) ?? '';
    const pack = this.#packs.get(place);
    if (place !== next && pack?.rows.delete(messageId)) pack.dirty = true;
  }

  /** Whether its row stands where only owners read. @param {string} messageId */
  isConfidential(messageId) {
    return this.row(messageId) !== undefined && this.#packs.get(this.#places.get(messageId) ?? '')?.class === 'confidential';
  }

  /** @param {string} id */
  version(id) {
    return this.#packs.get(id)?.version ?? 0;
  }

  /** @param {string} messageId @returns {PackRow | undefined} */
  row(messageId) {
    return this.#packs.get(this.#places.get(messageId) ?? '')?.rows.get(messageId);
  }

  /**
   * Which content a CEK was accepted for, by the name of its encrypted key.
   * @param {string} mac base64
   * @returns {{hash: string, algorithm: string, messageId: string} | null}
   */
  usedKey(mac) {
    return this.#usedKeys.get(mac) ?? null;
  }

  /** The epoch of a message that has a row. @param {string} messageId @returns {number | undefined} */
  epochOf(messageId) {
    return this.#packs.get(this.#places.get(messageId) ?? '')?.epoch;
  }

  /** @returns {Generator<PackRow>} */
  *rows() {
    for (const pack of this.#packs.values()) yield* pack.rows.values();
  }

  /**
   * Rows of new messages of one epoch, in received order (oldest first), into the newest pack that has room.
   * @param {PackRow[]} rows
   * @param {number} epoch
   */
  add(rows, epoch) {
    for (const row of rows) if (!this.row(row.id)) this.#put(row, epoch, 'pack');
  }

  /**
   * The row goes to another list: its message has another seal now, whose CEK is not the one it kept.
   * @param {string} messageId
   * @param {{class: ListClass, epoch: number}} list
   */
  shift(messageId, { class: listClass, epoch }) {
    const row = this.row(messageId);
    if (!row) return;
    const { cek: _former, ...kept } = row;
    this.#leave(messageId);
    this.#put(kept, epoch, listClass);
  }

  /** @param {PackRow} row @param {number} epoch @param {ListClass} listClass */
  #put(row, epoch, listClass) {
    const [id, pack] = this.#withRoom(epoch, listClass);
    pack.rows.set(row.id, row);
    pack.dirty = true;
    this.#places.set(row.id, id);
  }

  /**
   * What opening a message taught about it.
   * @param {string} messageId
   * @param {Partial<PackRow>} members
   * @returns {boolean} whether it was news
   */
  update(messageId, members) {
    const pack = this.#packs.get(this.#places.get(messageId) ?? '');
    const row = pack?.rows.get(messageId);
    if (!pack || !row) return false;
    const next = mergeRows(row, { ...row, ...members });
    if (JSON.stringify(next) === JSON.stringify(row)) return false;
    pack.rows.set(messageId, next);
    pack.dirty = true;
    this.#noteKeys(next);
    return true;
  }

  /** The first content stays: what comes later with the same key is the one to refuse. @param {PackRow} row */
  #noteKeys({ id, keys = [] }) {
    for (const { mac, hash, algorithm } of keys) {
      if (!this.#usedKeys.has(mac)) this.#usedKeys.set(mac, { hash, algorithm, messageId: id });
    }
  }

  /** @param {Iterable<string>} messageIds destroyed ones; their packs shrink at the next write */
  remove(messageIds) {
    for (const messageId of messageIds) {
      const pack = this.#packs.get(this.#places.get(messageId) ?? '');
      if (pack?.rows.delete(messageId)) pack.dirty = true;
      this.#places.delete(messageId);
    }
  }

  /** @returns {PackToWrite[]} each with the version it must become */
  toWrite() {
    return [...this.#packs]
      .filter(([, pack]) => pack.dirty)
      .map(([id, { class: listClass, epoch, version, rows }]) => ({ class: listClass, id, epoch, version: version + 1, rows: [...rows.values()] }));
  }

  /**
   * The server accepted this version. A change made meanwhile keeps the pack dirty.
   * @param {PackToWrite} written
   */
  written({ id, version, rows }) {
    const pack = this.#packs.get(id);
    if (!pack) return;
    pack.version = version;
    pack.dirty = rows.length !== pack.rows.size || rows.some((row) => pack.rows.get(row.id) !== row);
  }

  /** @param {number} epoch @param {ListClass} listClass @returns {[string, Pack]} */
  #withRoom(epoch, listClass) {
    const alike = [...this.#packs].filter(([, pack]) => pack.epoch === epoch && pack.class === listClass);
    const newest = alike.at(-1);
    if (newest && newest[1].rows.size < ROWS_PER_PACK) return newest;
    /** @type {Pack} */
    const pack = { class: listClass, epoch, version: 0, rows: new Map(), dirty: true };
    let ordinal = alike.length;
    while (this.#packs.has(this.#newId(epoch, ordinal, listClass))) ordinal++;
    const id = this.#newId(epoch, ordinal, listClass);
    this.#packs.set(id, pack);
    return [id, pack];
  }
}

/**
 * As much of a list as a row has room for: one message must not weigh on the others of its pack.
 * @template T
 * @param {T[]} list
 * @returns {T[]}
 */
export function fitting(list) {
  let room = ROOM;
  return list.filter((each) => (room -= JSON.stringify(each).length) >= 0);
}

/**
 * Two writers' knowledge of one message. The table of used keys only grows: forgetting one would let a CEK be used
 * for a second content.
 * @param {PackRow | undefined} read
 * @param {PackRow} own
 * @returns {PackRow}
 */
export function mergeRows(read, own) {
  if (!read) return own;
  const keys = new Map([...(read.keys ?? []), ...(own.keys ?? [])].map((used) => [`${used.mac} ${used.hash}`, used]));
  return { ...read, ...own, ...(keys.size && { keys: [...keys.values()] }) };
}
