import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitting, mergeRows, Packs, ROWS_PER_PACK } from '../../../static/js/mail/packs.js';

/** @param {string} id @param {any} [members] @returns {any} */
const row = (id, members = {}) => ({ id, v: 1, subject: id, ...members });
/** @param {number} count @param {number} [start] */
const rows = (count, start = 0) => Array.from({ length: count }, (_, index) => row(`m${start + index}`));
const packs = () => new Packs((epoch, ordinal) => `pack${epoch > 1 ? `${epoch}-` : ''}${ordinal}`);

test('rows fill a pack to 250, then the next', () => {
  const shelf = packs();
  shelf.add(rows(ROWS_PER_PACK + 1), 1);
  const [first, second] = shelf.toWrite();
  assert.equal(first.rows.length, ROWS_PER_PACK);
  assert.equal(second.rows.length, 1);
  assert.deepEqual([first.id, first.version, second.id], ['pack0', 1, 'pack1']);
});

test('a row is added once', () => {
  const shelf = packs();
  shelf.add(rows(2), 1);
  shelf.add(rows(3), 1);
  assert.equal(shelf.toWrite()[0].rows.length, 3);
});

test('what is written is clean, unless it changed meanwhile', () => {
  const shelf = packs();
  shelf.add(rows(2), 1);
  const [pack] = shelf.toWrite();
  shelf.update('m0', { state: 'S1' });
  shelf.written(pack);
  const [again] = shelf.toWrite();
  assert.equal(again.version, 2);
  shelf.written(again);
  assert.deepEqual(shelf.toWrite(), []);
});

test('a loaded pack is not written again by itself', () => {
  const shelf = packs();
  shelf.load({ id: 'pack0', version: 4, epoch: 1 }, rows(2));
  assert.deepEqual(shelf.toWrite(), []);
  shelf.update('m0', { subject: 'm0' });
  assert.deepEqual(shelf.toWrite(), []);
});

test('the loser of a compare-and-set re-reads and merges: nobody’s rows are lost', () => {
  const mine = packs();
  mine.load({ id: 'pack0', version: 1, epoch: 1 }, rows(1));
  mine.add([row('mine')], 1);
  mine.update('m0', { state: 'S1', cek: 'k' });
  mine.load({ id: 'pack0', version: 2, epoch: 1 }, [row('m0', { keys: [{ mac: 'a', hash: 'h', algorithm: 'o' }] }), row('theirs')]);
  const [merged] = mine.toWrite();
  assert.equal(merged.version, 3);
  assert.deepEqual(merged.rows.map(({ id }) => id).sort(), ['m0', 'mine', 'theirs']);
  const first = merged.rows.find(({ id }) => id === 'm0');
  assert.equal(first?.state, 'S1');
  assert.deepEqual(first?.keys, [{ mac: 'a', hash: 'h', algorithm: 'o' }]);
});

test('a removed row leaves its pack', () => {
  const shelf = packs();
  shelf.load({ id: 'pack0', version: 1, epoch: 1 }, rows(2));
  shelf.remove(['m0', 'unknown']);
  assert.equal(shelf.row('m0'), undefined);
  assert.deepEqual(shelf.toWrite()[0].rows.map(({ id }) => id), ['m1']);
});

test('the table of used keys only grows, and the first content stays', () => {
  const used = { mac: 'a', hash: 'h', algorithm: 'o' };
  const merged = mergeRows(row('m', { keys: [used] }), row('m', { keys: [{ mac: 'b', hash: 'i', algorithm: 'o' }] }));
  assert.deepEqual(merged.keys?.map(({ mac }) => mac), ['a', 'b']);
  const shelf = packs();
  shelf.load({ id: 'pack0', version: 1, epoch: 1 }, [row('m0', { keys: [used] }), row('m1', { keys: [{ ...used, hash: 'other' }] })]);
  assert.deepEqual(shelf.usedKey('a'), { hash: 'h', algorithm: 'o', messageId: 'm0' });
  assert.equal(shelf.usedKey('b'), null);
});

test('one message does not weigh on the others of its pack', () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `${i}`.repeat(40));
  const kept = fitting(names);
  assert.ok(JSON.stringify(kept).length < 5_000);
  assert.deepEqual(kept, names.slice(0, kept.length));
  assert.deepEqual(fitting(['a', 'b']), ['a', 'b']);
});

test('a pack holds rows of one epoch, and is sealed under it for ever', () => {
  const shelf = packs();
  shelf.add(rows(2), 1);
  shelf.load({ id: 'pack2-0', version: 3, epoch: 2 }, [row('later')]);
  shelf.add([row('old')], 1);
  shelf.add([row('new')], 2);
  const written = shelf.toWrite();
  assert.deepEqual(written.map(({ id, epoch, version, rows: held }) => ({ id, epoch, version, ids: held.map((each) => each.id) })), [
    { id: 'pack0', epoch: 1, version: 1, ids: ['m0', 'm1', 'old'] },
    { id: 'pack2-0', epoch: 2, version: 4, ids: ['later', 'new'] },
  ]);
  assert.deepEqual([shelf.epochOf('old'), shelf.epochOf('new'), shelf.epochOf('none')], [1, 2, undefined]);
});

const lists = () => new Packs((epoch, ordinal, listClass) => `${listClass}${epoch}-${ordinal}`);

test('a row that goes to the owners leaves the list of everybody, and the key of its former seal', () => {
  const shelf = lists();
  shelf.add([row('m0', { cek: 'former' }), row('m1')], 1);
  shelf.shift('m0', { class: 'confidential', epoch: 1 });
  assert.equal(shelf.isConfidential('m0'), true);
  assert.equal(shelf.isConfidential('m1'), false);
  const written = Object.fromEntries(shelf.toWrite().map((pack) => [pack.class, pack.rows]));
  assert.deepEqual(written.pack.map(({ id }) => id), ['m1']);
  assert.deepEqual(written.confidential, [row('m0')]);
});

test('a list of everybody that still holds such a row is written again without it', () => {
  const shelf = lists();
  shelf.load({ id: 'confidential1-0', version: 1, epoch: 1, class: 'confidential' }, [row('m0')]);
  shelf.load({ id: 'pack1-0', version: 4, epoch: 1 }, [row('m0', { cek: 'former' }), row('m1')]);
  const [pack] = shelf.toWrite();
  assert.deepEqual([pack.id, pack.version, pack.rows.map(({ id }) => id)], ['pack1-0', 5, ['m1']]);
  assert.equal(shelf.row('m0')?.cek, undefined);
});

test('read the other way round it is the same', () => {
  const shelf = lists();
  shelf.load({ id: 'pack1-0', version: 4, epoch: 1 }, [row('m0'), row('m1')]);
  shelf.load({ id: 'confidential1-0', version: 1, epoch: 1, class: 'confidential' }, [row('m0')]);
  assert.equal(shelf.isConfidential('m0'), true);
  assert.deepEqual(shelf.toWrite().map(({ id }) => id), ['pack1-0']);
});

test('a row that another client took out may come again', () => {
  const shelf = lists();
  shelf.load({ id: 'pack1-0', version: 1, epoch: 1 }, [row('m0')]);
  shelf.load({ id: 'pack1-0', version: 2, epoch: 1 }, []);
  assert.equal(shelf.row('m0'), undefined);
  shelf.add([row('m0')], 1);
  assert.equal(shelf.row('m0')?.id, 'm0');
});
