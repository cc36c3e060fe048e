import assert from 'node:assert/strict';
import { test } from 'node:test';
import { release } from '../../../static/js/cms/release.js';

test('what is released is gone for everybody who held it, once and again', () => {
  const whole = new Uint8Array(2_000_000).fill(7);
  const view = whole.subarray(10, 20);
  release(view);
  release(view);
  assert.deepEqual([whole.length, view.length], [0, 0]);
});

test('what is small is left to the engine', () => {
  const small = new Uint8Array(1_000).fill(7);
  release(small);
  assert.equal(small.length, 1_000);
});
