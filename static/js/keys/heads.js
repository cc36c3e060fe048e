/**
 * The last head of each mailbox's membership log, remembered by this browser, so that a server cannot
 * go back on what it once showed.
 * @module
 */

/** @typedef {import('./membership-log.js').LogHead} LogHead */
/**
 * @typedef {LogHead & {time?: Date, restored?: Date}} RememberedHead time: the latest that the log states up to there; restored: when
 *   the operator last put back an older log, if ever
 */
/** @typedef {{get: (mailboxId: string) => Promise<RememberedHead | null>, set: (mailboxId: string, head: RememberedHead) => Promise<void>}} Heads remembered from session to session */

const DATABASE = 'pli-vault';
const STORE = 'heads';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answered = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answered(request);
}

/** In IndexedDB; heads are hashes and hold nothing secret. @returns {Heads} */
export function rememberedHeads() {
  const database = openDatabase();
  const store = async (/** @type {IDBTransactionMode} */ mode) => (await database).transaction(STORE, mode).objectStore(STORE);
  return {
    get: async (mailboxId) => (await answered((await store('readonly')).get(mailboxId))) ?? null,
    set: async (mailboxId, head) => void (await answered((await store('readwrite')).put(head, mailboxId))),
  };
}

/** For this process only. @returns {Heads} */
export function forgottenHeads() {
  /** @type {Map<string, RememberedHead>} */
  const heads = new Map();
  return {
    get: async (mailboxId) => heads.get(mailboxId) ?? null,
    set: async (mailboxId, head) => void heads.set(mailboxId, head),
  };
}
