import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';

Object.defineProperty(globalThis, 'customElements', { configurable: true, value: { define: () => {} } });
const { MessageSheet } = await import('../../../static/js/pages/message-sheet.js');

/** @param {string} id @returns {any} an opened message that announces a certificate */
const announcing = (id) => ({
  id, subject: 'x', from: [{ name: '', address: 'eve@elsewhere.example' }], to: [], cc: [], replyTo: [], date: null, text: 'x', html: null, attachments: [], notices: [],
  encryption: null, encrypted: false, signature: { state: 'S4', reason: '', signer: null, details: null, card: null }, protections: {},
  harvest: { address: 'eve@elsewhere.example', certificate: new Uint8Array(), chain: [], proved: false, capabilities: [] },
  sender: { address: 'eve@elsewhere.example', adopted: false, images: false },
});

/** What a click on the button of that name calls. @param {any} view @param {string} action @returns {(() => void) | undefined} */
function clickOf(view, action) {
  if (Array.isArray(view)) return view.map((each) => clickOf(each, action)).find(Boolean);
  if (!view?.strings) return undefined;
  const at = view.strings.findIndex((/** @type {string} */ text) => text.includes(`data-action="${action}"`) && text.endsWith('@click='));
  return at < 0 ? clickOf(view.values, action) : view.values[at];
}

test('a certificate that was adopted late is marked in no other message', async () => {
  /** @type {() => void} */
  let done = () => {};
  const sheet = new MessageSheet();
  sheet.store = /** @type {any} */ ({ adopt: () => new Promise((adopted) => { done = () => adopted(undefined); }) });
  await sheet.load();
  sheet.message = announcing('first');
  clickOf(sheet.sheetView('first'), 'adopt')?.();
  await sheet.load();
  sheet.message = announcing('second');
  done();
  await new Promise((next) => { setImmediate(next); });
  assert.equal(sheet.message?.sender?.adopted, false);
});

test('in its own message it is', async () => {
  const sheet = new MessageSheet();
  sheet.store = /** @type {any} */ ({ adopt: async () => {} });
  await sheet.load();
  sheet.message = announcing('first');
  clickOf(sheet.sheetView('first'), 'adopt')?.();
  await new Promise((next) => { setImmediate(next); });
  assert.equal(sheet.message?.sender?.adopted, true);
});
