/**
 * Folders and lists of one mailbox: what the server knows of messages, joined with the rows the crypto worker opened.
 * New summaries are opened in batches and packed; packs are written again some seconds after the last change.
 */
import { ApiError, outcome } from './api.js';
import { metAnother } from './sealed.js';

/** @typedef {import('../pages/store-types.js').Row} Row */
/** @typedef {import('../pages/store-types.js').Folder} Folder */

/**
 * @typedef {object} EmailRecord what the server knows of a message
 * @property {string} id
 * @property {string} blobId
 * @property {Record<string, true>} mailboxIds
 * @property {Record<string, true>} keywords
 * @property {number} size
 * @property {string} receivedAt
 * @property {number} epoch
 * @property {string|null} packId
 * @property {boolean} [confidential] no summary of it is served: its row stands where only owners read
 */

/** Rest before packs are written: a burst of new mail becomes one write. */
const WRITE_AFTER = 5_000;
/** Packs read at once while the mailbox opens. */
const PACKS_AT_ONCE = 6;
const PROPERTIES = Object.freeze(['id', 'blobId', 'mailboxIds', 'keywords', 'size', 'receivedAt', 'epoch', 'packId', 'confidential']);
/** Summaries asked for in one request. */
const SUMMARY_BATCH = 256;

export class MessageList {
  /** @type {Map<string, EmailRecord>} */ #records = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {Promise<void>} */ #writing = Promise.resolve();
  #stopped = false;
  /** @type {Promise<void>} */ #loading = Promise.resolve();

  /**
   * @param {import('./api.js').Api} api
   * @param {string} accountId
   * @param {Pick<import('./workroom.js').Workroom, 'call'>} room
   * @param {import('./sealed.js').SealedObjects} objects
   * @param {{epoch: number, newer: () => void, onlyReads?: boolean}} [news] epoch: of the open keys; newer: a message lies under a later
   *   one; onlyReads: the server takes no pack of this session
   */
  constructor(api, accountId, room, objects, { epoch, newer, onlyReads = false } = { epoch: Infinity, newer: () => {} }) {
    this.api = api;
    this.accountId = accountId;
    this.room = room;
    this.objects = objects;
    this.epoch = epoch;
    this.newer = newer;
    this.onlyReads = onlyReads;
  }

  /** Of a shared inbox: who does what with its messages. @type {import('./work.js').Work | null} */ work = null;

  /** @param {number} epoch whose keys are open now: rows that waited for them are asked for again */
  follow(epoch) {
    this.epoch = epoch;
  }

