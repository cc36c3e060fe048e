/** What the reader asks of the crypto worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reading } from '../../../static/js/mail/reading.js';

/** @param {import('../../../static/js/mail/reading.js').Openable} attachment @returns {Promise<any[]>} what the worker was asked */
async function asked(attachment) {
  /** @type {any[]} */
  let asking = [];
  const message = { from: [], harvest: null, date: null, signature: { signer: null }, copyOf: undefined };
  const places = {
    room: { call: async (/** @type {string} */ _method, /** @type {any[]} */ given) => { asking = given; return { message, learnt: false }; } },
    list: { record: async () => ({ receivedAt: '2026-11-21T22:00:00Z' }) },
    correspondents: { person: async () => null, learn: async () => {} },
  };
  await new Reading(/** @type {any} */ (places)).openSeparately(attachment, 'm1', {});
  return asking;
}

test('what nobody vouches for stays so in a view of its own [N30]', async () => {
  const [, { unproved }] = await asked({ bytes: new Uint8Array(1), type: 'message/rfc822', opens: 'message', unproved: true });
  assert.equal(unproved, true);
});

test('a message is read as one, whatever its sender calls the file', async () => {
  const type = async (/** @type {string} */ named, /** @type {'cms' | 'message'} */ opens) => (await asked({ bytes: new Uint8Array(1), type: named, opens }))[0].type;
  assert.equal(await type('application/octet-stream', 'message'), 'message/rfc822');
  assert.equal(await type('multipart/signed', 'cms'), 'multipart/signed');
  assert.equal(await type('application/pkcs7-mime', 'cms'), 'application/pkcs7-mime');
});
