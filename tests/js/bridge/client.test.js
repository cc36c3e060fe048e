import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { BridgeClient } from '../../../static/js/bridge/client.js';
import { directly } from '../../../static/js/bridge/connection.js';
import { BLOB_CHUNK, FRAME_LIMIT, PORTS } from '../../../static/js/bridge/messages.js';

/** A bridge on one port, as the browser's WebSocket shows it. */
class FakeBridge {
  /** @type {any[]} */ requests = [];
  /** @type {string[]} */ tried = [];
  /** @type {number[]} */ probed = [];
  /** @type {any} */ socket = null;
  /** @type {'granted'|'denied'|'prompt'|'unknown'} */ permission = 'granted';
  /** @type {(request: any) => any} */ answer = () => ({ result: {} });

  /** @param {number | null} port null: nobody listens */
  constructor(port) {
    this.port = port;
    const bridge = this;
    this.WebSocket = /** @type {any} */ (
      class {
        protocol = 'pli-bridge.1';
        /** @param {string} url */
        constructor(url) {
          bridge.tried.push(url);
          const open = url === `ws://127.0.0.1:${bridge.port}/`;
          if (open) bridge.socket = this;
          queueMicrotask(() => (open ? this.onopen?.() : this.onerror?.()));
        }
        /** @param {Uint8Array} frame */
        send(frame) {
          bridge.receive(frame);
        }
        close() {}
        /** @type {any} */ onopen;
        /** @type {any} */ onerror;
        /** @type {any} */ onclose;
        /** @type {any} */ onmessage;
      }
    );
  }

  get find() {
    const holder = async (/** @type {number} */ port) => {
      this.probed.push(port);
      return port === this.port
        ? { port, kind: /** @type {const} */ ('bridge'), protocols: ['pli-bridge.1'] } : { port, kind: /** @type {const} */ ('closed'), protocols: [] };
    };
    return directly({ surroundings: { WebSocket: this.WebSocket, permission: async () => this.permission, holder } });
  }

  /** @param {Uint8Array} frame */
  receive(frame) {
    assert.ok(frame.length <= FRAME_LIMIT, 'a frame is too large');
    const request = JSON.parse(new TextDecoder().decode(frame));
    this.requests.push(request);
    const answer = this.answer(request);
    if (answer) queueMicrotask(() => this.say({ jsonrpc: '2.0', id: request.id, ...answer }));
  }

  /** @param {any} message */
  say(message) {
    this.socket.onmessage({ data: new TextEncoder().encode(JSON.stringify(message)).buffer });
  }
}

/** @type {BridgeClient[]} */
const clients = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));

/** @param {FakeBridge} bridge @param {number} [port] */
function connected(bridge, port) {
  const client = new BridgeClient({ port, find: bridge.find });
  clients.push(client);
  return client;
}

test('the last good port is tried first', async () => {
  const bridge = new FakeBridge(28613);
  const client = connected(bridge, 28613);
  await client.connect();
  assert.deepEqual(bridge.tried, ['ws://127.0.0.1:28613/']);
  assert.equal(client.port, 28613);
});

test('without one the first port; the others are probed, and only who listens gets a socket', async () => {
  const bridge = new FakeBridge(28612);
  await connected(bridge).connect();
  assert.deepEqual(bridge.tried, [28610, 28612].map((port) => `ws://127.0.0.1:${port}/`));
  assert.deepEqual(bridge.probed, PORTS.slice(1));
});

test('after a failure no socket is opened before a probe', async () => {
  const bridge = new FakeBridge(null);
  const client = connected(bridge);
  await assert.rejects(client.connect());
  await assert.rejects(client.connect());
  assert.equal(bridge.tried.length, 1);
  bridge.port = 28610;
  await client.connect();
  assert.equal(bridge.tried.length, 2);
});

test('a remembered port outside the list is not tried', async () => {
  const bridge = new FakeBridge(28610);
  await connected(bridge, 80).connect();
  assert.deepEqual(bridge.tried, ['ws://127.0.0.1:28610/']);
});

