import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seenVersions } from '../../../static/js/mail/furniture.js';

/** @type {Map<string, string>} */
const kept = new Map();
Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: {
  getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
  setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value),
} });

test('two windows of one mailbox take from each other nothing of what they saw', () => {
  const [one, other] = [seenVersions('m'), seenVersions('m')];
  one.accept('pins', 5);
  other.accept('pins', 4);
  other.accept('draft', 1);
  const later = seenVersions('m');
  assert.throws(() => later.accept('pins', 4), { code: 'object-rolled-back' });
  assert.throws(() => later.accept('draft', 0), { code: 'object-rolled-back' });
});

test('what was destroyed is remembered no longer, and of another mailbox nothing is known', () => {
  const seen = seenVersions('n');
  seen.accept('draft', 3);
  seen.forget('draft');
  seenVersions('n').accept('draft', 1);
  seenVersions('o').accept('pins', 1);
});
