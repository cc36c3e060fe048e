/**
 * Sealed drafts that could not be uploaded wait on this device, as ciphertext, until the server is back: what was
 * written survives a reload, a lock and a pulled card even then.
 */

/** @typedef {import('./sealed.js').SealedVersion} SealedVersion */

/**
 * @typedef {object} Waiting
 * @property {(sealed: SealedVersion) => Promise<void>} keep
 * @property {() => Promise<SealedVersion[]>} all
 * @property {(id: string) => Promise<void>} forget
 */

const DATABASE = 'pli-waiting';
const STORE = 'objects';

/** @param {string} mailboxId @returns {Waiting} in IndexedDB */
export function waitingObjects(mailboxId) {
  const range = () => IDBKeyRange.bound([mailboxId, ''], [mailboxId, '\uffff']);
  return {
    keep: async (sealed) => void (await run('readwrite', (store) => store.put(sealed, [mailboxId, sealed.id]))),
    all: () => run('readonly', (store) => store.getAll(range())),
    forget: async (id) => void (await run('readwrite', (store) => store.delete([mailboxId, id]))),
  };
}

/** @returns {Waiting} nothing outlives this object; for where there is no IndexedDB */
export function waitingNowhere() {
  /** @type {Map<string, SealedVersion>} */
  const kept = new Map();
  return {
    keep: async (sealed) => void kept.set(sealed.id, sealed),
    all: async () => [...kept.values()],
    forget: async (id) => void kept.delete(id),
  };
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
async function run(mode, ask) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(STORE);
  const database = await answered(opening);
  try {
    return await answered(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
