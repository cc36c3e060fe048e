import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';

Object.assign(globalThis.document, { querySelector: () => null, getElementById: () => null });
const nothingKept = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
// Some Nodes have some of these, without what a browser's have.
for (const [name, value] of Object.entries({
  sessionStorage: nothingKept,
  localStorage: nothingKept,
  navigator: { vendor: '' },
  location: { protocol: 'http:', origin: 'http://alice.localhost' },
})) Object.defineProperty(globalThis, name, { value, configurable: true });
const { LoginFlow } = await import('../../../static/js/pages/login.js');

/** The store of a page whose bridge has two cards, and says so when it is let. */
class Bridge extends EventTarget {
  /** @type {() => void} */ ready = () => {};

  connectBridge() {
    return new Promise((resolve) => { this.ready = () => resolve(undefined); });
  }

  async cards() {
    return { cards: ['a', 'b'].map((card) => ({ card, state: 'ready' })) };
  }

  /** @param {string} state */
  tell(state) {
    this.dispatchEvent(new CustomEvent('bridge', { detail: state }));
  }
}

/** @param {() => boolean} done */
async function until(done) {
  const end = Date.now() + 60_000;
  while (!done()) {
    assert.ok(Date.now() < end);
    await new Promise((next) => { setTimeout(next, 5); });
  }
}

/** An entrance whose person just asked for the card; the steps it showed, in order. */
function entrance() {
  const bridge = new Bridge();
  /** @type {string[]} */
  const shown = [];
  const flow = new LoginFlow(/** @type {any} */ (bridge), (/** @type {any} */ state) => void shown.push(state.login.step), { finished: () => {} });
  return { bridge, shown, flow };
}

test('a screen that still loads when the cards are there does not take their place', async () => {
  const { bridge, shown, flow } = entrance();
  flow.start('nobody’s');
  bridge.tell('asking'); // its screen is fetched
  bridge.tell('ready');
  bridge.ready();
  await until(() => shown.at(-1) === 'cards');
  await until(() => flow.bridgeStepView !== undefined);
  await new Promise((next) => { setTimeout(next, 50); });
  assert.equal(shown.at(-1), 'cards');
});

test('a screen that nothing overtakes is shown once it has loaded', async () => {
  const { bridge, shown, flow } = entrance();
  flow.start('nobody’s');
  bridge.tell('asking');
  await until(() => shown.at(-1) === 'asking');
  bridge.tell('ready');
  assert.equal(shown.at(-1), 'looking');
});

/** An entrance whose mailbox opens by a recovery code; what the store was asked, and how often it was drawn. */
function entranceByCode() {
  const asked = /** @type {string[]} */ ([]);
  const store = Object.assign(new Bridge(), {
    logInWithRecovery: async (/** @type {string} */ _address, /** @type {string} */ code) => void asked.push(code),
    openMailbox: async () => {},
    renewCard: async (/** @type {{code: string}} */ { code }) => void asked.push(code),
  });
  let drawn = 0;
  /** @type {() => void} */
  let finished = () => {};
  const finish = new Promise((resolve) => { finished = () => resolve(undefined); });
  const flow = new LoginFlow(/** @type {any} */ (store), () => { drawn += 1; }, { finished });
  return { store, flow, asked, finish, drawn: () => drawn };
}

test('once the mailbox is open the entrance holds no code, and hears nothing more', async () => {
  for (const enter of [(/** @type {any} */ flow) => flow.actions.useCode('zoe@pli.example', 'CODE'), (/** @type {any} */ flow) => flow.actions.renew({ code: 'CODE' })]) {
    const { store, flow, asked, finish, drawn } = entranceByCode();
    enter(flow);
    await finish;
    assert.doesNotMatch(JSON.stringify(flow.state), /CODE/);
    flow.actions.retry();
    assert.deepEqual(asked, ['CODE']);
    const before = drawn();
    store.tell('asking');
    store.dispatchEvent(new CustomEvent('pairing', { detail: { digits: '123456' } }));
    await new Promise((next) => { setTimeout(next, 50); });
    assert.equal(drawn(), before);
  }
});

test('whoever goes back leaves no code behind', async () => {
  const { store, flow, asked } = entranceByCode();
  store.openMailbox = () => Promise.reject(Object.assign(new Error('no'), { code: 'LOG_REFUSED' }));
  flow.actions.useCode('zoe@pli.example', 'CODE');
  await until(() => flow.state.error !== undefined);
  flow.actions.back();
  flow.actions.retry();
  assert.deepEqual(asked, ['CODE']);
});
