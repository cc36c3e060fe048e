import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { RelayWindow } from '../../../static/js/bridge/relay.js';
import { overPort } from '../../../static/js/bridge/relay-transport.js';

/** The window that a bridge on one port serves, and the browser around it. */
class FakeWindow {
  closed = false;
  /** @type {string[]} */ visited = [];
  /** @type {any[]} */ received = [];
  /** @type {MessagePort[]} */ ports = [];
  messages = new EventTarget();
  leaving = new EventTarget();
  /** @type {'open'|'closed'|null} */ word = 'open';
  /** @type {string | null} */ hereOrigin = null;
  blocked = false;

  /** @param {number | null} port */
  constructor(port) {
    this.port = port;
    this.location = { replace: (/** @type {string} */ url) => this.visit(url) };
  }

  get surroundings() {
    return { open: (/** @type {string} */ url) => (this.blocked ? null : /** @type {any} */ (this.opened(url))), messages: this.messages, leaving: this.leaving };
  }

  /** @param {string} url */
  opened(url) {
    this.visit(url);
    return this;
  }

  /** @param {string} url */
  visit(url) {
    this.visited.push(url);
    if (url === `http://127.0.0.1:${this.port}/relay`) queueMicrotask(() => this.say({ 'pli-relay': 'here' }));
  }

  /** @param {any} data @param {any} [source] */
  say(data, source = this) {
    const origin = this.hereOrigin ?? `http://127.0.0.1:${this.port}`;
    this.messages.dispatchEvent(Object.assign(new Event('message'), { data, origin, source }));
  }

  /** @param {any} data @param {string} target @param {MessagePort[]} transferred */
  postMessage(data, target, transferred) {
    this.received.push({ data, target });
    this.ports.push(...transferred);
    if (this.word) transferred[0].postMessage({ 'pli-relay': this.word });
  }

  close() {
    this.closed = true;
    for (const port of this.ports) port.close();
  }
}

/** @type {RelayWindow[]} */
const windows = [];
/** @type {MessagePort[]} */
const channels = [];
afterEach(() => {
  windows.splice(0).forEach((relay) => relay.close());
  channels.splice(0).forEach((channel) => channel.close());
});

/** @param {FakeWindow} fake @param {readonly number[]} [ports] */
function shown(fake, ports) {
  const relay = new RelayWindow({ surroundings: fake.surroundings, ports });
  windows.push(relay);
  relay.show();
  return relay;
}

/** @param {RelayWindow} relay @param {number} [lastPort] */
async function connected(relay, lastPort) {
  const found = await relay.connect(lastPort);
  channels.push(found.channel);
  return found;
}

test('a browser that shows no window says so', () => {
  const fake = new FakeWindow(28610);
  fake.blocked = true;
  assert.throws(() => shown(fake), { code: 'relay-blocked' });
});

test('the window is asked for a port, and nobody but its origin gets one', async () => {
  const fake = new FakeWindow(28610);
  const { port } = await connected(shown(fake));
  assert.equal(port, 28610);
  assert.deepEqual(fake.received, [{ data: { 'pli-relay': 'connect' }, target: 'http://127.0.0.1:28610' }]);
});

test('a window that says here before anybody waits is heard', async () => {
  const fake = new FakeWindow(28610);
  const relay = shown(fake);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await connected(relay)).port, 28610);
  assert.deepEqual(fake.visited, ['http://127.0.0.1:28610/relay']);
});

test('the last good port first; the same window walks on where nobody says here', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const fake = new FakeWindow(28610);
  const finding = connected(shown(fake), 28612);
  for (let step = 0; step < 3; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(2_000);
  }
  assert.equal((await finding).port, 28610);
  assert.deepEqual(fake.visited, [28610, 28612, 28610].map((port) => `http://127.0.0.1:${port}/relay`));
});

test('nobody on any port: bridge-absent', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const fake = new FakeWindow(null);
  const finding = assert.rejects(connected(shown(fake, [28610, 28611])), { code: 'bridge-absent' });
  for (let step = 0; step < 5; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(6_000);
  }
  await finding;
  assert.deepEqual(fake.visited.map((url) => new URL(url).port), ['28610', '28611', '28610', '28611']);
});

for (const [name, alter] of /** @type {const} */ ([
  ['another window', (/** @type {FakeWindow} */ fake) => fake.say({ 'pli-relay': 'here' }, {})],
  ['another origin', (/** @type {FakeWindow} */ fake) => { fake.hereOrigin = 'https://evil.example'; fake.say({ 'pli-relay': 'here' }); }],
  ['a port outside the list', (/** @type {FakeWindow} */ fake) => { fake.hereOrigin = 'http://127.0.0.1:8080'; fake.say({ 'pli-relay': 'here' }); }],
  ['other words', (/** @type {FakeWindow} */ fake) => { fake.hereOrigin = 'http://127.0.0.1:28610'; fake.say({ 'pli-relay': 'open' }); }],
])) {
  test(`here from ${name} gets no port`, async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const fake = new FakeWindow(null);
    const finding = assert.rejects(connected(shown(fake, [28610])), { code: 'bridge-absent' });
    await new Promise((resolve) => setImmediate(resolve));
    alter(fake);
    for (let step = 0; step < 3; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      context.mock.timers.tick(6_000);
    }
    await finding;
    assert.deepEqual(fake.received, []);
  });
}