  /** @returns {Promise<Folder[]>} in display order */
  async folders() {
    const { list } = await this.api.call('Mailbox/get', { accountId: this.accountId, ids: null });
    const sorted = list.sort((/** @type {any} */ one, /** @type {any} */ other) => one.sortOrder - other.sortOrder);
    return Promise.all(sorted.map((/** @type {any} */ folder) => this.#folder(folder)));
  }

  /** Reads every pack: the list and the table of used keys come from them. */
  loadPacks() {
    this.#loading = this.#readPacks();
    return this.#loading;
  }

  /**
   * @param {string} folderId
   * @param {{position: number, limit: number, share?: import('./work.js').Share | ''}} range share: only what is mine, nobody's, or done
   * @returns {Promise<{total: number, rows: Row[]}>}
   */
  async range(folderId, { position, limit, share }) {
    const { accountId } = this;
    const sort = [{ property: 'receivedAt', isAscending: false }];
    const query = { accountId, filter: { inMailbox: folderId, ...(share && { 'pli:work': share }) }, sort, position, limit, calculateTotal: true };
    const reference = { resultOf: 'q', name: 'Email/query', path: '/ids' };
    const [found, emails, work] = await this.api.request([
      ['Email/query', query, 'q'],
      ['Email/get', { accountId, '#ids': reference, properties: PROPERTIES }, 'g'],
      ...(this.work?.beside('q') ?? []),
    ]);
    if (work) this.work?.take(work);
    for (const record of emails.list) this.#records.set(record.id, record);
    // Kept apart: another device's change may empty what is known while the rows are opened.
    const records = new Map(emails.list.map((/** @type {EmailRecord} */ record) => [record.id, record]));
    return { total: found.total, rows: await this.#rows(found.ids, records) };
  }

  /** @param {string} id @returns {Promise<EmailRecord>} */
  async record(id) {
    const known = this.#records.get(id);
    if (known) return known;
    const { list } = await this.api.call('Email/get', { accountId: this.accountId, ids: [id], properties: PROPERTIES });
    if (!list[0]) throw new ApiError('not-found', { id });
    this.#records.set(id, list[0]);
    return list[0];
  }

  /** As the server knows it now: another client may have put another seal there. @param {string} id @returns {Promise<EmailRecord>} */
  fresh(id) {
    this.#records.delete(id);
    return this.record(id);
  }

  /** @param {string} id @returns {Promise<Row | null>} null: it is not here any more */
  async row(id) {
    const record = await this.record(id).catch((error) => (error.code === 'not-found' ? undefined : Promise.reject(error)));
    const [opened] = await this.room.call('rows', [[id]]);
    return joined(record, opened)[0] ?? null;
  }

  /**
   * @param {string} id
   * @param {Record<string, boolean>} keywords true sets, false clears
   */
  async setKeywords(id, keywords) {
    const patch = Object.fromEntries(Object.entries(keywords).map(([keyword, on]) => [`keywords/${keyword}`, on || null]));
    await this.#update({ [id]: patch });
    const record = this.#records.get(id);
    if (record) record.keywords = patched(record.keywords, keywords);
  }

  /**
   * @param {string[]} ids
   * @param {string} folderId
   */
  async move(ids, folderId) {
    await this.#update(Object.fromEntries(ids.map((id) => [id, { mailboxIds: { [folderId]: true } }])));
    for (const id of ids) this.#records.delete(id);
  }

  /** @param {string[]} ids for good */
  async destroy(ids) {
    const answer = await this.api.call('Email/set', { accountId: this.accountId, destroy: ids });
    const gone = ids.filter((id) => !answer.notDestroyed?.[id]);
    for (const id of gone) this.#records.delete(id);
    await this.room.call('removeRows', [gone]);
    this.changed();
    const refused = Object.values(answer.notDestroyed ?? {})[0];
    if (refused) throw new ApiError(refused.type, refused);
  }

  /** Another device changed something: nothing kept here is trusted to be current. */
  forget() {
    this.#records.clear();
  }

  /** Rows changed: write their packs when it is quiet. */
  changed() {
    clearTimeout(this.#timer);
    if (this.onlyReads || this.#stopped) return;
    this.#timer = setTimeout(() => void this.flush().catch(() => this.changed()), WRITE_AFTER);
  }

  /** @returns {Promise<void>} once every changed pack is stored */
  flush() {
    clearTimeout(this.#timer);
    if (this.onlyReads) return Promise.resolve();
    this.#writing = this.#writing.catch(() => {}).then(() => this.#writePacks());
    return this.#writing;
  }

  /** The mailbox was left: what an answer still brings is packed when it is shown again. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @param {any} folder a JMAP Mailbox @returns {Promise<Folder>} */
  async #folder({ id, role, totalEmails, unreadEmails, myRights = {}, 'pli:nameObjectId': nameId }) {
    const name = nameId ? await this.#folderName(nameId) : '';
    const { mayReadItems = true, mayAddItems = true } = myRights;
    return { id, name, role: role ?? '', total: totalEmails, unread: unreadEmails, closed: !(mayReadItems || mayAddItems) };
  }

  /** @param {string} id */
  async #folderName(id) {
    const record = await this.objects.find(id);
    if (!record) return '';
    const content = await this.objects.read(record).catch(() => null);
    return typeof content?.name === 'string' ? content.name : '';
  }

  async #readPacks() {
    const records = await Promise.all(LISTS.map((each) => this.objects.list(each)));
    await this.#readThese(records.flat());
  }

  /** @param {import('./sealed.js').ObjectRecord[]} records */
  async #readThese(records) {
    const oldestFirst = records.sort((one, other) => one.id.localeCompare(other.id));
    for (const each of LISTS) await this.#prepareKeys(each, oldestFirst);
    for (let start = 0; start < oldestFirst.length; start += PACKS_AT_ONCE) {
      const batch = oldestFirst.slice(start, start + PACKS_AT_ONCE);
      const bytes = await Promise.all(batch.map((record) => this.objects.bytes(record)));
      await Promise.all(batch.map((record, index) => this.#loadPack(record, bytes[index])));
    }
  }

  /**
   * Asked for in one question each: an owner without the second key of some epoch has the others all the same.
   * @param {'pack'|'confidential'} listClass @param {import('./sealed.js').ObjectRecord[]} records
   */
  async #prepareKeys(listClass, records) {
    const names = records.filter((record) => record.class === listClass).map(({ id, epoch }) => ({ class: listClass, id, epoch }));
    if (names.length) await this.room.call('prepareKeys', [names]).catch((error) => (listClass === 'pack' ? Promise.reject(error) : undefined));
  }

  /**
   * A pack that does not open costs its 250 rows a new look at their summaries, and nothing else.
   * @param {import('./sealed.js').ObjectRecord} record
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  async #loadPack({ class: listClass, id, version, epoch }, bytes) {
    await this.room.call('loadPack', [{ class: listClass, id, version, epoch }, bytes], { transfer: [bytes.buffer] }).catch(() => {});
  }

  /** @param {string[]} ids @param {Map<string, EmailRecord>} records @returns {Promise<Row[]>} */
  async #rows(ids, records) {
    await this.#loading;
    let opened = await this.room.call('rows', [ids]);
    const missing = ids.filter((_id, index) => !opened[index]);
    if (missing.length) {
      const hidden = new Set(missing.filter((id) => records.get(id)?.confidential));
      if (hidden.size) await this.#readThese(await this.objects.list('confidential'));
      await this.#addSummaries(missing.filter((id) => !hidden.has(id)));
      opened = await this.room.call('rows', [ids]);
    }
    return ids.flatMap((id, index) => joined(records.get(id), opened[index]));
  }

  /** @param {string[]} ids newest first */
  async #addSummaries(ids) {
    const oldestFirst = [...ids].reverse();
    for (let start = 0; start < oldestFirst.length; start += SUMMARY_BATCH) {
      const batch = oldestFirst.slice(start, start + SUMMARY_BATCH);
      const args = { accountId: this.accountId, ids: batch, properties: ['id', 'sealedSummary', 'epoch'] };
      const { list } = await this.api.call('Email/get', args);
      if (list.some((/** @type {EmailRecord} */ email) => email.epoch > this.epoch)) this.newer();
      const byId = new Map(list.map((/** @type {{id: string}} */ email) => [email.id, email]));
      await this.room.call('addSummaries', [batch.flatMap((id) => byId.get(id) ?? [])]);
    }
    this.changed();
  }

  /** @param {Record<string, any>} update */
  async #update(update) {
    const answer = await this.api.call('Email/set', { accountId: this.accountId, update });
    for (const id of Object.keys(update)) outcome(answer, 'updated', id);
  }

