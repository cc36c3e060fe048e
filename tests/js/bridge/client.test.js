import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { BridgeClient } from '../../../static/js/bridge/client.js';
import { directly } from '../../../static/js/bridge/connection.js';
import { BLOB_CHUNK, FRAME_LIMIT, PORTS } from '../../../static/js/bridge/messages.js';
import { decoded, encoded, MemoryIdentity, newKey, Responder } from './responder.js';

const ORIGIN = 'https://mail.pli.example';

/** A bridge on one port, as the browser's WebSocket shows it. Knows every page, unless told what else to answer. */
class FakeBridge {
  #key = newKey();
  /** @type {string[]} */ states = ['ready'];
  /** @type {any} */ shown = null;
  identity = new MemoryIdentity();
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
        /** @type {Responder | null} */ responder = null;
        /** @type {any} */ channel = null;
        /** @type {Promise<void>} */ #last = Promise.resolve();
        /** @param {Uint8Array<ArrayBuffer>} frame */
        send(frame) {
          this.#last = this.#last.then(() => this.#take(frame));
        }
        /** @param {Uint8Array<ArrayBuffer>} frame */
        async #take(frame) {
          assert.ok(frame.length <= FRAME_LIMIT, 'a frame is too large');
          if (this.channel) return bridge.receive(decoded(await this.channel.open(frame)));
          if (this.responder) return this.#finish(frame);
          this.responder = new Responder(ORIGIN, await bridge.key());
          this.onmessage({ data: (await this.responder.answer(frame)).buffer });
        }
        /** @param {Uint8Array<ArrayBuffer>} proof */
        async #finish(proof) {
          const agreed = await /** @type {Responder} */ (this.responder).finish(proof);
          this.channel = agreed.channel;
          bridge.shown = agreed;
          for (const state of bridge.states) await bridge.tell(state);
        }
        /** @param {number} [code] */
        close(code) {
          bridge.closed.push(code);
        }
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

  /** @type {(number | undefined)[]} */ closed = [];

  key() {
    return this.#key;
  }

  /** A bridge that was installed anew. */
  changeKey() {
    this.#key = newKey();
  }

  /** The page is paired with this bridge. */
  async pair() {
    await this.identity.remember((await this.#key).publicKey);
  }

  /** @param {any} request */
  async receive(request) {
    this.requests.push(request);
    const answer = this.answer(request);
    if (answer) await this.say({ jsonrpc: '2.0', id: request.id, ...answer });
    this.#heard();
  }

  /** @type {() => void} */ #heard = () => {};

  /** @param {number} count requests that have arrived */
  async hears(count) {
    while (this.requests.length < count) await new Promise((resolve) => (this.#heard = () => resolve(true)));
  }

  /** @param {string} state */
  tell(state) {
    return this.say({ jsonrpc: '2.0', method: 'channel.state', params: { state } });
  }

  /** @param {any} message */
  async say(message) {
    const { socket } = this;
    socket.onmessage({ data: (await socket.channel.seal(encoded(message))).buffer });
  }
}

/** @type {BridgeClient[]} */
const clients = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));

/** A client that was paired. @param {FakeBridge} bridge @param {number} [port] */
async function connected(bridge, port) {
  await bridge.pair();
  return stranger(bridge, port);
}

/** @param {FakeBridge} bridge @param {number} [port] */
function stranger(bridge, port) {
  const client = new BridgeClient({ port, find: bridge.find, identity: bridge.identity, origin: ORIGIN });
  clients.push(client);
  return client;
}

test('the last good port is tried first', async () => {
  const bridge = new FakeBridge(28613);
  const client = await connected(bridge, 28613);
  await client.connect();
  assert.deepEqual(bridge.tried, ['ws://127.0.0.1:28613/']);
  assert.equal(client.port, 28613);
});

test('without one the first port; the others are probed, and only who listens gets a socket', async () => {
  const bridge = new FakeBridge(28612);
  await (await connected(bridge)).connect();
  assert.deepEqual(bridge.tried, [28610, 28612].map((port) => `ws://127.0.0.1:${port}/`));
  assert.deepEqual(bridge.probed, PORTS.slice(1));
});

test('after a failure no socket is opened before a probe', async () => {
  const bridge = new FakeBridge(null);
  const client = await connected(bridge);
  await assert.rejects(client.connect());
  await assert.rejects(client.connect());
  assert.equal(bridge.tried.length, 1);
  bridge.port = 28610;
  await client.connect();
  assert.equal(bridge.tried.length, 2);
});

test('a remembered port outside the list is not tried', async () => {
  const bridge = new FakeBridge(28610);
  await (await connected(bridge, 80)).connect();
  assert.deepEqual(bridge.tried, ['ws://127.0.0.1:28610/']);
});

test('nobody listens: bridge-absent after all ports', async () => {
  const bridge = new FakeBridge(null);
  const client = await connected(bridge);
  await assert.rejects(client.connect(), { code: 'bridge-absent' });
  assert.deepEqual([bridge.tried.length, bridge.probed.length], [1, PORTS.length - 1]);
  assert.equal(client.state, 'absent');
});

test('the browser refuses: bridge-blocked, not absent', async () => {
  const bridge = new FakeBridge(null);
  bridge.permission = 'denied';
  await assert.rejects((await connected(bridge)).connect(), { code: 'bridge-blocked' });
});

test('a call is one binary frame of JSON-RPC 2.0', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => ({ result: { cards: [] } });
  assert.deepEqual(await (await connected(bridge)).call('card.list'), { cards: [] });
  assert.deepEqual(bridge.requests, [{ jsonrpc: '2.0', id: 1, method: 'card.list', params: {} }]);
});

