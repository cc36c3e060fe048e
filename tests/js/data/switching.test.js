import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { Store } from '../../../static/js/mail/store.js';

const OWN = 'own', WARD = 'ward', COLLEAGUE = 'colleague';
/** What the server says of a person with one mailbox. */
const SESSION = JSON.stringify({ primaryAccounts: { mail: OWN }, accounts: { [OWN]: { name: OWN, isPersonal: true, isReadOnly: false } } });
/** @type {Switching[]} */
const stores = [];

/** A store whose workers, door and furniture write down what they are asked. */
class Switching extends Store {
  /** @type {string[]} */ done = [];
  /** @type {Set<string>} */ known = new Set([OWN]);
  /** What the door throws for a mailbox. @type {Map<string, Error>} */ refused = new Map();
  ready = true;
  /** What is shown half. */ unfurnished = '';
  /** @override */ phase = /** @type {any} */ ('open');

  constructor() {
    super();
    stores.push(this);
    this.mailboxes.current = OWN;
    this.mailboxes.list = /** @type {any} */ ([OWN, WARD, COLLEAGUE].map((id) => ({ id, isPersonal: id === OWN, current: id === OWN })));
    this.threshold = /** @type {any} */ ({
      workroom: { call: async (/** @type {string} */ method, /** @type {string[]} */ [id] = []) => this.#worker(method, id ?? '') },
      door: async () => ({
        ready: this.ready,
        openMailbox: (/** @type {string} */ id) => this.#openMailbox(id),
        openInbox: async () => this.#openMailbox(WARD),
      }),
      present: async () => this.done.push('present'),
      followCard: () => {}, presentCards: () => [], sayLock: async () => {}, dismiss: () => {}, watchCards: async () => {},
    });
  }

  /** @param {string} method @param {string} id */
  #worker(method, id) {
    this.done.push(`${method} ${id}`);
    return method === 'known' && this.known.has(id) ? { mailboxId: id } : null;
  }

