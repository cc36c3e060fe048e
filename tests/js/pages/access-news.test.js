import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';
import { AccessNews, limitText } from '../../../static/js/pages/access-news.js';

const CARD = { id: 'c', kind: 'card', blocked: false, bodyHash: 'h', expiresAt: '2099-01-01T00:00:00Z' };
const CODE = { ...CARD, id: 'k', kind: 'recovery', expiresAt: null };

/** @param {{rules?: string[], isPersonal?: boolean, unlockers?: object[], bridge?: boolean}} change */
async function read({ rules = ['recovery-required'], isPersonal = true, unlockers = [CARD], bridge = true }) {
  const store = {
    session: { level: 'full', bridge, role: 'owner' }, accounts: [{ current: true, isPersonal, rules }], members: [{}],
    unlockers: async () => ({ list: async () => unlockers }), emergency: async () => ({ requests: async () => [] }), readMembers: async () => [],
  };
  const news = new AccessNews(/** @type {any} */ (store), () => {});
  await news.read();
  return news.alone;
}

test('where the establishment asks for a second way, whoever has one alone is reminded', async () => {
  assert.equal(await read({}), true);
  assert.equal(await read({ bridge: false, unlockers: [{ ...CARD, kind: 'passkey' }] }), true);
  assert.equal(await read({ unlockers: [{ ...CODE, blocked: true }, CARD] }), true);
});

test('nobody else is: with two ways, without the rule, in a mailbox of somebody else', async () => {
  assert.equal(await read({ unlockers: [CARD, CODE] }), false);
  assert.equal(await read({ rules: ['card-required'] }), false);
  assert.equal(await read({ isPersonal: false }), false);
});

const REQUEST = { id: 'r', accountId: 'a', mine: false, createdAt: '2026-11-22T08:00:00Z', openedAt: null, closesAt: null, endedAt: null, messageLimit: 2, messagesOpened: 0 };
const LATER = new Date(Date.now() + 3_600_000).toISOString();
const EARLIER = new Date(Date.now() - 3_600_000).toISOString();

/** @param {object[]} requests @param {object} [session] */
async function newsOf(requests, session = {}) {
  const store = {
    session: { level: 'full', bridge: true, role: 'owner', mailbox: { id: 'a' }, ...session }, accounts: [{ id: 'a', current: true, isPersonal: true, rules: [] }], members: [{}], lapsed: [],
    unlockers: async () => ({ list: async () => [CARD, CODE] }), emergency: async () => ({ requests: async () => requests }), readMembers: async () => [],
  };
  const news = new AccessNews(/** @type {any} */ (store), () => {});
  await news.readRequests();
  return news;
}

test('whom a change of the key left without an answer is named until it is noted', () => {
  const store = { session: { level: 'full', bridge: true, role: 'owner', mailbox: { id: 'a', address: 'a@pli.example' } }, accounts: [], lapsed: [{ address: 'a@pli.example', names: ['Bob Roux', 'Eve\u202e\nAdmin'] }], forgetLapsed() { this.lapsed = []; } };
  const news = new AccessNews(/** @type {any} */ (store), () => {});
  assert.match(textOf(news.view()), /The key of a@pli\.example was changed\. To be proposed again: Bob Roux, Eve Admin\./);
  assert.match(textOf(news.view()), /go-members/);
  store.session.mailbox.address = 'other@pli.example';
  assert.doesNotMatch(textOf(news.view()), /go-members/);
  store.forgetLapsed();
  assert.doesNotMatch(textOf(news.view()), /data-news="lapsed"/);
});

test('whoever was away during an emergency hears of it when he is back, until he has noted it', async () => {
  const kept = new Map();
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: { getItem: (/** @type {string} */ name) => kept.get(name) ?? null } });
  const over = { ...REQUEST, openedAt: EARLIER, closesAt: EARLIER };
  assert.equal((await newsOf([over])).past.length, 1);
  assert.equal((await newsOf([{ ...over, accountId: 'of somebody else' }])).past.length, 0);
  assert.equal((await newsOf([{ ...over, mine: true }])).past.length, 0);
  assert.equal((await newsOf([{ ...over, openedAt: '2020-01-01T00:00:00Z', closesAt: '2020-01-01T01:00:00Z' }])).past.length, 0);
  assert.equal((await newsOf([{ ...REQUEST, endedAt: EARLIER }])).past.length, 0); // refused: nobody read
  const going = await newsOf([{ ...over, closesAt: LATER }]);
  assert.deepEqual([going.requests.length, going.past.length], [1, 0]);
  kept.set('pli-emergencies-noted', '["r"]');
  assert.equal((await newsOf([over])).past.length, 0);
  for (const broken of ['[', '', 'null', '{"r": 1}', '"r"']) {
    kept.set('pli-emergencies-noted', broken);
    assert.equal((await newsOf([over])).past.length, 1, broken);
  }
});

/** @param {any} view of lit @returns {string} its words and names */
const textOf = (view) => (Array.isArray(view) ? view.map(textOf).join(' ') : view?.strings ? [...view.strings, ...view.values.map(textOf)].join(' ') : String(view));

test('the record of accesses is offered where it is that of the mailbox read, and open to this person', async () => {
  const over = { ...REQUEST, id: 'over', openedAt: EARLIER, closesAt: EARLIER, requesterName: 'Eve', reason: 'x', address: 'a@pli.example' };
  const offered = async (/** @type {object} */ session) => /Who has read/.test(textOf((await newsOf([over], session)).view()));
  assert.equal(await offered({}), true);
  assert.equal(await offered({ mailbox: { id: 'another' } }), false);
  assert.equal(await offered({ role: 'manager' }), false);
});

test('an emergency session says how many messages it may still open', async () => {
  const own = { ...REQUEST, mine: true, openedAt: EARLIER, closesAt: LATER, messagesOpened: 1 };
  assert.equal(limitText((await newsOf([own], { level: 'recovery', role: 'reader' })).own), 'You may still open 1 message; those that you opened stay readable.');
  assert.equal(limitText({ .../** @type {any} */ (own), messagesOpened: 2 }), 'You have opened as many messages as its owner allows; those that you opened stay readable.');
  assert.equal(limitText({ .../** @type {any} */ (own), messageLimit: 0 }), '');
  assert.equal((await newsOf([{ ...own, accountId: 'b' }], { level: 'recovery', role: 'reader' })).own, null);
});
