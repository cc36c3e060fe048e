import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hkdf, hkdfKey } from '../../../static/js/cms/digest.js';
import { importObjectKey, objectKeyInfo, openObject, sealObject, SeenVersions } from '../../../static/js/keys/objects.js';
import { ApiError } from '../../../static/js/mail/api.js';
import { carryOver } from '../../../static/js/mail/carry-over.js';
import { Drafts } from '../../../static/js/mail/drafts.js';
import { MessageSeals } from '../../../static/js/mail/message-seals.js';
import { resealAll } from '../../../static/js/mail/resealing.js';
import { SealedObjects } from '../../../static/js/mail/sealed.js';

/** A server that keeps seals by their names, a worker that makes them, and the list between. */
class Mailroom {
  /** @type {Map<string, any>} */ records = new Map();
  /** @type {any[]} */ shifted = [];
  flushes = 0;
  uploads = 0;
  /** @type {(id: string) => any} */ refusal = () => null;
  /** @type {(method: string, id: string) => void} */ beforeSealing = () => {};

  /** @param {number} count @param {any} [members] */
  constructor(count, members = {}) {
    for (let n = 0; n < count; n++) this.records.set(`m${n}`, { id: `m${n}`, blobId: `old${n}`, epoch: 1, confidential: false, ...members });
    this.seals = new MessageSeals(/** @type {any} */ ({ api: this.#api(), accountId: 'a', room: this.#room(), list: this.#list() }));
  }

  #api() {
    return {
      download: async () => new Uint8Array(1),
      upload: async () => `new${++this.uploads}`,
      call: async (/** @type {string} */ _method, /** @type {any} */ { update }) => ({ notUpdated: this.#take(update) }),
      request: async (/** @type {any[]} */ [[, { position, limit }]]) => [{ total: this.records.size }, { list: [...this.records.values()].slice(position, position + limit) }],
    };
  }

  /** @param {Record<string, any>} update */
  #take(update) {
    /** @type {Record<string, any>} */
    const refused = {};
    for (const [id, { former, blobId, confidential, epoch }] of Object.entries(update)) {
      const record = this.records.get(id);
      const why = this.refusal(id) ?? (record.blobId === former ? null : { type: 'stateMismatch' });
      if (why) refused[id] = why;
      else this.records.set(id, { ...record, blobId, confidential, epoch: epoch ?? record.epoch });
    }
    return refused;
  }

  #room() {
    return {
      call: async (/** @type {string} */ method, /** @type {any[]} */ [first, second]) => {
        if (method === 'shiftRow') return this.shifted.push([first, second]);
        this.beforeSealing(method, first.id);
        return { bytes: new Uint8Array(2), summary: new Uint8Array(1), epoch: first.epoch };
      },
    };
  }

  #list() {
    return { fresh: async (/** @type {string} */ id) => this.records.get(id), flush: async () => { this.flushes += 1; }, forget: () => {} };
  }

  epochs() {
    return [...this.records.values()].map(({ epoch }) => epoch);
  }
}

const silent = { tell: () => {} };
const NO_OBJECTS = /** @type {any} */ ({ list: async () => [] });

/** Sealed objects for real, under one storage key each epoch, on a server that keeps them by compare-and-set. */
class Shelf {
  /** @type {Map<string, any>} */ records = new Map();
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} */ blobs = new Map();
  /** @type {(id: string) => any} */ refusal = () => null;
  epoch = 1;

  async upload(/** @type {string} */ _account, /** @type {Uint8Array<ArrayBuffer>} */ bytes) {
    this.blobs.set(`b${this.blobs.size}`, bytes);
    return `b${this.blobs.size - 1}`;
  }

  async download(/** @type {string} */ _account, /** @type {string} */ blobId) {
    return this.blobs.get(blobId);
  }

  async call(/** @type {string} */ method, /** @type {any} */ { class: objectClass, ids, create, update }) {
    const all = [...this.records.values()];
    if (method === 'SealedObject/get') return { list: all.filter((one) => (ids ? ids.includes(one.id) : one.class === objectClass)) };
    const [[id, { resealed, ...members }]] = Object.entries(create ?? update);
    const refused = this.refusal(id);
    if (refused) return { notUpdated: { [id]: refused } };
    const former = this.records.get(id);
    if (former && members.version !== former.version + 1) return { notUpdated: { [id]: { type: 'stateMismatch' } } };
    this.records.set(id, { ...former, ...members, updatedAt: resealed ? former.updatedAt : `at ${this.blobs.size}` });
    return { [create ? 'created' : 'updated']: { [id]: {} } };
  }