  /** @param {string} id */
  async #openMailbox(id) {
    this.done.push(`open ${id}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const error = this.refused.get(id);
    if (error) throw error;
    this.known.add(id);
    return { mailboxId: id };
  }

  /** @override @param {any} opened */
  async furnish({ mailboxId }) {
    this.done.push(`show ${mailboxId}`);
    if (this.unfurnished === mailboxId) throw new Error('offline');
    this.mailboxes.current = mailboxId;
    this.parts = /** @type {any} */ ({ list: { range: async () => mailboxId, stop: () => {} } });
  }

  /** @override */
  async leave() {
    this.done.push('leave');
    this.parts = null;
  }

  /** @override */
  keepKeys() {}

  get shown() {
    return this.mailboxes.current;
  }

  /** @param {Promise<any>} folders when the server says them */
  readLate(folders) {
    this.parts = /** @type {any} */ ({ list: { folders: () => folders, stop: () => {} } });
    return this.readFolders();
  }
}

/** Nothing of a page is here: a socket that stays silent, and no server to count what is unread. */
Object.assign(globalThis, {
  WebSocket: class extends EventTarget { close() {} send() {} },
  location: new URL('https://alice.example/mail/'),
  fetch: async () => new Response('', { status: 401 }),
});
afterEach(async () => { for (const store of stores.splice(0)) await store.lock(); });

test('a mailbox that is open already is shown again without the door', async () => {
  const store = new Switching();
  store.known.add(WARD);
  /** @type {string[]} */
  const heard = [];
  for (const event of ['folders', 'members', 'account']) store.addEventListener(event, () => heard.push(event));
  await store.switchTo(WARD);
  assert.deepEqual(store.done, ['leave', `known ${WARD}`, `show ${WARD}`]);
  assert.deepEqual(heard, ['folders', 'members', 'account']);
  assert.deepEqual(store.accounts.filter(({ current }) => current).map(({ id }) => id), [WARD]);
});

test('another one is opened by the card that is there; a door that is not ready is made so first', async () => {
  const store = new Switching();
  await store.switchTo(COLLEAGUE);
  assert.deepEqual(store.done, ['leave', `known ${COLLEAGUE}`, `open ${COLLEAGUE}`, `show ${COLLEAGUE}`]);
  const later = new Switching();
  later.ready = false;
  await later.switchTo(WARD);
  assert.deepEqual(later.done, ['leave', `known ${WARD}`, 'present', `open ${WARD}`, `show ${WARD}`]);
});

test('the mailbox shown stays while the card program is asked about a new inbox', async () => {
  const honest = mock.method(globalThis, 'fetch', async () => new Response(SESSION, { status: 200, headers: { 'Content-Type': 'application/json' } }));
  try {
    for (const refused of [true, false]) {
      const store = new Switching();
      store.session = /** @type {any} */ ({ person: { name: 'Zoé' } });
      if (refused) store.refused.set(WARD, Object.assign(new Error('no'), { code: 'CONSENT_REFUSED' }));
      await store.openInbox({ address: 'ward@pli.example', name: '', kind: 'ORG' }).catch(() => {});
      assert.deepEqual(store.done, refused ? [`open ${WARD}`] : [`open ${WARD}`, 'leave', `show ${WARD}`]);
    }
  } finally {
    honest.mock.restore();
  }
});

test('the one that is shown is left alone', async () => {
  const store = new Switching();
  await store.switchTo(OWN);
  assert.deepEqual(store.done, []);
});

test('what does not open gives the place back to the one that was there, and says why', async () => {
  const store = new Switching();
  const error = Object.assign(new Error('refused'), { code: 'GRANT_REFUSED' });
  store.refused.set(WARD, error);
  await assert.rejects(store.switchTo(WARD), error);
  assert.deepEqual(store.done.slice(-2), [`known ${OWN}`, `show ${OWN}`]);
  assert.equal(store.shown, OWN);
  assert.equal(await store.list('inbox', { position: 0, limit: 1 }), OWN);
});

test('one that opens and cannot be shown gives the place back too', async () => {
  const store = new Switching();
  store.unfurnished = WARD;
  await assert.rejects(store.switchTo(WARD), /offline/);
  assert.deepEqual(store.done.slice(-2), [`known ${OWN}`, `show ${OWN}`]);
  assert.equal(store.shown, OWN);
});

test('what opens after all was locked is not shown, nor anything in its place', async () => {
  const store = new Switching();
  const switching = store.switchTo(WARD);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await store.lock();
  await assert.rejects(switching, { code: 'locked' });
  assert.deepEqual([store.phase, store.session, store.done.filter((each) => each.startsWith('show'))], ['locked', null, []]);
});

test('folders that the server names late are not those of the next mailbox', async () => {
  const store = new Switching();
  /** @type {(folders: any) => void} */
  let say = () => {};
  const reading = store.readLate(new Promise((said) => { say = said; }));
  await store.switchTo(WARD);
  say([{ id: 'f', name: 'Own folder' }]);
  await reading;
  assert.deepEqual(store.folders, []);
});

test('of two switches the second waits for the first, whether that opened or not', async () => {
  for (const fails of [false, true]) {
    const store = new Switching();
    if (fails) store.refused.set(WARD, new Error('refused'));
    const first = store.switchTo(WARD).catch(() => {});
    await Promise.all([first, store.switchTo(COLLEAGUE)]);
    assert.deepEqual(store.done.filter((each) => each.startsWith('show')), [`show ${fails ? OWN : WARD}`, `show ${COLLEAGUE}`]);
    assert.equal(store.shown, COLLEAGUE);
  }
});

test('a list asked for meanwhile is that of the mailbox to come', async () => {
  const store = new Switching();
  const switching = store.switchTo(WARD);
  assert.equal(await store.list('inbox', { position: 0, limit: 1 }), WARD);
  await switching;
});

test('a right that ended while the person’s own mailbox is shown leaves the list', async () => {
  const honest = mock.method(globalThis, 'fetch', async () => new Response(SESSION, { status: 200, headers: { 'Content-Type': 'application/json' } }));
  const store = new Switching();
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    await store.switchTo(WARD);
    await store.switchTo(OWN);
    const told = new Promise((heard) => { store.addEventListener('accounts', heard, { once: true }); });
    mock.timers.tick(20_000);
    await told;
    assert.deepEqual(store.accounts.map(({ id }) => id), [OWN]);
  } finally {
    await store.lock();
    mock.timers.reset();
    honest.mock.restore();
  }
});

test('an emergency that is over keeps nothing open: a member opens the mailbox by his own key again', async () => {
  const honest = mock.method(globalThis, 'fetch', async () => new Response(SESSION, { status: 200, headers: { 'Content-Type': 'application/json' } }));
  const request = /** @type {any} */ ({ accountId: WARD, mine: true, openedAt: '2026-11-22T09:00:00Z' });
  try {
    for (const [shown, mine, expected] of /** @type {[string, boolean, string[]][]} */ ([
      [WARD, true, ['close', 'leave', `known ${OWN}`, `show ${OWN}`, `drop ${WARD}`]], [OWN, true, ['close', `drop ${WARD}`]], [OWN, false, ['close']],
    ])) {
      const store = new Switching();
      store.emergency = async () => /** @type {any} */ ({ close: async () => store.done.push('close') });
      await store.switchTo(shown);
      store.done = [];
      await store.endEmergency({ ...request, mine });
      assert.deepEqual(store.done, expected);
    }
  } finally {
    honest.mock.restore();
  }
});
