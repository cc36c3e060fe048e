import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directly } from '../../../static/js/bridge/connection.js';
import { PORTS } from '../../../static/js/bridge/messages.js';
import { keepsPagesFromLoopback } from '../../../static/js/bridge/way.js';
import { loopbackPermission, loopbackStatus, onLoopback } from '../../../static/js/bridge/permission.js';

/** @typedef {import('../../../static/js/bridge/ports.js').PortHolder} PortHolder */

/** A computer: who holds which port, where a websocket opens, and what the browser lets happen. */
class Computer {
  /** @type {Map<number, Partial<PortHolder>>} */ holders = new Map();
  /** @type {Set<number>} */ opens = new Set();
  /** @type {import('../../../static/js/bridge/permission.js').Permission[]} */ permissions = ['granted'];
  /** @type {number[]} */ sockets = [];
  /** @type {number[]} */ asked = [];
  /** @type {number[]} */ patience = [];

  /** @param {object} [how] @param {readonly number[]} [how.ports] */
  find({ ports } = {}) {
    const computer = this;
    const WebSocket = /** @type {any} */ (class {
      protocol = 'pli-bridge.1';
      /** @param {string} url */
      constructor(url) {
        const port = Number(new URL(url).port);
        computer.sockets.push(port);
        queueMicrotask(() => (computer.opens.has(port) ? this.onopen() : this.onerror()));
      }
      close() {}
      onopen() {}
      onerror() {}
    });
    const permission = async () => this.permissions.length > 1 ? /** @type {any} */ (this.permissions.shift()) : this.permissions[0];
    const holder = async (/** @type {number} */ port, /** @type {number} */ patience) => {
      this.asked.push(port);
      this.patience.push(patience);
      return /** @type {PortHolder} */ ({ port, kind: 'closed', protocols: [], ...this.holders.get(port) });
    };
    return directly({ ports, surroundings: { WebSocket, permission, holder } });
  }

  /** @param {number} port @param {string[]} [protocols] */
  bridge(port, protocols = ['pli-bridge.1']) {
    this.holders.set(port, { kind: 'bridge', protocols });
    this.opens.add(port);
    return this;
  }
}

test('another program on the first port: the bridge is found on the next', async () => {
  const computer = new Computer().bridge(28611);
  computer.holders.set(28610, { kind: 'silent' });
  assert.equal((await computer.find()(undefined)).port, 28611);
  assert.deepEqual(computer.sockets, [28611]);
});

test('a program that answers and is no bridge of ours: bridge-refused, and which port', async () => {
  const computer = new Computer();
  computer.holders.set(28612, { kind: 'stranger' });
  await assert.rejects(computer.find()(undefined), { code: 'bridge-refused', data: { ports: [28612] } });
});

test('a bridge of another time: bridge-old', async () => {
  const computer = new Computer().bridge(28610, ['pli-bridge.0']);
  await assert.rejects(computer.find()(undefined), { code: 'bridge-old' });
});

test('refused permission is never taken for an absent bridge', async () => {
  const computer = new Computer();
  computer.permissions = ['denied'];
  await assert.rejects(computer.find()(undefined), { code: 'bridge-blocked' });
  computer.permissions = ['prompt', 'denied'];
  await assert.rejects(computer.find()(undefined), { code: 'bridge-blocked' });
  computer.permissions = ['prompt', 'prompt'];
  await assert.rejects(computer.find()(undefined), { code: 'bridge-absent' });
});

test('while the browser asks, a port has the patience of a person', async () => {
  const computer = new Computer().bridge(28610);
  await computer.find()(undefined);
  const usual = Math.max(...computer.patience);
  computer.permissions = ['prompt'];
  await computer.find()(undefined);
  assert.ok(Math.max(...computer.patience) > 10 * usual);
});

test('a shared host: the first bridge is somebody else’s and says where ours is', async () => {
  const ports = Array.from({ length: 40 }, (_, index) => 28610 + index);
  const computer = new Computer();
  computer.holders.set(28610, { kind: 'bridge', protocols: ['pli-bridge.1'], elsewhere: 28644 });
  computer.opens.add(28644);
  const { port } = await computer.find({ ports })(undefined, { confident: true });
  assert.equal(port, 28644);
  assert.ok(computer.asked.includes(28610), 'the port whose socket was refused is asked all the same');
});

test('no bridge sends a page to a port outside the list', async () => {
  const computer = new Computer();
  computer.holders.set(28610, { kind: 'bridge', protocols: ['pli-bridge.1'], elsewhere: 22 });
  computer.opens.add(22);
  await assert.rejects(computer.find()(undefined));
  assert.deepEqual(computer.sockets, []);
});

test('confident: the last good port at once, without a question', async () => {
  const computer = new Computer().bridge(28615);
  assert.equal((await computer.find()(28615, { confident: true })).port, 28615);
  assert.deepEqual(computer.asked, []);
  assert.equal((await computer.find()(80, { confident: false })).port, 28615);
  assert.deepEqual(computer.asked, [...PORTS]);
});

/** @param {Record<string, string>} known */
const permissionsOf = (known) => ({
  query: async (/** @type {any} */ { name }) => {
    if (!(name in known)) throw new TypeError(name);
    return /** @type {any} */ ({ state: known[name] });
  },
});

test('the permission has two names, or none', async () => {
  assert.equal((await loopbackStatus(permissionsOf({ 'loopback-network': 'denied', 'local-network-access': 'granted' })))?.state, 'denied');
  assert.equal((await loopbackStatus(permissionsOf({ 'local-network-access': 'prompt' })))?.state, 'prompt');
  assert.equal(await loopbackStatus(permissionsOf({})), null);
  assert.equal(await loopbackStatus(/** @type {any} */ (undefined)), null);
});

test('a browser without the permission is asked nothing', async () => {
  assert.equal(await loopbackPermission(), 'unknown');
});

test('a loopback page needs no permission; a name that only looks like one does', () => {
  for (const host of ['localhost', 'alice.localhost', '127.0.0.1', '127.1.2.3', '[::1]']) assert.ok(onLoopback(host), host);
  for (const host of ['pli.example', 'localhost.example', 'notlocalhost', '127.0.0.1.example', '10.0.0.1', '']) assert.equal(onLoopback(host), false, host);
});

test('WebKit keeps an https page from loopback, and no other', () => {
  assert.ok(keepsPagesFromLoopback({ vendor: 'Apple Computer, Inc.', protocol: 'https:' }));
  assert.equal(keepsPagesFromLoopback({ vendor: 'Apple Computer, Inc.', protocol: 'http:' }), false);
  assert.equal(keepsPagesFromLoopback({ vendor: 'Google Inc.', protocol: 'https:' }), false);
  assert.equal(keepsPagesFromLoopback({ vendor: '', protocol: 'https:' }), false);
});
