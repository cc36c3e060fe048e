import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BridgeCheck } from '../../../static/js/bridge/check.js';
import { BridgeError, PORTS } from '../../../static/js/bridge/messages.js';

const CARD = { card: 'c_1', reader: 'Twin', label: 'CPS', state: 'ready', tries: 3, keys: [] };

/** A desk: browser, ports, bridge and cards, as the check meets them. */
class Desk {
  /** @type {import('../../../static/js/bridge/permission.js').Permission} */ permission = 'granted';
  /** @type {Map<number, string>} */ ports = new Map([[28610, 'bridge']]);
  /** @type {string | null} */ refusal = null;
  /** @type {any} */ list = { cards: [CARD] };
  status = { version: '0.1.0', protocol: 'pli-bridge.1', readers: [{ id: 'r', name: 'Twin', pinpad: false }], modules: [{ id: 'm', state: 'ready' }], mailboxes: [] };
  busy = false;
  /** @type {any[]} */ clients = [];
  /** @type {number[]} */ asked = [];
  permissionStatus = new EventTarget();

  get surroundings() {
    return /** @type {any} */ ({
      client: () => this.client(),
      holder: async (/** @type {number} */ port) => {
        this.asked.push(port);
        return { port, kind: this.ports.get(port) ?? 'closed', protocols: ['pli-bridge.1'] };
      },
      permission: async () => this.permission,
      permissionStatus: async () => this.permissionStatus,
    });
  }

  client() {
    const desk = this;
    const client = Object.assign(new EventTarget(), {
      port: 28610,
      closed: false,
      paired: false,
      /** @type {boolean[]} */ agreed: [],
      connect: async () => { if (desk.refusal) throw new BridgeError(desk.refusal); },
      async pair() {
        client.dispatchEvent(new CustomEvent('pairing', { detail: { digits: '402 917' } }));
        while (!client.agreed.length) await new Promise((resolve) => setImmediate(resolve));
        if (!client.agreed[0]) throw new BridgeError('pairing-refused');
        desk.refusal = null;
      },
      agree: (/** @type {boolean} */ same) => client.agreed.push(same),
      close() { client.closed = true; },
      async call(/** @type {string} */ method) {
        if (method === 'bridge.status' && desk.busy) throw new BridgeError('BUSY');
        if (method === 'card.list' && desk.list instanceof Error) throw desk.list;
        return { 'bridge.status': desk.status, 'card.list': desk.list, 'card.subscribe': {}, 'diag.report': { report: 'bridge 0.1.0\n' } }[method];
      },
    });
    this.clients.push(client);
    return client;
  }
}

/** @type {BridgeCheck[]} */
const checks = [];
/** @type {Map<string, string>} */
const kept = new Map();
beforeEach(() => {
  kept.clear();
  Object.assign(globalThis, { sessionStorage: { getItem: (/** @type {string} */ name) => kept.get(name) ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => kept.set(name, value) } });
  Object.defineProperty(globalThis, 'navigator', { value: { vendor: 'Google Inc.' }, configurable: true });
  Object.assign(globalThis, { location: { protocol: 'https:' } });
});
afterEach(() => checks.splice(0).forEach((check) => check.stop()));

/** @param {Desk} desk */
async function started(desk) {
  const check = new BridgeCheck({ ports: PORTS, surroundings: desk.surroundings });
  checks.push(check);
  await check.start();
  return check;
}

/** @param {BridgeCheck} check @param {string} code */
async function until(check, code) {
  while (check.finding.code !== code) await new Promise((resolve) => check.addEventListener('change', resolve, { once: true }));
}

test('where the browser would ask, nothing is opened before a click', async () => {
  const desk = new Desk();
  desk.permission = 'prompt';
  const check = await started(desk);
  assert.equal(check.finding.code, 'permission-needed');
  assert.deepEqual([desk.clients.length, desk.asked.length], [0, 0]);
  await check.look();
  assert.equal(check.finding.code, 'well');
});

test('where it was told no, nothing is opened either', async () => {
  const desk = new Desk();
  desk.permission = 'denied';
  const check = await started(desk);
  assert.equal(check.finding.code, 'bridge-blocked');
  assert.deepEqual([desk.clients.length, desk.asked.length], [0, 0]);
});

test('a permission that is given back is seen', async () => {
  const desk = new Desk();
  desk.permission = 'prompt';
  desk.refusal = 'bridge-blocked';
  const check = await started(desk);
  desk.permission = 'denied';
  await check.look();
  assert.equal(check.finding.code, 'bridge-blocked');
  Object.assign(desk, { permission: 'granted', refusal: null });
  desk.permissionStatus.dispatchEvent(new Event('change'));
  await until(check, 'well');
});

