import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_ROWS, pagesOf, scrollToRow, visibleRange } from '../../../static/js/viewers/virtual-list.js';

const view = { rowHeight: 84, viewportHeight: 840, total: 100_000, scrollTop: 0 };

test('only the rows in view and a few more stand in the DOM', () => {
  assert.deepEqual(visibleRange(view), { first: 0, last: 27 });
  assert.deepEqual(visibleRange({ ...view, scrollTop: 84 * 1000 }), { first: 992, last: 1019 });
});

test('never more than sixty rows, however tall the window', () => {
  const { first, last } = visibleRange({ ...view, viewportHeight: 20_000 });
  assert.equal(last - first, MAX_ROWS);
});

test('the end of the list and an empty list have no rows beyond', () => {
  assert.deepEqual(visibleRange({ ...view, scrollTop: 84 * 99_999 }), { first: 99_991, last: 100_000 });
  assert.deepEqual(visibleRange({ ...view, total: 0 }), { first: 0, last: 0 });
  assert.deepEqual(visibleRange({ ...view, total: 1, scrollTop: 84_000 }), { first: 0, last: 1 });
});

test('a row comes into view with the least movement', () => {
  const place = { rowHeight: 84, viewportHeight: 840, scrollTop: 420 };
  assert.equal(scrollToRow({ ...place, index: 2 }), 168);
  assert.equal(scrollToRow({ ...place, index: 6 }), 420);
  assert.equal(scrollToRow({ ...place, index: 20 }), 924);
});

test('a range needs each of its pages once', () => {
  assert.deepEqual(pagesOf({ first: 0, last: 27 }, 50), [0]);
  assert.deepEqual(pagesOf({ first: 40, last: 101 }, 50), [0, 1, 2]);
  assert.deepEqual(pagesOf({ first: 0, last: 0 }, 50), []);
});