test('an error has the name of its code and the members of its data', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => ({ error: { code: -32021, message: 'pin incorrect', data: { name: 'PIN_INCORRECT', tries: 2 } } });
  const failure = await (await connected(bridge)).call('auth.token').catch((error) => error);
  assert.equal(failure.code, 'PIN_INCORRECT');
  assert.equal(failure.data.tries, 2);
});

test('answers find their calls in any order', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => null;
  const client = await connected(bridge);
  await client.connect();
  const calls = [client.call('one'), client.call('two')];
  await bridge.hears(2);
  bridge.say({ jsonrpc: '2.0', id: 2, result: 'second' });
  bridge.say({ jsonrpc: '2.0', id: 1, result: 'first' });
  assert.deepEqual(await Promise.all(calls), ['first', 'second']);
});

test('small bytes travel as base64 inside the call', async () => {
  const bridge = new FakeBridge(28610);
  await (await connected(bridge)).call('mailbox.open', { grant: Uint8Array.of(1, 2, 3), chain: [Uint8Array.of(255)], left: undefined });
  assert.deepEqual(bridge.requests[0].params, { grant: 'AQID', chain: ['/w=='] });
});

test('what does not fit a frame goes ahead as blobs, largest first', async () => {
  const bridge = new FakeBridge(28610);
  const large = new Uint8Array(BLOB_CHUNK * 2 + 1).fill(7);
  await (await connected(bridge)).call('message.sign', { handle: 'm', messages: [large, Uint8Array.of(1)] });
  const puts = bridge.requests.slice(0, -1).map(({ params }) => params);
  assert.deepEqual(puts.map(({ id, offset, last }) => [id, offset, last]), [['b1', 0, false], ['b1', BLOB_CHUNK, false], ['b1', 2 * BLOB_CHUNK, true]]);
  assert.deepEqual(Buffer.concat(puts.map(({ data }) => Buffer.from(data, 'base64'))), Buffer.from(large));
  assert.deepEqual(bridge.requests.at(-1).params, { handle: 'm', messages: [{ blob: 'b1' }, 'AQ=='] });
});

test('what comes with call after call travels once, on each channel', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  const list = new Uint8Array(BLOB_CHUNK + 1).fill(3);
  const ask = (/** @type {Uint8Array} */ brought) => client.call('certificates.validate', { items: [Uint8Array.of(1)], crls: [brought] }, [brought]);
  const methods = () => bridge.requests.splice(0).map(({ method, params }) => (method === 'blob.put' ? params.id : params));
  const asked = { items: ['AQ=='], crls: [{ blob: 'b1', keep: true }] };
  await Promise.all([ask(list), ask(list)]);
  assert.deepEqual(methods(), ['b1', 'b1', asked, asked]);
  await ask(list.slice()); // read again from the server
  assert.deepEqual(methods(), [asked]);
  await ask(Uint8Array.of(4));
  assert.deepEqual(methods(), ['b2', { ...asked, crls: [{ blob: 'b2', keep: true }] }]);
  const back = new Promise((resolve) => client.addEventListener('connection', (event) => (/** @type {CustomEvent} */ (event).detail === 'ready' ? resolve(true) : undefined)));
  bridge.socket.onclose();
  await back;
  await ask(list);
  assert.deepEqual(methods(), ['b3', 'b3', { ...asked, crls: [{ blob: 'b3', keep: true }] }]);
});

