import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { emergencyView } from '../../../static/js/viewers/emergency-view.js';

const REQUEST = {
  id: 'r', accountId: 'a', address: 'a@pli.example', policyId: 'p', requesterName: 'Bob Roux', requesterRppsNumber: '', mine: false, request: '', reason: 'Urgent',
  createdAt: '2026-11-22T08:00:00Z', released: 2, releases: [], openedAt: null, closesAt: null, endedAt: null, messageLimit: 0, messagesOpened: 0,
};
const WAY = { holders: [{ idValue: '10000000001', name: 'Alice', idType: 'RPPS' }], threshold: 3 };

/** @param {any} view of lit @returns {string} its words and names */
const textOf = (view) => (Array.isArray(view) ? view.map(textOf).join(' ') : view?.strings ? [...view.strings, ...view.values.map(textOf)].join(' ') : String(view));

/** @param {object} change @returns {string[]} the acts that the page offers */
const offered = (change) => [...textOf(emergencyView(/** @type {any} */ ({
  bridge: true, managed: new Set(['a']), rppsNumber: '10000000001', requests: [REQUEST], policies: new Map([['p', WAY]]), given: new Set(), asked: null, acting: '', done: '', error: null,
  actions: {}, ...change,
}))).matchAll(/data-action="([a-z-]+)"/g)].map(([, name]) => String(name));

test('an owner without a card sees who asks for his mailbox, and can end it', () => {
  assert.deepEqual(offered({ bridge: false }), ['refuse']);
  assert.deepEqual(offered({}), ['release', 'refuse', 'find-ways']);
});

test('who holds a share, and manages nothing of that mailbox, gives it or not, and ends nothing', () => {
  assert.deepEqual(offered({ managed: new Set(['other']) }), ['release', 'find-ways']);
  assert.deepEqual(offered({ managed: new Set(), bridge: false }), []);
});

test('without a card nothing is asked for, given or opened, and who only reads ends nothing', () => {
  const mine = { ...REQUEST, mine: true, openedAt: '2026-11-22T08:10:00Z', closesAt: '2026-11-22T09:10:00Z' };
  assert.deepEqual(offered({ bridge: false, requests: [mine] }), ['close-request']);
  assert.deepEqual(offered({ requests: [mine] }), ['open-shares', 'close-request', 'find-ways']);
  assert.match(textOf(emergencyView(/** @type {any} */ ({ bridge: false, managed: new Set(), requests: [], actions: {} }))), /Shares are sealed to cards: log in with yours\./);
});
