import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasBook, onlyReadsHere, preparesHere, writingMode } from '../../../static/js/pages/letter-mode.js';

/** @param {any} members @returns {any} */
const account = (members = {}) => ({ id: 'a', kind: 'PER', isPersonal: false, current: true, profile: 'secretary', ...members });
/** @param {string} role @param {string} [level] @returns {any} */
const session = (role, level = 'full') => ({ role, level });
/** @param {any} who @param {any} where @param {string[]} [letters] @returns {any} */
const store = (who, where, letters = []) => ({ session: who, accounts: [where], book: { letterOf: (/** @type {string} */ id) => letters.includes(id) } });

test('whoever may not sign as the practitioner prepares letters', () => {
  assert.equal(preparesHere(session('reader'), account()), true);
  assert.equal(preparesHere(session('reader'), account({ profile: 'replacement' })), true);
  assert.equal(preparesHere(session('sender'), account()), true);
  assert.equal(preparesHere(session('sender'), account({ profile: 'replacement' })), false);
});

test('nobody prepares in his own mailbox, in a service’s, or in one opened to read for an hour', () => {
  assert.equal(preparesHere(session('owner'), account({ isPersonal: true, profile: 'member' })), false);
  assert.equal(preparesHere(session('reader'), account({ kind: 'ORG' })), false);
  assert.equal(preparesHere(session('reader', 'recovery'), account()), false);
  assert.equal(preparesHere(null, account()), false);
});

test('a reader of a service’s mailbox writes nothing; anybody else sends or prepares', () => {
  assert.equal(onlyReadsHere(session('reader'), account({ kind: 'ORG', profile: 'member' })), true);
  assert.equal(onlyReadsHere(session('sender'), account({ kind: 'ORG', profile: 'member' })), false);
  assert.equal(onlyReadsHere(session('reader'), account()), false);
  assert.equal(onlyReadsHere(session('owner'), account({ isPersonal: true })), false);
});

test('the composer sends, hands over, or keeps a correction', () => {
  const own = account({ isPersonal: true, profile: 'member' });
  const [one, other] = /** @type {any[]} */ ([{ id: 'd1' }, {}]);
  assert.equal(writingMode(store(session('reader'), account()), other), 'prepare');
  assert.equal(writingMode(store(session('owner'), own, ['d1']), one), 'correct');
  assert.equal(writingMode(store(session('owner'), own), one), 'send');
  assert.equal(writingMode(store(session('owner'), own, ['d1']), other), 'send');
});

test('the book is shown to its owner and to those who prepare', () => {
  assert.equal(hasBook(session('owner'), account({ isPersonal: true })), true);
  assert.equal(hasBook(session('reader'), account()), true);
  assert.equal(hasBook(session('sender'), account({ profile: 'replacement' })), false);
  assert.equal(hasBook(session('owner'), account({ kind: 'ORG' })), false);
});