test('what a port says after the window has left it finds nobody', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const fake = new FakeWindow(null);
  const finding = connected(shown(fake, [28610, 28611]));
  await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(2_000);
  await new Promise((resolve) => setImmediate(resolve));
  fake.port = 28610;
  fake.say({ 'pli-relay': 'here' });
  assert.deepEqual(fake.received, []);
  fake.port = 28611;
  fake.say({ 'pli-relay': 'here' });
  assert.equal((await finding).port, 28611);
});

test('on a shared host the window may end on the port of this person’s own bridge', async () => {
  const fake = new FakeWindow(28610);
  fake.hereOrigin = 'http://127.0.0.1:28640';
  const { port } = await connected(shown(fake, [28610, 28640]));
  assert.equal(port, 28640);
  assert.equal(fake.received[0].target, 'http://127.0.0.1:28640');
});

test('a bridge that does not admit this page: not paired, not absent', async () => {
  const fake = new FakeWindow(28610);
  fake.word = 'closed';
  await assert.rejects(connected(shown(fake)), { code: 'bridge-not-paired' });
});

test('a busy computer, whose window comes late, is given a second round', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const fake = new FakeWindow(null);
  const finding = connected(shown(fake, [28610, 28611]));
  for (let step = 0; step < 2; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(2_000);
  }
  fake.port = 28610;
  await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(5_000);
  fake.say({ 'pli-relay': 'here' });
  assert.equal((await finding).port, 28610);
});

test('a window closed by hand ends the search', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const fake = new FakeWindow(null);
  const finding = assert.rejects(connected(shown(fake)), { code: 'relay-closed' });
  await new Promise((resolve) => setImmediate(resolve));
  fake.closed = true;
  context.mock.timers.tick(500);
  await finding;
});

test('a window closed by hand later is told', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const fake = new FakeWindow(28610);
  const relay = shown(fake);
  await connected(relay);
  const told = new Promise((resolve) => relay.addEventListener('closed', resolve));
  fake.closed = true;
  context.mock.timers.tick(500);
  assert.ok(await told);
  await assert.rejects(relay.connect(), { code: 'relay-closed' });
});

test('leaving the page closes the window', async () => {
  const fake = new FakeWindow(28610);
  shown(fake);
  fake.leaving.dispatchEvent(new Event('pagehide'));
  assert.equal(fake.closed, true);
});

/** @returns {{transport: import('../../../static/js/bridge/transport.js').Transport, relay: MessagePort, said: any[], ended: () => number}} */
function transport() {
  const { port1, port2 } = new MessageChannel();
  channels.push(port1, port2);
  /** @type {any[]} */
  const said = [];
  port2.onmessage = ({ data }) => said.push(data);
  let ended = 0;
  return { transport: overPort(port1, () => void ended++), relay: port2, said, ended: () => ended };
}

/** Messages of a port arrive in turns of their own. @param {() => boolean} done */
async function until(done) {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('each buffer is one frame, in both directions, and no more than its view', async () => {
  const { transport: way, relay, said } = transport();
  /** @type {Uint8Array[]} */
  const heard = [];
  way.onmessage = (bytes) => heard.push(bytes);
  way.send(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
  relay.postMessage(Uint8Array.of(3, 4).buffer);
  await until(() => said.length > 0 && heard.length > 0);
  assert.deepEqual(said.map((frame) => [...new Uint8Array(frame)]), [[1, 2]]);
  assert.deepEqual(heard.map((bytes) => [...bytes]), [[3, 4]]);
});

test('closed ends it once; closing says so', async () => {
  const one = transport();
  let ends = 0;
  one.transport.onclose = () => ends++;
  assert.equal(one.ended(), 0);
  one.relay.postMessage({ 'pli-relay': 'closed' });
  await until(() => ends > 0);
  one.transport.close();
  assert.deepEqual([ends, one.ended()], [1, 1]);
  const other = transport();
  other.transport.close(4008);
  await until(() => other.said.length > 0);
  assert.deepEqual(other.said, [{ 'pli-relay': 'close' }]);
});

test('what is neither a frame nor the one word closes', async () => {
  for (const wrong of ['text', 7, null, { 'pli-relay': 'open' }, [1]]) {
    const { transport: way, relay } = transport();
    let ends = 0;
    way.onclose = () => ends++;
    relay.postMessage(wrong);
    await until(() => ends > 0);
    assert.equal(ends, 1, JSON.stringify(wrong));
  }
});
