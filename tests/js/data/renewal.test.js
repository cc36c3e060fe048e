import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaced, takePlace } from '../../../static/js/mail/renewal.js';

/** @param {string} reference @param {object} [more] @returns {any} */
const member = (reference, more = {}) => ({ kind: 'card', reference, bodyHash: `body-${reference}`, state: 'active', own: true, role: 'owner', idType: 'RPPS', idValue: '1', ...more });
/** @param {string} bodyHash @param {string | null} expiresAt @returns {any} */
const unlocker = (bodyHash, expiresAt) => ({ kind: 'card', bodyHash, expiresAt });
const ME = { idType: 'RPPS', idValue: '1' };

/** @param {any[]} members */
function acts(members) {
  /** @type {any[]} */
  const done = [];
  return { done, read: async () => members, renewCard: async (/** @type {string} */ card, /** @type {any} */ old) => void done.push(['renew', card, old.bodyHash]), addCard: async (/** @type {string} */ card, /** @type {string} */ role) => void done.push(['add', card, role]) };
}

test('the card that ends first gives way', () => {
  const members = [member('late'), member('soon')];
  assert.equal(replaced(members, [unlocker('body-late', '2029-01-01T00:00:00Z'), unlocker('body-soon', '2026-12-01T00:00:00Z')], ME)?.reference, 'soon');
});

test('[N18] nobody else’s card gives way, nor one that has ended', () => {
  const members = [member('colleague', { own: false, idValue: '2' }), member('gone', { state: 'ended' }), member('key', { kind: 'passkey' })];
  assert.equal(replaced(members, [], ME), null);
});

test('where the old card is blocked already the new one is simply added', async () => {
  const members = [member('key', { kind: 'passkey' })];
  const mailbox = acts(members);
  await takePlace(mailbox, { list: async () => [] }, 'new', { rppsNumber: '1' });
  assert.deepEqual(mailbox.done, [['add', 'new', 'owner']]);
});

test('one act puts the new card in the place of the old one', async () => {
  const mailbox = acts([member('old')]);
  await takePlace(mailbox, { list: async () => [] }, 'new', { rppsNumber: '1' });
  assert.deepEqual(mailbox.done, [['renew', 'new', 'body-old']]);
});