test('a bridge from before anything could stay there is called too old; another mistake is not', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  const [first, second] = [Uint8Array.of(3), Uint8Array.of(4)];
  const refusing = (/** @type {string} */ member) => {
    bridge.answer = ({ method }) => (method === 'blob.put' ? { result: {} } : { error: { code: -32602, message: 'invalid', data: { name: 'INVALID_PARAMS', member } } });
    return client.call('certificates.validate', { items: [Uint8Array.of(1)], crls: [first, second] }, [first, second]);
  };
  for (const member of ['crls[0]', 'crls[1]']) await assert.rejects(refusing(member), { code: 'bridge-old' }, member);
  for (const member of ['items[0]', 'items', 'crls', 'crls[2]', 'params', 'a.b[3].c']) await assert.rejects(refusing(member), { code: 'INVALID_PARAMS' }, member);
});

test('what was to stay and did not arrive is brought again, and what would crowd out letters goes with its call', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  const list = Uint8Array.of(5);
  bridge.answer = ({ method }) => (method === 'blob.put' ? { error: { code: -32003, message: 'busy', data: { name: 'BUSY' } } } : { result: {} });
  await assert.rejects(client.call('certificates.validate', { crls: [list] }, [list]), { code: 'BUSY' });
  bridge.answer = () => ({ result: {} });
  await client.call('certificates.validate', { crls: [list] }, [list]);
  assert.deepEqual(bridge.requests.at(-1).params, { crls: [{ blob: 'b2', keep: true }] });
  const huge = new Uint8Array(12 * 1024 * 1024);
  await client.call('certificates.validate', { crls: [huge, list] }, [huge, list]);
  assert.deepEqual(bridge.requests.at(-1).params, { crls: [{ blob: 'b3' }, { blob: 'b2', keep: true }] });
});

test('a notification is an event', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  await client.connect();
  const heard = new Promise((resolve) => client.addEventListener('card.removed', (event) => resolve(/** @type {CustomEvent} */ (event).detail)));
  bridge.say({ jsonrpc: '2.0', method: 'card.removed', params: { card: 'c_1' } });
  assert.deepEqual(await heard, { card: 'c_1' });
});

test('a bridge that stops in the middle of a large call fails it once, and nothing else', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => null;
  const client = await connected(bridge);
  const calling = client.call('message.sign', { messages: [new Uint8Array(BLOB_CHUNK * 20)] });
  await bridge.hears(16);
  bridge.socket.onclose();
  await assert.rejects(calling, { code: 'bridge-lost' });
  await new Promise((resolve) => setImmediate(resolve)); // a failure that nobody took would fail this test
  client.close();
});

test('a bridge that stops fails what is under way, and is found again', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => null;
  const client = await connected(bridge);
  const lost = client.call('auth.token');
  await bridge.hears(1);
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

test('a connection that was closed ends late, and takes nothing from the next one', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => ({ result: 'here' });
  const client = await connected(bridge);
  await client.connect();
  const late = bridge.socket;
  client.close();
  await client.connect();
  late.onclose();
  assert.equal(client.state, 'ready');
  assert.equal(await client.call('bridge.status'), 'here');
});

test('a bridge names no event of the client itself', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  await client.connect();
  /** @type {string[]} */
  const heard = [];
  for (const event of ['connection', 'pairing', 'card.removed']) client.addEventListener(event, ({ type }) => heard.push(type));
  await bridge.say({ jsonrpc: '2.0', method: 'pairing', params: { digits: '123 456' } });
  await bridge.say({ jsonrpc: '2.0', method: 'connection', params: 'denied' });
  await bridge.say({ jsonrpc: '2.0', method: 'card.removed' });
  await client.call('bridge.status'); // after what was said before
  assert.deepEqual(heard, ['card.removed']);
});

test('what is no message of the protocol ends the channel, and with it nothing else', async () => {
  for (const message of [null, 7, 'x', []]) {
    const bridge = new FakeBridge(28610);
    bridge.answer = () => null;
    const client = await connected(bridge);
    const lost = client.call('bridge.status');
    await bridge.hears(1);
    await bridge.say(message);
    while (!bridge.closed.length) await new Promise((resolve) => setImmediate(resolve));
    bridge.socket.onclose();
    await assert.rejects(lost, { code: 'bridge-lost' });
    assert.deepEqual(bridge.closed, [4008]);
  }
});

/** @param {BridgeClient} client @param {boolean} same @param {string[]} digits */
function answering(client, same, digits = []) {
  client.addEventListener('pairing', (event) => {
    digits.push(/** @type {CustomEvent} */ (event).detail.digits);
    client.agree(same);
  });
}