test('nobody listens: bridge-absent after all ports', async () => {
  const bridge = new FakeBridge(null);
  const client = connected(bridge);
  await assert.rejects(client.connect(), { code: 'bridge-absent' });
  assert.deepEqual([bridge.tried.length, bridge.probed.length], [1, PORTS.length - 1]);
  assert.equal(client.state, 'absent');
});

test('the browser refuses: bridge-blocked, not absent', async () => {
  const bridge = new FakeBridge(null);
  bridge.permission = 'denied';
  await assert.rejects(connected(bridge).connect(), { code: 'bridge-blocked' });
});

test('a call is one binary frame of JSON-RPC 2.0', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => ({ result: { cards: [] } });
  assert.deepEqual(await connected(bridge).call('card.list'), { cards: [] });
  assert.deepEqual(bridge.requests, [{ jsonrpc: '2.0', id: 1, method: 'card.list', params: {} }]);
});

test('an error has the name of its code and the members of its data', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => ({ error: { code: -32021, message: 'pin incorrect', data: { name: 'PIN_INCORRECT', tries: 2 } } });
  const failure = await connected(bridge).call('auth.token').catch((error) => error);
  assert.equal(failure.code, 'PIN_INCORRECT');
  assert.equal(failure.data.tries, 2);
});

test('answers find their calls in any order', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => null;
  const client = connected(bridge);
  await client.connect();
  const calls = [client.call('one'), client.call('two')];
  await new Promise((resolve) => setTimeout(resolve));
  bridge.say({ jsonrpc: '2.0', id: 2, result: 'second' });
  bridge.say({ jsonrpc: '2.0', id: 1, result: 'first' });
  assert.deepEqual(await Promise.all(calls), ['first', 'second']);
});

test('small bytes travel as base64 inside the call', async () => {
  const bridge = new FakeBridge(28610);
  await connected(bridge).call('mailbox.open', { grant: Uint8Array.of(1, 2, 3), chain: [Uint8Array.of(255)], left: undefined });
  assert.deepEqual(bridge.requests[0].params, { grant: 'AQID', chain: ['/w=='] });
});

test('what does not fit a frame goes ahead as blobs, largest first', async () => {
  const bridge = new FakeBridge(28610);
  const large = new Uint8Array(BLOB_CHUNK * 2 + 1).fill(7);
  await connected(bridge).call('message.sign', { handle: 'm', messages: [large, Uint8Array.of(1)] });
  const puts = bridge.requests.slice(0, -1).map(({ params }) => params);
  assert.deepEqual(puts.map(({ id, offset, last }) => [id, offset, last]), [['b1', 0, false], ['b1', BLOB_CHUNK, false], ['b1', 2 * BLOB_CHUNK, true]]);
  assert.deepEqual(Buffer.concat(puts.map(({ data }) => Buffer.from(data, 'base64'))), Buffer.from(large));
  assert.deepEqual(bridge.requests.at(-1).params, { handle: 'm', messages: [{ blob: 'b1' }, 'AQ=='] });
});

test('a notification is an event', async () => {
  const bridge = new FakeBridge(28610);
  const client = connected(bridge);
  await client.connect();
  const heard = new Promise((resolve) => client.addEventListener('card.removed', (event) => resolve(/** @type {CustomEvent} */ (event).detail)));
  bridge.say({ jsonrpc: '2.0', method: 'card.removed', params: { card: 'c_1' } });
  assert.deepEqual(await heard, { card: 'c_1' });
});

test('a bridge that stops fails what is under way, and is found again', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => null;
  const client = connected(bridge);
  const lost = client.call('auth.token');
  await new Promise((resolve) => setTimeout(resolve));
  bridge.socket.onclose();
  await assert.rejects(lost, { code: 'bridge-lost' });
  assert.equal(client.state, 'absent');
  const back = new Promise((resolve) => client.addEventListener('connection', (event) => {
    if (/** @type {CustomEvent} */ (event).detail === 'ready') resolve(true);
  }));
  assert.ok(await back);
  bridge.answer = () => ({ result: 'again' });
  assert.equal(await client.call('bridge.status'), 'again');
});