  /** A member's page: it seals under the newest epoch, and has the keys of these. @param {number[]} [epochs] */
  page(epochs = [1, 2]) {
    const key = async (/** @type {any} */ { epoch, class: objectClass, id }) => {
      if (!epochs.includes(epoch)) throw Object.assign(new Error('not his'), { code: 'KEY_USE_DENIED' });
      const secret = await hkdfKey(new Uint8Array(32).fill(epoch));
      return importObjectKey(objectClass, await hkdf(secret, { info: objectKeyInfo(objectClass, id) }));
    };
    const within = (/** @type {any} */ name) => ({ ...name, mailboxId: 'ab'.repeat(16) });
    const sealer = {
      prepare: async () => {},
      seal: async (/** @type {any} */ name, /** @type {any} */ content) => {
        const named = { ...within(name), epoch: this.epoch };
        return { epoch: this.epoch, bytes: await sealObject(await key(named), named, content) };
      },
      open: async (/** @type {any} */ name, /** @type {any} */ bytes) => openObject(await key(name), within(name), bytes),
    };
    return new SealedObjects(/** @type {any} */ (this), 'a', sealer, new SeenVersions());
  }

  /** The ids of what these keys open of all that is there. @param {number[]} epochs */
  async opensTo(epochs) {
    const page = this.page(epochs);
    const opened = await Promise.all([...this.records.values()].map((record) => page.read(record).then(() => record.id, () => null)));
    return opened.filter((id) => id !== null);
  }
}

/** What was written under the first key, and then the key changed. */
async function changedKey() {
  const shelf = new Shelf();
  const page = shelf.page();
  await page.write('draft', 'd', { text: 'half a letter' });
  await page.write('note', 'n', { remark: 'which dose?' });
  await page.write('pins', 'p', { pins: {} });
  shelf.epoch = 2;
  await carryOver(shelf.page(), 2);
  return shelf;
}

test('every older message goes under the newest key, confidential ones excepted', async () => {
  const room = new Mailroom(23);
  Object.assign(room.records.get('m4'), { confidential: true });
  Object.assign(room.records.get('m5'), { epoch: 3, blobId: 'current' });
  const progress = await resealAll(room.seals, NO_OBJECTS, 3, silent);
  assert.deepEqual(progress, { done: 23, kept: 0, total: 23 });
  assert.deepEqual(room.epochs().filter((epoch) => epoch !== 3), [1]);
  assert.equal(room.records.get('m5').blobId, 'current');
  assert.deepEqual(room.shifted[0], ['m0', { class: 'pack', epoch: 3 }]);
});

test('stopped in the middle it goes on from there, and does nothing twice', async () => {
  const room = new Mailroom(30);
  const stop = new AbortController();
  await assert.rejects(resealAll(room.seals, NO_OBJECTS, 2, { tell: ({ done }) => void (done >= 10 && stop.abort()), signal: stop.signal }), { name: 'AbortError' });
  assert.equal(room.uploads, 10);
  await resealAll(room.seals, NO_OBJECTS, 2, silent);
  assert.equal(room.uploads, 30);
  assert.deepEqual(new Set(room.epochs()), new Set([2]));
});

test('what the server keeps from a newcomer, and what does not open, stays and is counted', async () => {
  const room = new Mailroom(3);
  room.refusal = (id) => (id === 'm1' ? { type: 'invalidProperties', properties: ['epoch'] } : null);
  room.beforeSealing = (_method, id) => {
    if (id === 'm2') throw Object.assign(new Error('broken'), { code: 'decrypt-failed' });
  };
  assert.deepEqual(await resealAll(room.seals, NO_OBJECTS, 2, silent), { done: 1, kept: 2, total: 3 });
  assert.deepEqual(room.shifted.map(([id]) => id), ['m0']);
});

test('it waits where the bridge opens no more this minute', async () => {
  const room = new Mailroom(1);
  let refusals = 2;
  room.beforeSealing = () => {
    if (refusals-- > 0) throw Object.assign(new Error('later'), { code: 'RATE_LIMITED', data: { retryAfter: 7 } });
  };
  /** @type {number[]} */
  const rests = [];
  await resealAll(room.seals, NO_OBJECTS, 2, { ...silent, rest: async (seconds) => void rests.push(seconds) });
  assert.deepEqual(rests, [7, 7]);
});

