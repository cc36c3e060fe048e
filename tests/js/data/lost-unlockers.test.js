import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MembershipActs } from '../../../static/js/mail/membership-acts.js';

const LOST = 'bG9zdA==';
const PHONE = { kind: 'passkey', state: 'active', notAfter: null, bodyHash: LOST };
const OVER = { ...PHONE, state: 'ended', bodyHash: 'b3Zlcg==' };
const ROWS = [
  { bodyHash: LOST, state: 'active', endedAt: '2026-11-22T09:00:00Z' },
  { bodyHash: OVER.bodyHash, state: 'active', endedAt: '2026-11-22T09:00:00Z' },
  { bodyHash: 'aGVyZQ==', state: 'active', endedAt: null },
];

/** The acts of a page on a log that knows of no loss, and the rotations it asked its agent for. @param {boolean} keyChangeDue as the server says */
function page(keyChangeDue) {
  const asked = /** @type {any[]} */ ([]);
  const answers = /** @type {Record<string, any>} */ ({ 'Member/get': { list: ROWS, keyChangeDue } });
  const api = {
    call: async (/** @type {string} */ method) => answers[method] ?? { list: [] },
    post: async () => ({ encryptionCertificate: '', signatureCertificate: '' }),
    revocation: async () => ({ crls: [], ocsps: [] }),
  };
  const act = (/** @type {string} */ verb, /** @type {any[]} */ [order]) => {
    if (verb === 'members') return { epoch: 1, keyChangeDue: false, members: [PHONE, OVER] };
    asked.push({ verb, order });
    throw new Error('enough seen');
  };
  const room = {
    call: async (/** @type {string} */ method, /** @type {any[]} */ values = []) => {
      if (method === 'act') return act(values[0], values[1]);
      return method === 'opened' ? { address: 'a@pli.example' } : { handle: 'm_1', encryptionRequest: new Uint8Array(), signatureRequest: new Uint8Array() };
    },
  };
  const places = { api, room, accountId: 'a', objects: { list: async () => [] }, epoch: () => 1, card: () => undefined, prove: async () => {}, reopen: async () => {}, adopt: async () => {}, changed: () => {} };
  return { acts: new MembershipActs(/** @type {any} */ (places)), asked };
}

test('[N12] a lost passkey or code gets no further key, though its log knows of no loss', async () => {
  const { acts, asked } = page(true);
  await assert.rejects(acts.rotate({ onlyIfDue: true }), /enough seen/);
  assert.deepEqual(asked.map(({ verb, order }) => [verb, order.ends]), [['rotate', [LOST]]]);
});

test('nothing is changed where neither the log nor the server asks for it', async () => {
  const { acts, asked } = page(false);
  assert.equal(await acts.rotate({ onlyIfDue: true }), false);
  assert.deepEqual(asked, []);
});