test('a page that was never paired says nothing of itself', async () => {
  const bridge = new FakeBridge(28610);
  const client = stranger(bridge);
  await assert.rejects(client.connect(), { code: 'bridge-not-paired' });
  assert.equal(bridge.shown, null);
  assert.deepEqual([client.state, bridge.closed], ['unpaired', [4008]]);
});

test('pairing shows the digits of both sides, and is remembered once both agreed', async () => {
  const bridge = new FakeBridge(28610);
  bridge.states = ['pairing', 'ready'];
  const client = stranger(bridge);
  /** @type {string[]} */
  const digits = [];
  answering(client, true, digits);
  await client.pair();
  assert.deepEqual(digits, [bridge.shown.digits]);
  assert.match(digits[0], /^\d{3} \d{3}$/);
  assert.equal(client.state, 'ready');
  assert.equal(bridge.identity.known.length, 1);
  bridge.states = ['ready'];
  await stranger(bridge).connect();
});

test('a person who sees other digits is believed, whatever the bridge says [N55]', async () => {
  const bridge = new FakeBridge(28610);
  bridge.states = ['pairing', 'ready'];
  const client = stranger(bridge);
  answering(client, false);
  await assert.rejects(client.pair(), { code: 'pairing-refused' });
  assert.deepEqual([client.state, bridge.identity.known, bridge.requests], ['unpaired', [], []]);
});

test('a person who gives up before the digits come has given up [N55]', async () => {
  const bridge = new FakeBridge(28610);
  bridge.states = ['pairing', 'ready'];
  const client = stranger(bridge);
  answering(client, true);
  const pairing = client.pair();
  await Promise.resolve();
  client.agree(false);
  await assert.rejects(pairing, { code: 'pairing-refused' });
  assert.deepEqual([client.state, bridge.identity.known, bridge.requests], ['unpaired', [], []]);
});

test('an agreement is taken back while the bridge waits for its own', async () => {
  const bridge = new FakeBridge(28610);
  bridge.states = ['pairing'];
  const client = stranger(bridge);
  answering(client, true);
  const pairing = client.pair();
  client.addEventListener('pairing', () => setTimeout(() => client.agree(false)));
  await assert.rejects(pairing, { code: 'pairing-refused' });
  assert.deepEqual([client.state, bridge.identity.known, bridge.closed], ['unpaired', [], [4008]]);
});

test('a bridge that is ready before anybody compared digits is not believed [N55]', async () => {
  const bridge = new FakeBridge(28610);
  await assert.rejects(stranger(bridge).pair(), { code: 'bridge-not-paired' });
  assert.deepEqual([bridge.identity.known, bridge.requests], [[], []]);
});

test('another key than before: no method is sent, and nobody goes on silently [N55]', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  bridge.changeKey();
  await assert.rejects(client.call('auth.token'), { code: 'bridge-changed' });
  assert.equal(bridge.shown, null);
  assert.deepEqual([client.state, bridge.requests], ['unpaired', []]);
});

test('what the bridge says of a page it does not take', async () => {
  for (const [state, code] of [['not-paired', 'bridge-not-paired'], ['refused', 'pairing-refused'], ['what', 'bridge-not-paired']]) {
    const bridge = new FakeBridge(28610);
    bridge.states = [state];
    await assert.rejects((await connected(bridge)).connect(), { code });
  }
});

test('a bridge that says nonsense instead of a state is passed by', async () => {
  for (const said of [null, [], { method: 'channel.state' }, { method: 'card.list', params: {} }]) {
    const bridge = new FakeBridge(28610);
    bridge.tell = () => bridge.say(said);
    await assert.rejects((await connected(bridge)).connect(), { code: 'bridge-lost' });
    assert.deepEqual(bridge.closed, [4008]);
  }
});

test('a frame that does not open ends the connection [N59]', async () => {
  const bridge = new FakeBridge(28610);
  bridge.answer = () => null;
  const client = await connected(bridge);
  await client.connect();
  const call = client.call('one');
  await bridge.hears(1);
  const frame = await bridge.socket.channel.seal(encoded({ jsonrpc: '2.0', id: 1, result: 'once' }));
  bridge.socket.onmessage({ data: frame.buffer });
  assert.equal(await call, 'once');
  bridge.socket.onmessage({ data: frame.buffer });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(bridge.closed, [4008]);
});

test('a text frame ends the connection [N60]', async () => {
  const bridge = new FakeBridge(28610);
  const client = await connected(bridge);
  await client.connect();
  bridge.socket.onmessage({ data: '{"jsonrpc":"2.0","id":1,"result":1}' });
  assert.deepEqual(bridge.closed, [4008]);
});
