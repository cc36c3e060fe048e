/**
 * Old mail under the newest key (docs/FORMATS.md, *Deep re-seal*), as somebody who manages the mailbox may want after a key was
 * copied: message by message, oldest first, then drafts and remarks. It may be stopped and begun again, here or elsewhere: what
 * lies under the newest key is left alone. Confidential messages stay as they are, since their key was never a delegate's.
 */

/** @typedef {import('./message-seals.js').MessageSeals} MessageSeals */
/** @typedef {import('./list.js').EmailRecord} EmailRecord */
/** @typedef {import('./sealed.js').SealedObjects} SealedObjects */
/** @typedef {import('./sealed.js').ObjectRecord} ObjectRecord */
/** @typedef {{tell: (progress: Resealed) => void, signal?: AbortSignal, rest?: (seconds: number) => Promise<void>}} How rest: until the bridge opens more */
/** @typedef {{epoch: number, run: (how: How) => Promise<Resealed>}} Work epoch: the newest */
/** @typedef {{done: number, kept: number, total: number}} Resealed kept: left under their key, since a member's right begins after them */

const PAGE = 100;
/** Messages whose new seals come into force together. */
const BATCH = 10;
/** Objects with contents of one epoch, as messages have; the others a rotation carried over (carry-over.js). @type {readonly import('../keys/agent.js').ObjectClass[]} */
const WRITTEN = Object.freeze(['draft', 'note']);
/** What leaves an object as it is: a member's right begins after it, it is a letter on its way, or somebody wrote it meanwhile; it opens to others. */
const LEAVING = Object.freeze(['invalidProperties', 'forbidden', 'stateMismatch', 'object-refused', 'KEY_USE_DENIED']);
const PROPERTIES = Object.freeze(['id', 'blobId', 'epoch', 'confidential']);

/**
 * @param {MessageSeals} seals
 * @param {SealedObjects} objects
 * @param {number} epoch the newest, which is open here
 * @param {How} how
 * @returns {Promise<Resealed>}
 */
export async function resealAll(seals, objects, epoch, { tell, signal, rest = pause }) {
  const progress = { done: 0, kept: 0, total: 0 };
  await resealMessages(seals, epoch, progress, { tell, signal, rest });
  const written = (await Promise.all(WRITTEN.map((each) => objects.list(each)))).flat();
  progress.total += written.length;
  for (const record of written) {
    signal?.throwIfAborted();
    const done = record.epoch >= epoch || (await patiently(() => resealObject(objects, record), rest));
    progress[done ? 'done' : 'kept'] += 1;
    tell({ ...progress });
  }
  return progress;
}

/** @param {MessageSeals} seals @param {number} epoch @param {Resealed} progress @param {How & {rest: (seconds: number) => Promise<void>}} how */
async function resealMessages(seals, epoch, progress, { tell, signal, rest }) {
  for (let position = 0; ; position += PAGE) {
    const { records, total } = await page(seals, position);
    progress.total = total;
    const older = records.filter((record) => record.epoch < epoch && !record.confidential);
    progress.done += records.length - older.length;
    tell({ ...progress });
    for (let start = 0; start < older.length; start += BATCH) {
      signal?.throwIfAborted();
      const batch = older.slice(start, start + BATCH);
      const kept = await resealThese(seals, batch, epoch, { signal, rest });
      progress.done += batch.length - kept;
      progress.kept += kept;
      tell({ ...progress });
    }
    if (records.length < PAGE) return;
  }
}

/** What is moved to another key keeps its place: it is sorted by when it came. @param {MessageSeals} seals @param {number} position @returns {Promise<{records: EmailRecord[], total: number}>} */
async function page({ places: { api, accountId } }, position) {
  const sort = [{ property: 'receivedAt', isAscending: true }];
  const reference = { resultOf: 'q', name: 'Email/query', path: '/ids' };
  const [found, emails] = await api.request([
    ['Email/query', { accountId, sort, position, limit: PAGE, calculateTotal: true }, 'q'],
    ['Email/get', { accountId, '#ids': reference, properties: PROPERTIES }, 'g'],
  ]);
  return { records: emails.list, total: found.total };
}

/** @param {MessageSeals} seals @param {EmailRecord[]} batch @param {number} epoch @param {{signal?: AbortSignal, rest: (seconds: number) => Promise<void>}} how @returns {Promise<number>} how many stay as they are */
async function resealThese(seals, batch, epoch, { signal, rest }) {
  /** @type {Record<string, import('./message-seals.js').NewSeal>} */
  const update = {};
  for (const record of batch) {
    signal?.throwIfAborted();
    const seal = await patiently(() => seals.anew(record, epoch), rest).catch(unlessUnreadable);
    if (seal) update[record.id] = seal;
  }
  const refused = Object.keys(update).length ? await seals.replace(update) : new Map();
  const moved = Object.keys(update).filter((id) => !refused.has(id));
  for (const id of moved) await seals.places.room.call('shiftRow', [id, { class: 'pack', epoch }]);
  await seals.places.list.flush();
  return batch.length - moved.length;
}

/** When it was written stays what it was. @param {SealedObjects} objects @param {ObjectRecord} record @returns {Promise<boolean>} */
async function resealObject(objects, record) {
  try {
    const content = await objects.read(record);
    await objects.put({ ...await objects.seal(record.class, record.id, content, record.version), resealed: true });
    return true;
  } catch (error) {
    if (LEAVING.includes(/** @type {any} */ (error).code)) return false;
    throw error;
  }
}

/** One bad message does not keep the others where they are. @param {any} error */
function unlessUnreadable(error) {
  if (error.code === 'decrypt-failed') return null;
  throw error;
}

/** The bridge opens so many a minute, and says when it goes on. @template T @param {() => Promise<T>} act @param {(seconds: number) => Promise<void>} rest @returns {Promise<T>} */
async function patiently(act, rest) {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'RATE_LIMITED') throw error;
      await rest(/** @type {any} */ (error).data?.retryAfter ?? 1);
    }
  }
}

/** @param {number} seconds @returns {Promise<void>} */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
