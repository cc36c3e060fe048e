import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { askBrowser, forgetRelay, noteReached, takeRelay, toBeExplained } from '../../../static/js/pages/reaching.js';

/** @typedef {import('../../../static/js/bridge/permission.js').Permission} Permission */

/** A storage area of the browser. */
function storage() {
  /** @type {Map<string, string>} */
  const held = new Map();
  return { getItem: (/** @type {string} */ name) => held.get(name) ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => void held.set(name, value) };
}

/** @param {string} vendor @param {string} [protocol] */
function browser(vendor, protocol = 'https:') {
  Object.defineProperty(globalThis, 'navigator', { value: { vendor }, configurable: true });
  Object.assign(globalThis, { localStorage: storage(), sessionStorage: storage(), location: { protocol } });
}

beforeEach(() => browser('Google Inc.'));

/** @param {...Permission} states one after the other; the last stays */
function asked(...states) {
  /** @type {number[]} */
  const questions = [];
  return {
    questions,
    permission: async () => /** @type {Permission} */ (states.length > 1 ? states.shift() : states[0]),
    ask: async (/** @type {number} */ port) => void questions.push(port),
  };
}

test('a browser that will ask is explained first, and not asked', async () => {
  const surroundings = asked('prompt');
  assert.equal(await toBeExplained(surroundings), 'explain');
  assert.deepEqual(surroundings.questions, []);
});

test('one that has answered, or knows no such question, is not explained', async () => {
  assert.equal(await toBeExplained(asked('granted')), null);
  assert.equal(await toBeExplained(asked('unknown')), null);
});

test('one that was told no is an error of its own', async () => {
  await assert.rejects(toBeExplained(asked('denied')), { code: 'bridge-blocked' });
});

test('one that says it would ask, and does not, is explained once', async () => {
  await noteReached(asked('prompt'));
  assert.equal(await toBeExplained(asked('prompt')), null);
  await assert.rejects(toBeExplained(asked('denied')), { code: 'bridge-blocked' });
});

test('a permission that was given is not taken for silence', async () => {
  await noteReached(asked('granted'));
  assert.equal(await toBeExplained(asked('prompt')), 'explain');
});

test('the question comes from the page, where one is to come', async () => {
  const surroundings = asked('prompt', 'granted');
  await askBrowser(28610, surroundings);
  assert.deepEqual(surroundings.questions, [28610]);
  const granted = asked('granted');
  await askBrowser(28610, granted);
  assert.deepEqual(granted.questions, []);
});

test('the answer no is told at once', async () => {
  await assert.rejects(askBrowser(28610, asked('prompt', 'denied')), { code: 'bridge-blocked' });
});

test('WebKit: the window is explained once in a session', async () => {
  browser('Apple Computer, Inc.');
  assert.equal(await toBeExplained(asked('unknown')), 'relay');
  takeRelay();
  assert.equal(await toBeExplained(asked('unknown')), null);
});

test('who took the window after a refusal keeps it for the session, and may go back', async () => {
  takeRelay();
  const refused = asked('denied');
  assert.equal(await toBeExplained(refused), null);
  await askBrowser(28610, refused);
  assert.deepEqual(refused.questions, []);
  forgetRelay();
  await assert.rejects(toBeExplained(asked('denied')), { code: 'bridge-blocked' });
});

test('WebKit has no other way to go back to', async () => {
  browser('Apple Computer, Inc.');
  takeRelay();
  forgetRelay();
  assert.equal(await toBeExplained(asked('unknown')), null);
});
