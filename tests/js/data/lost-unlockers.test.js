import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../static/js/mail/api.js';
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
  return { acts: new MembershipActs(/** @type {any} */ (places)), asked, api: /** @type {any} */ (api), room: /** @type {any} */ (room) };
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

test('[N12] what was blocked while the keys changed is left out when the rotation begins again', async () => {
  const { acts, asked, api, room } = page(true);
  const lists = [[], ROWS];
  api.call = async (/** @type {string} */ method) => {
    if (method === 'Membership/append') throw new ApiError('actRefused', { reason: 'holder-blocked' });
    return method === 'Member/get' ? { list: asked.length ? lists[1] : lists[0], keyChangeDue: true } : { list: [] };
  };
  const { call } = room;
  room.call = async (/** @type {string} */ method, /** @type {any[]} */ values = []) => {
    if (method !== 'act' || values[0] !== 'rotate' || asked.length) return call(method, values);
    asked.push({ verb: 'rotate', order: values[1][0] });
    return { grants: [], logEntry: new Uint8Array(), binding: new Uint8Array(), history: null };
  };
  await assert.rejects(acts.rotate({}), /enough seen/);
  assert.deepEqual(asked.map(({ order }) => order.ends), [undefined, [LOST]]);
});

test('[N12] a right ends also while another member’s card holds the new key up, and the failure names that member', async () => {
  const { acts, asked, room } = page(false);
  const { call } = room;
  const written = /** @type {any[]} */ ([]);
  room.call = async (/** @type {string} */ method, /** @type {any[]} */ values = []) => {
    const [verb, [order]] = method === 'act' ? values : ['', [null]];
    if (verb === 'members') return { epoch: 1, keyChangeDue: false, members: [{ ...PHONE, name: 'Bob Roux' }, OVER] };
    if (verb === 'rotate') throw Object.assign(new Error('refused'), { code: 'GRANT_REFUSED', data: { reason: 'certificate-expired', holder: LOST } });
    if (verb !== 'appendLog') return call(method, values);
    written.push([order.kind, order.hashes]);
    return { logEntry: new Uint8Array() };
  };
  const refused = { code: 'holder-refused', data: { names: ['Bob Roux'], reason: 'certificate-expired', waiting: [] } };
  await assert.rejects(acts.endDelegation(['Z29uZQ==']), refused);
  assert.deepEqual([written, asked], [[['revoke', ['Z29uZQ==']]], []]);
  await assert.rejects(acts.rotate({}), refused);
  assert.equal(written.length, 1);
});

/** What a person is told when the bridge refuses these members' cards. @param {{holder: string, reason: string}[]} refused @returns {Promise<any>} */
async function heldUp(refused) {
  const { acts, room } = page(false);
  const { call } = room;
  const members = [{ ...PHONE, name: 'Bob Roux' }, { ...PHONE, bodyHash: 'Y2Fyb2w=', name: 'Carol Noir' }, { ...PHONE, bodyHash: 'dHdv', name: 'Carol Noir' }];
  room.call = async (/** @type {string} */ method, /** @type {any[]} */ values = []) => {
    const verb = method === 'act' ? values[0] : '';
    if (verb === 'members') return { epoch: 1, keyChangeDue: false, members };
    if (verb === 'rotate') throw Object.assign(new Error('refused'), { code: 'GRANT_REFUSED', data: { ...refused[0], refused } });
    return call(method, values);
  };
  return acts.rotate({}).then(() => assert.fail('rotated'), (error) => error.data);
}

test('[N12] of several cards that hold the new key up each person is named once, and who has only to wait is told apart', async () => {
  const expired = { holder: LOST, reason: 'certificate-expired' };
  assert.deepEqual(await heldUp([expired, { holder: 'Y2Fyb2w=', reason: 'certificate-revoked' }, { holder: 'dHdv', reason: 'revocation-unknown' }]),
    { names: ['Bob Roux', 'Carol Noir'], reason: 'certificate-expired', waiting: [] });
  assert.deepEqual(await heldUp([{ holder: 'Y2Fyb2w=', reason: 'revocation-unknown' }, expired]), { names: ['Carol Noir', 'Bob Roux'], reason: 'certificate-expired', waiting: ['Carol Noir'] });
  assert.equal((await heldUp([{ holder: 'Y2Fyb2w=', reason: 'revocation-unknown' }])).reason, 'revocation-unknown');
});

test('of several members whose card nobody knows each is named', async () => {
  const { acts, room, api } = page(false);
  const { call } = room;
  const card = { ...PHONE, kind: 'card', reference: 'AA==' };
  const members = [{ ...card, name: 'Bob Roux' }, { ...card, bodyHash: 'Y2Fyb2w=', name: 'Carol Noir' }];
  api.call = async (/** @type {string} */ method) => (method === 'Member/get' ? { list: [] } : method === 'Directory/card' ? { card: null } : { list: [] });
  room.call = async (/** @type {string} */ method, /** @type {any[]} */ values = []) => (method === 'act' && values[0] === 'members' ? { epoch: 1, keyChangeDue: false, members } : call(method, values));
  await assert.rejects(acts.rotate({}), { code: 'card-unknown', data: { names: ['Bob Roux', 'Carol Noir'] } });
});
