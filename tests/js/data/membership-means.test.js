import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../static/js/mail/api.js';
import { MembershipMeans } from '../../../static/js/mail/membership-means.js';

const ACT = { logEntry: new Uint8Array([1]), grants: [new Uint8Array([2])] };

/** Means whose server refuses with these codes, one a call, before it answers. @param {string[]} refusals */
function means(refusals) {
  const seen = /** @type {any[]} */ ([]);
  const api = {
    call: async (/** @type {string} */ method, /** @type {any} */ args) => {
      seen.push([method, args]);
      const code = refusals.shift();
      if (code) throw new ApiError(code);
      return { card: null, seq: 1 };
    },
  };
  const noted = (/** @type {string} */ name) => async () => void seen.push(name);
  const places = { api, accountId: 'a', prove: noted('prove'), wait: noted('wait'), card: () => undefined };
  return { means: new MembershipMeans(/** @type {any} */ (places)), seen };
}

test('an answer that was lost: the very same entry is handed in again', async () => {
  const { means: one, seen } = means(['offline', 'server-error']);
  await one.append(ACT, { extra: true });
  const entry = ['Membership/append', { accountId: 'a', logEntry: 'AQ==', grants: ['Ag=='], bindings: [], extra: true }];
  assert.deepEqual(seen, [entry, 'wait', entry, 'wait', entry]);
});

test('a refusal is no lost answer', async () => {
  const { means: one, seen } = means(['stateMismatch']);
  await assert.rejects(one.append(ACT, {}), { code: 'stateMismatch' });
  assert.equal(seen.length, 1);
});

test('the person proves once more who is there, where the server asks for it, and not again and again', async () => {
  const asked = means(['stepUpRequired']);
  await asked.means.call('Member/get', {});
  assert.deepEqual(asked.seen.map((one) => (Array.isArray(one) ? one[0] : one)), ['Member/get', 'prove', 'Member/get']);
  const refused = means(['stepUpRequired', 'stepUpRequired']);
  await assert.rejects(refused.means.call('Member/get', {}), { code: 'stepUpRequired' });
});

test('a holder whose card the directory does not know is named', async () => {
  await assert.rejects(means([]).means.cardOf({ reference: 'AA==', name: 'Alice' }), { code: 'card-unknown', data: { names: ['Alice'] } });
});