test('a message marked leaves the list of everybody first', async () => {
  const room = new Mailroom(1);
  room.refusal = () => (room.flushes < 3 ? { type: 'invalidProperties', properties: ['packId'] } : null);
  await room.seals.conceal('m0');
  assert.deepEqual(room.shifted, [['m0', { class: 'confidential', epoch: 1 }]]);
  assert.equal(room.flushes, 3);
  assert.equal(room.records.get('m0').confidential, true);
});

test('what the server refuses is not shown as done', async () => {
  const room = new Mailroom(1);
  room.refusal = () => ({ type: 'forbidden' });
  await assert.rejects(room.seals.conceal('m0'), (error) => error instanceof ApiError && error.code === 'forbidden');
  await assert.rejects(room.seals.reveal('m0'), (error) => error instanceof ApiError && error.code === 'forbidden');
  assert.equal(room.shifted.filter(([, list]) => list.class === 'pack').length, 0);
});

test('the mark taken away, it is sealed for the members of its own epoch', async () => {
  const room = new Mailroom(1, { confidential: true });
  await room.seals.reveal('m0');
  assert.deepEqual(room.shifted, [['m0', { class: 'pack', epoch: 1 }]]);
  assert.equal(room.records.get('m0').confidential, false);
});

test('after a key change old drafts and notes open to who has the history, and not to who joined without it', async () => {
  const shelf = await changedKey();
  assert.deepEqual(await shelf.opensTo([1, 2]), ['d', 'n', 'p']);
  assert.deepEqual(await shelf.opensTo([2]), ['p']);
});

test('sealed again, drafts and notes open to the older key no more, and keep when they were written', async () => {
  const shelf = await changedKey();
  const room = new Mailroom(1);
  const written = shelf.records.get('d').updatedAt;
  assert.deepEqual(await shelf.opensTo([1]), ['d', 'n']);
  assert.deepEqual(await resealAll(room.seals, shelf.page(), 2, silent), { done: 3, kept: 0, total: 3 });
  assert.deepEqual(await shelf.opensTo([1]), []);
  assert.deepEqual(await shelf.opensTo([2]), ['d', 'n', 'p']);
  assert.equal(shelf.records.get('d').updatedAt, written);
  const uploads = shelf.blobs.size;
  await resealAll(room.seals, shelf.page(), 2, silent);
  assert.equal(shelf.blobs.size, uploads);
});

test('a draft that the server keeps from a newcomer, and one of before this person’s right, stay and are counted', async () => {
  const shelf = await changedKey();
  shelf.refusal = (id) => (id === 'd' ? { type: 'invalidProperties', properties: ['epoch'] } : null);
  assert.deepEqual(await resealAll(new Mailroom(0).seals, shelf.page(), 2, silent), { done: 1, kept: 1, total: 2 });
  shelf.refusal = () => null;
  assert.deepEqual(await resealAll(new Mailroom(0).seals, shelf.page([2]), 2, silent), { done: 1, kept: 1, total: 2 });
  assert.deepEqual(await shelf.opensTo([1]), ['d']);
});

test('a server that cannot be reached ends it, and nothing is counted as done', async () => {
  const shelf = await changedKey();
  shelf.refusal = () => ({ type: 'offline' });
  await assert.rejects(resealAll(new Mailroom(0).seals, shelf.page(), 2, silent), (error) => error instanceof ApiError);
});

test('a draft that was sealed again is written on from there', async () => {
  const shelf = await changedKey();
  const objects = shelf.page();
  const empty = { to: [], cc: [], bcc: [], subject: '', inReplyTo: '', references: '', attachments: [] };
  const drafts = new Drafts(objects);
  const id = await drafts.save({ ...empty, text: 'one' });
  shelf.records.get(id).epoch = 2;
  await resealAll(new Mailroom(0).seals, objects, 2, silent);
  await drafts.save({ ...empty, id, text: 'two' });
  assert.equal((await drafts.list()).find((one) => one.id === id)?.text, 'two');
});

test('what is written while its older text is sealed again is not overwritten by that', async () => {
  const shelf = await changedKey();
  const objects = shelf.page();
  const read = objects.read.bind(objects);
  objects.read = async (record) => {
    const content = await read(record);
    if (record.id === 'd') await objects.write('draft', 'd', 'written meanwhile');
    return content;
  };
  await resealAll(new Mailroom(0).seals, objects, 2, silent);
  assert.equal(await read(/** @type {any} */ (await objects.find('d'))), 'written meanwhile');
});
