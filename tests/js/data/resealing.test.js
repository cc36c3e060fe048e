import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../static/js/mail/api.js';
import { MessageSeals } from '../../../static/js/mail/message-seals.js';
import { resealAll } from '../../../static/js/mail/resealing.js';

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

test('every older message goes under the newest key, confidential ones excepted', async () => {
  const room = new Mailroom(23);
  Object.assign(room.records.get('m4'), { confidential: true });
  Object.assign(room.records.get('m5'), { epoch: 3, blobId: 'current' });
  const progress = await resealAll(room.seals, 3, silent);
  assert.deepEqual(progress, { done: 23, kept: 0, total: 23 });
  assert.deepEqual(room.epochs().filter((epoch) => epoch !== 3), [1]);
  assert.equal(room.records.get('m5').blobId, 'current');
  assert.deepEqual(room.shifted[0], ['m0', { class: 'pack', epoch: 3 }]);
});

test('stopped in the middle it goes on from there, and does nothing twice', async () => {
  const room = new Mailroom(30);
  const stop = new AbortController();
  await assert.rejects(resealAll(room.seals, 2, { tell: ({ done }) => void (done >= 10 && stop.abort()), signal: stop.signal }), { name: 'AbortError' });
  assert.equal(room.uploads, 10);
  await resealAll(room.seals, 2, silent);
  assert.equal(room.uploads, 30);
  assert.deepEqual(new Set(room.epochs()), new Set([2]));
});

test('what the server keeps from a newcomer, and what does not open, stays and is counted', async () => {
  const room = new Mailroom(3);
  room.refusal = (id) => (id === 'm1' ? { type: 'invalidProperties', properties: ['epoch'] } : null);
  room.beforeSealing = (_method, id) => {
    if (id === 'm2') throw Object.assign(new Error('broken'), { code: 'decrypt-failed' });
  };
  assert.deepEqual(await resealAll(room.seals, 2, silent), { done: 1, kept: 2, total: 3 });
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
  await resealAll(room.seals, 2, { ...silent, rest: async (seconds) => void rests.push(seconds) });
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