test('WebKit waits for the click that opens the window', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { vendor: 'Apple Computer, Inc.' }, configurable: true });
  const desk = new Desk();
  const check = await started(desk);
  assert.equal(check.finding.code, 'relay-needed');
  assert.equal(desk.clients.length, 0);
  await check.lookThrough(/** @type {any} */ ({}));
  assert.equal(check.finding.code, 'well');
  assert.equal(kept.get('pli-bridge-way'), 'relay');
});

test('a bridge that is started is found by itself', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const desk = new Desk();
  Object.assign(desk, { refusal: 'bridge-absent', ports: new Map() });
  const check = await started(desk);
  assert.equal(check.finding.code, 'bridge-absent');
  Object.assign(desk, { refusal: null, ports: new Map([[28610, 'bridge']]) });
  context.mock.timers.tick(3_000);
  await until(check, 'well');
});

test('while it is not there, no socket is tried: only who holds the ports is asked', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const desk = new Desk();
  Object.assign(desk, { refusal: 'bridge-absent', ports: new Map() });
  const check = await started(desk);
  for (let round = 0; round < 3; round++) {
    const change = new Promise((resolve) => check.addEventListener('change', resolve, { once: true }));
    context.mock.timers.tick(3_000);
    await change;
  }
  assert.equal(desk.clients.length, 1);
});

test('a program on the port is told from nobody', async () => {
  const desk = new Desk();
  Object.assign(desk, { refusal: 'bridge-absent', ports: new Map([[28610, 'silent']]) });
  assert.equal((await started(desk)).finding.code, 'port-taken');
});

test('digits are shown and compared', async () => {
  const desk = new Desk();
  desk.refusal = 'bridge-not-paired';
  const check = await started(desk);
  assert.equal(check.finding.code, 'bridge-not-paired');
  const pairing = check.pair();
  await until(check, 'pairing');
  assert.equal(check.facts.digits, '402 917');
  check.agree(true);
  await pairing;
  assert.equal(check.finding.code, 'well');
  assert.equal(check.facts.digits, '');
});

test('digits that differ end the pairing', async () => {
  const desk = new Desk();
  desk.refusal = 'bridge-not-paired';
  const check = await started(desk);
  const pairing = check.pair();
  await until(check, 'pairing');
  check.agree(false);
  await pairing;
  assert.equal(check.finding.code, 'pairing-refused');
});

test('cards come and go', async () => {
  const desk = new Desk();
  const check = await started(desk);
  desk.list = { cards: [], why: { name: 'NO_CARD' } };
  desk.clients[0].dispatchEvent(new CustomEvent('card.removed', { detail: { card: 'c_1' } }));
  await until(check, 'NO_CARD');
  desk.list = { cards: [CARD] };
  desk.clients[0].dispatchEvent(new CustomEvent('card.inserted', { detail: { card: 'c_1' } }));
  await until(check, 'well');
});

test('why there is no card comes with its data', async () => {
  const desk = new Desk();
  desk.list = { cards: [], why: { name: 'CARD_IN_USE', process: 'jfse' } };
  const { code, data } = (await started(desk)).finding;
  assert.deepEqual([code, data.process], ['CARD_IN_USE', 'jfse']);
});

test('a driver that fails is not taken for no card', async () => {
  const desk = new Desk();
  desk.list = new BridgeError('MODULE_CRASHED');
  assert.equal((await started(desk)).finding.code, 'MODULE_CRASHED');
});

test('a bridge that goes away is looked for again', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const desk = new Desk();
  const check = await started(desk);
  Object.assign(desk, { refusal: 'bridge-absent', ports: new Map() });
  desk.clients[0].dispatchEvent(new CustomEvent('connection', { detail: 'absent' }));
  assert.equal(check.finding.code, 'searching');
  context.mock.timers.tick(0);
  await until(check, 'bridge-absent');
  assert.equal(desk.clients[0].closed, true);
});

test('a look that the bridge put off is not the last', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const desk = new Desk();
  const check = await started(desk);
  const look = async () => {
    context.mock.timers.tick(2_000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  desk.busy = true;
  await look();
  desk.busy = false;
  desk.status = { ...desk.status, readers: [] };
  await look();
  assert.deepEqual(check.facts.status?.readers, []);
});

test('the bridge’s own report is asked for by a click only', async () => {
  const check = await started(new Desk());
  assert.equal(await check.bridgeReport(), 'bridge 0.1.0\n');
});
