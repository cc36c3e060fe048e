import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearse } from '../../../static/js/pages/rehearsal.js';

test('a letter of our own is cleaned each time the page is idle, and at no other time', async () => {
  /** @type {string[]} */
  const done = [];
  const load = async () => ({ sanitise: (/** @type {string} */ html) => void done.push(html.startsWith('<html>') ? 'clean' : html) });
  await rehearse(load, async () => void done.push('idle'));
  assert.equal(done.length % 2, 0);
  assert.ok(done.length > 2);
  assert.ok(done.every((each, i) => each === (i % 2 ? 'clean' : 'idle')));
});

test('code that cannot be had is not waited for', async () => {
  await assert.rejects(rehearse(async () => { throw new TypeError('offline'); }, async () => assert.fail('waited')), /offline/);
});