  async #writePacks() {
    for (const sealed of await this.room.call('packsToWrite')) await this.#writePack(sealed);
  }

  /** Somebody made messages confidential whose rows are still here. @param {string[]} ids */
  async #dropHidden(ids) {
    const { list } = await this.api.call('Email/get', { accountId: this.accountId, ids, properties: ['id', 'confidential'] });
    const open = new Set(list.filter((/** @type {EmailRecord} */ email) => !email.confidential).map((/** @type {EmailRecord} */ { id }) => id));
    await this.room.call('removeRows', [ids.filter((id) => !open.has(id))]);
    this.changed();
  }

  /** @param {import('./sealed.js').SealedVersion} sealed */
  async #writePack(sealed) {
    try {
      await this.objects.put(sealed);
      await this.room.call('packWritten', [sealed.id]);
    } catch (error) {
      if (isRefused(error) && sealed.messageIds) return this.#dropHidden(sealed.messageIds);
      if (!metAnother(error)) throw error;
      // Another client wrote first: read its rows into ours, then write the union.
      const record = await this.objects.find(sealed.id);
      if (record) await this.#loadPack(record, await this.objects.bytes(record));
      this.changed();
    }
  }
}

/** Classes of the objects that hold rows, in the order in which they are read: what is confidential leaves the other. */
const LISTS = Object.freeze(/** @type {const} */ (['confidential', 'pack']));

/** Some row is not for everybody any more. @param {unknown} error */
const isRefused = (error) => error instanceof ApiError && error.code === 'invalidProperties' && error.data?.properties?.includes('messageIds');

/**
 * @param {EmailRecord | undefined} record
 * @param {any} row without what the server knows
 * @returns {Row[]}
 */
function joined(record, row) {
  if (!record || !row) return [];
  const { confidential = false, ...seen } = row;
  return [{ ...seen, ...(confidential && record.confidential && { confidential }), keywords: record.keywords, receivedAt: record.receivedAt, size: row.size || record.size }];
}

/**
 * @param {Record<string, true>} keywords
 * @param {Record<string, boolean>} changes
 * @returns {Record<string, true>}
 */
function patched(keywords, changes) {
  const all = { ...keywords, ...changes };
  return Object.fromEntries(Object.entries(all).flatMap(([keyword, on]) => (on ? [[keyword, /** @type {const} */ (true)]] : [])));
}
