import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';
import { AccessNews } from '../../../static/js/pages/access-news.js';

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
