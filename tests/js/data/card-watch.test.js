import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CardGrant } from '../../../static/js/mail/card-grant.js';
import { CardWatch } from '../../../static/js/mail/card-watch.js';

const ALICE = { card: 'c_a', label: 'CPS Alice Martin', state: 'ready', session: { usesLeft: 498, until: '2026-11-22T14:05:00Z' } };
const BOB = { card: 'c_b', label: 'CPS Bob', state: 'ready', session: null };

/** A bridge's client, or a workroom: calls and events. */
class Bridge extends EventTarget {
  /** @type {any[]} */ cards = [];
  /** @type {string[]} */ calls = [];

  async connect() {
    this.#say('connection', 'ready');
  }

  /** @param {string} method */
  async call(method) {
    this.calls.push(method);
    return { cards: this.cards };
  }

  close() {}

  /** @param {any} card */
  insert(card) {
    this.cards = [...this.cards, card];
    this.#say('card.inserted', { card: card.card });
  }

  /** @param {string} type @param {any} detail */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** @param {Bridge} bridge @param {string[] | null} known */
async function watched(bridge, known) {
  /** @type {string[]} */
  const seen = [];
  const watch = new CardWatch({ ports: [28610], known, client: /** @type {any} */ (bridge) });
  watch.addEventListener('card', (event) => seen.push(/** @type {CustomEvent} */ (event).detail.card));
  await watch.start();
  await settled();
  return seen;
}

test('where nobody had looked before the lock, what lies there was not put in', async () => {
  const bridge = new Bridge();
  bridge.cards = [BOB];
  const seen = await watched(bridge, null);
  assert.deepEqual(seen, []);
  bridge.insert(ALICE);
  await settled();
  assert.deepEqual(seen, ['c_a']);
});

test('a card that is put in is told; those that lay there are not', async () => {
  const bridge = new Bridge();
  bridge.cards = [BOB];
  const seen = await watched(bridge, ['c_b']);
  assert.deepEqual(seen, []);
  bridge.insert(ALICE);
  await settled();
  assert.deepEqual(seen, ['c_a']);
});

test('a card put in while the watch was on its way is told', async () => {
  const bridge = new Bridge();
  bridge.cards = [BOB];
  assert.deepEqual(await watched(bridge, ['c_a']), ['c_b']);
});

test('a card that cannot log in is not offered', async () => {
  const bridge = new Bridge();
  const seen = await watched(bridge, []);
  bridge.insert({ ...BOB, state: 'pin-locked' });
  await settled();
  assert.deepEqual(seen, []);
});

test('watching asks for nothing that a prompt could follow', async () => {
  const bridge = new Bridge();
  await watched(bridge, []);
  bridge.insert(ALICE);
  await settled();
  assert.deepEqual([...new Set(bridge.calls)].sort(), ['card.list', 'card.subscribe']);
});

test('the grant is that of the own card, and follows what the bridge tells', async () => {
  Object.assign(globalThis, { localStorage: { getItem: () => 'c_a' } });
  const room = new Bridge();
  room.cards = [BOB, ALICE];
  const grant = new CardGrant(/** @type {any} */ (room));
  await settled();
  assert.deepEqual(grant.current, ALICE.session);
  assert.deepEqual(grant.present, ['c_b', 'c_a']);
  room.cards = [BOB, { ...ALICE, session: null }];
  room.dispatchEvent(new CustomEvent('grant-ended', { detail: { card: 'c_a', reason: 'expired' } }));
  await settled();
  assert.equal(grant.current, null);
  grant.stop();
});
