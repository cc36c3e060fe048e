import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import '../viewers/no-dom.js';
import { rememberEntrance } from '../../../static/js/mail/workroom.js';
import { reopen } from '../../../static/js/pages/locked.js';

/** @type {Map<string, string>} */
const kept = new Map();

beforeEach(() => {
  kept.clear();
  Object.assign(globalThis, { localStorage: { getItem: (/** @type {string} */ name) => kept.get(name) ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value) } });
});

/** @returns {Promise<string[]>} what the button asks of the store */
async function unlocked() {
  /** @type {string[]} */
  const asked = [];
  await reopen({ openMailbox: async () => void asked.push('open'), logout: async () => void asked.push('log out') });
  return asked;
}

test('after a recovery code “Unlock” asks no card and no bridge: the code is typed at the entrance', async () => {
  rememberEntrance({ card: 'a-card-of-before' });
  rememberEntrance('code');
  assert.deepEqual(await unlocked(), ['log out']);
});

test('a card or a passkey opens again where it is', async () => {
  assert.deepEqual(await unlocked(), ['open']);
  rememberEntrance('passkey');
  assert.deepEqual(await unlocked(), ['open']);
  rememberEntrance({ card: 'next' });
  assert.deepEqual(await unlocked(), ['open']);
});

test('nothing of the code stays on the device but that it was one', () => {
  rememberEntrance('code');
  assert.deepEqual([...kept.values()], ['code']);
});
