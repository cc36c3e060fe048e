import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { remoteAgent, serveAgent } from '../../../static/js/keys/agent.js';
import { Endpoint, Transferred } from '../../../static/js/workers/rpc.js';

/** @type {Endpoint[]} */
const open = [];
afterEach(() => open.splice(0).forEach((endpoint) => endpoint.close()));

/** @param {Record<string, any>} [handlers] */
function pair(handlers = {}) {
  const { port1, port2 } = new MessageChannel();
  const [here, there] = [new Endpoint(port1), new Endpoint(port2, handlers)];
  open.push(here, there);
  return { here, there };
}

test('a call carries values and brings the result back', async () => {
  const { here } = pair({ add: (/** @type {number} */ one, /** @type {number} */ other) => one + other });
  assert.equal(await here.call('add', [2, 3]), 5);
});

test('both ends may call', async () => {
  const { here, there } = pair({ ask: async () => there.call('directory', ['a@b']) });
  here.handle('directory', (address) => `entry of ${address}`);
  assert.equal(await here.call('ask'), 'entry of a@b');
});

test('an error keeps its code and data', async () => {
  const { here } = pair({ fail: () => { throw Object.assign(new Error('no'), { code: 'PIN_INCORRECT', data: { tries: 1 } }); } });
  await assert.rejects(here.call('fail'), { code: 'PIN_INCORRECT', data: { tries: 1 } });
  await assert.rejects(here.call('unknown'), { name: 'TypeError' });
});

test('aborting rejects here and tells the other side', async () => {
  /** @type {AbortSignal | undefined} */ let seen;
  const { here } = pair({ slow: (/** @type {any} */ { signal }) => { seen = signal; return new Promise(() => {}); } });
  const controller = new AbortController();
  const calling = here.call('slow', [], { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  await assert.rejects(calling, { name: 'AbortError' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(seen?.aborted, true);
});

test('progress arrives before the result, buffers move', async () => {
  const bytes = new Uint8Array([1, 2]);
  const { here } = pair({ work: (/** @type {any} */ { progress }) => { progress(1); return new Transferred(bytes, [bytes.buffer]); } });
  /** @type {number[]} */ const steps = [];
  const result = await here.call('work', [], { onProgress: (step) => steps.push(step) });
  assert.deepEqual([steps, [...result], bytes.length], [[1], [1, 2], 0]);
});

test('closing rejects what is under way, and what is asked afterwards', async () => {
  const { here } = pair({ slow: () => new Promise(() => {}) });
  const calling = here.call('slow');
  here.close();
  await assert.rejects(calling, { code: 'worker-stopped' });
  await assert.rejects(here.call('slow'), { code: 'worker-stopped' });
});

test('an agent is the same through a port', async () => {
  /** @type {any} */ let listener;
  const agent = /** @type {any} */ ({ unwrap: async (/** @type {string} */ handle, /** @type {string} */ keyClass) => [handle, keyClass], on: (/** @type {string} */ event, /** @type {any} */ heard) => { if (event === 'session-ended') listener = heard; } });
  for (const method of ['status', 'requestCertificates', 'createMailbox', 'openMailbox', 'objectKeys', 'signMessages', 'validate', 'lock']) agent[method] = () => method;
  const { here, there } = pair();
  serveAgent(agent, there);
  const remote = remoteAgent(here);
  assert.deepEqual(await remote.unwrap('m', 'message', []), ['m', 'message']);
  const ended = new Promise((resolve) => remote.on('session-ended', resolve));
  listener({ reason: 'expired' });
  assert.deepEqual(await ended, { reason: 'expired' });
});
