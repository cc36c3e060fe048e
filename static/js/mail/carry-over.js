/**
 * What every member of an epoch needs of the older ones is sealed again under it: pins, correspondents, settings, contacts,
 * names of folders. Packs stay under the epoch of their messages, so that who has no right to those never gets them. Each
 * object is one compare-and-set; what is under the epoch already is left alone, so it may begin again at any time.
 */

/** @typedef {import('./sealed.js').SealedObjects} SealedObjects */
/** @typedef {import('./sealed.js').ObjectRecord} ObjectRecord */

/** @type {readonly import('../keys/agent.js').ObjectClass[]} */
const CARRIED = Object.freeze(['pins', 'correspondents', 'settings', 'contacts', 'folder']);

/**
 * @param {SealedObjects} objects sealing under `epoch`
 * @param {number} epoch
 * @param {(done: number, total: number) => void} [tell]
 */
export async function carryOver(objects, epoch, tell = () => {}) {
  const listed = await Promise.all(CARRIED.map((each) => objects.list(each)));
  const older = listed.flat().filter((record) => record.epoch < epoch);
  for (const [done, record] of older.entries()) {
    tell(done, older.length);
    await carry(objects, record);
  }
  tell(older.length, older.length);
}

/** One that does not open here, from before this person's right begins, is somebody else's to carry. @param {SealedObjects} objects @param {ObjectRecord} record */
async function carry(objects, record) {
  const content = await objects.read(record).catch((error) => {
    if (['object-refused', 'KEY_USE_DENIED'].includes(error.code)) return null;
    throw error;
  });
  if (content !== null) await objects.write(record.class, record.id, content, (read) => read, record.version);
}
