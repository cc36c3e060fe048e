import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountsOf, readUnread, withNews } from '../../../static/js/mail/accounts.js';
import { CAPABILITIES } from '../../../static/js/mail/api.js';

/** @param {string} name @param {boolean} isPersonal @param {object} [told] */
const account = (name, isPersonal, told = {}) =>
  /** @type {any} */ ({ name, isPersonal, isReadOnly: false, accountCapabilities: { [CAPABILITIES.keys]: told } });
const SESSION = {
  d: account('alice@pli.example', false, { kind: 'PER', role: 'reader', profile: 'replacement', until: '2026-11-28T12:00:00Z', name: 'Alice Martin', members: 2 }),
  s: account('maternite@pli.example', false, { kind: 'ORG', role: 'sender', name: '', members: 4 }),
  own: account('bob@pli.example', true, { kind: 'PER', role: 'owner', name: 'Bob Roux', members: 2 }),
};

test('a person’s own mailbox stands first, services next, those of colleagues last', () => {
  assert.deepEqual(accountsOf(SESSION, 'own', []).map(({ id }) => id), ['own', 's', 'd']);
});

test('each says whose it is, as what one is there and until when', () => {
  const [, , delegated] = accountsOf(SESSION, 'own', []);
  assert.deepEqual([delegated?.name, delegated?.role, delegated?.profile, delegated?.until], ['Alice Martin', 'reader', 'replacement', '2026-11-28T12:00:00Z']);
});

test('news and counts of others survive a look at the session, those of the one shown are over', () => {
  const before = withNews(accountsOf(SESSION, 'own', []), ['d', 's', 'own']).map((each) => ({ ...each, unread: 3 }));
  const after = accountsOf(SESSION, 's', before);
  assert.deepEqual(after.map(({ news }) => news), [false, false, true]);
  assert.deepEqual(after.map(({ unread }) => unread), [3, 3, 3]);
});

test('unread mail is that of the inbox, or of the folders one may see', async () => {
  /** @type {Record<string, any>} */
  const folders = {
    s: [{ role: 'inbox', unreadEmails: 2 }, { role: 'trash', unreadEmails: 9 }],
    d: [{ role: null, unreadEmails: 3 }, { role: null, unreadEmails: 1 }],
  };
  const api = { call: async (/** @type {string} */ _method, /** @type {any} */ { accountId }) => ({ list: folders[accountId] }) };
  assert.deepEqual([...await readUnread(api, ['s', 'd'])], [['s', 2], ['d', 4]]);
});

test('a mailbox that answers no more does not hide the counts of the others', async () => {
  const api = { call: async (/** @type {string} */ _method, /** @type {any} */ { accountId }) => (accountId === 'gone' ? Promise.reject(new Error('accountNotFound')) : { list: [] }) };
  assert.deepEqual([...await readUnread(api, ['gone', 's'])], [['s', 0]]);
});
