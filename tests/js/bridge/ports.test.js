import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portHolder, speaksOurs } from '../../../static/js/bridge/ports.js';

/** @type {{url: string, options: any}[]} */
let asked = [];

/** A browser's fetch: what the port answers to a request with CORS, and whether anything answers at all. @param {{json?: any, listens?: boolean}} there */
function browser({ json, listens = true }) {
  asked = [];
  return /** @type {typeof fetch} */ (async (url, options) => {
    asked.push({ url: String(url), options });
    if (options?.mode === 'no-cors' && options.redirect !== 'follow') throw new TypeError('Request mode is "no-cors" but the redirect mode is not "follow".');
    if (!listens || (options?.mode === 'cors' && json === undefined)) throw new TypeError('Failed to fetch');
    return /** @type {any} */ ({ json: async () => json });
  });
}

test('a bridge that admits this page', async () => {
  const holder = await portHolder(28610, 1000, browser({ json: { protocols: ['pli-bridge.1'] } }));
  assert.deepEqual(holder, { port: 28610, kind: 'bridge', protocols: ['pli-bridge.1'] });
  assert.ok(speaksOurs(holder));
});

test('the request carries nothing of the person, and says that loopback is meant', async () => {
  await portHolder(28610, 1000, browser({ json: { protocols: [] } }));
  const [{ url, options }] = asked;
  assert.equal(url, 'http://127.0.0.1:28610/.well-known/pli-bridge');
  const { credentials, cache, redirect, targetAddressSpace } = options;
  assert.deepEqual({ credentials, cache, redirect, targetAddressSpace }, { credentials: 'omit', cache: 'no-store', redirect: 'error', targetAddressSpace: 'loopback' });
});

test('who answers and shows nothing is a stranger', async () => {
  assert.deepEqual(await portHolder(28611, 1000, browser({})), { port: 28611, kind: 'stranger', protocols: [] });
});

test('a readable answer that is no bridge’s is a stranger’s too', async () => {
  for (const json of [{}, [], 'pli-bridge.1', { protocols: 'pli-bridge.1' }, 7]) assert.equal((await portHolder(28611, 1000, browser({ json }))).kind, 'stranger');
});

test('nobody there', async () => {
  assert.equal((await portHolder(28612, 1000, browser({ listens: false }))).kind, 'closed');
});

test('a program that takes the connection and says nothing is silent, not absent', async () => {
  const mute = /** @type {typeof fetch} */ ((_url, options) => new Promise((_resolve, reject) => {
    if (options?.signal?.aborted) reject(options.signal.reason);
    options?.signal?.addEventListener('abort', () => reject(options?.signal?.reason));
  }));
  const keepAwake = setTimeout(() => {}, 1000); // AbortSignal.timeout does not keep Node alive
  assert.equal((await portHolder(28613, 20, mute)).kind, 'silent');
  clearTimeout(keepAwake);
});

test('the bridge of somebody else says where this person’s own is', async () => {
  const holder = await portHolder(28610, 1000, browser({ json: { protocols: ['pli-bridge.1'], port: 28617 } }));
  assert.equal(holder.elsewhere, 28617);
  assert.equal((await portHolder(28610, 1000, browser({ json: { protocols: ['pli-bridge.1'], port: '1' } }))).elsewhere, undefined);
});

test('a bridge of another time speaks nothing of ours', () => {
  assert.equal(speaksOurs({ port: 28610, kind: 'bridge', protocols: ['pli-bridge.0', 'pli-bridge.9'] }), false);
});
