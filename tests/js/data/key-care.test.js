import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyCare } from '../../../static/js/mail/key-care.js';

/** @param {any} opened @param {any} [acts] what is asked of the log and the server */
function caring(opened, acts = {}) {
  const around = {
    api: {}, accountId: 'a', room: { call: async () => {} }, parts: { objects: {}, list: { follow: (/** @type {number} */ epoch) => followed.push(epoch) } },
    opened: { epoch: 1, role: 'owner', level: 'full', keyChangeDue: false, bridge: true, ...opened }, card: () => 'card', prove: async () => {},
    reopen: async () => ({ epoch: 2, role: 'owner', keyChangeDue: false }),
  };
  /** @type {number[]} */
  const followed = [];
  /** @type {string[]} */
  const done = [];
  const care = new KeyCare(/** @type {any} */ (around));
  care.acts = /** @type {any} */ ({
    isKeyChangeDue: async () => false, rotate: async (/** @type {any} */ order) => void done.push(`rotate ${JSON.stringify(order)}`), carryOver: async () => void done.push('carry'), ...acts,
  });
  return { care, done, followed };
}

test('a key that is due is changed by whoever manages, by the log or by what the server says', async () => {
  for (const [opened, acts] of /** @type {const} */ ([[{ keyChangeDue: true }, {}], [{}, { isKeyChangeDue: async () => true }], [{ role: 'manager', keyChangeDue: true }, {}]])) {
    const { care, done } = caring(opened, acts);
    await care.keep();
    assert.deepEqual(done, ['rotate {"onlyIfDue":true}']);
  }
});

test('nothing is changed by who does not manage, nor in a session that only reads', async () => {
  for (const opened of [{ role: 'sender', keyChangeDue: true }, { role: 'reader', keyChangeDue: true }, { level: 'recovery', keyChangeDue: true }]) {
    const { care, done } = caring(opened);
    await care.keep();
    assert.deepEqual(done, []);
  }
});

test('what an interrupted change left is carried over, and a first key has nothing to carry', async () => {
  const later = caring({ epoch: 3 });
  await later.care.keep();
  assert.deepEqual(later.done, ['carry']);
  const first = caring({ epoch: 1 });
  await first.care.keep();
  assert.deepEqual(first.done, []);
});

test('a change that fails is told, and breaks nothing', async () => {
  const { care } = caring({ keyChangeDue: true }, { rotate: async () => { throw Object.assign(new Error('no card'), { code: 'NO_CARD' }); } });
  /** @type {any[]} */
  const told = [];
  care.addEventListener('rotation', (event) => told.push(/** @type {CustomEvent} */ (event).detail));
  await care.keep();
  assert.equal(told[0].failed.code, 'NO_CARD');
});

test('a key made elsewhere is followed: by a card at once, once for a burst of mail', async () => {
  const { care, followed } = caring({});
  await Promise.all([care.follow(), care.follow()]);
  assert.deepEqual([care.epoch, followed], [2, [2]]);
});

test('a passkey is not asked for without a click', async () => {
  const { care, followed } = caring({ bridge: false });
  /** @type {string[]} */
  const failures = [];
  care.addEventListener('failure', (event) => failures.push(/** @type {CustomEvent} */ (event).detail.code));
  await care.follow();
  await care.follow();
  assert.deepEqual([failures, followed], [['key-renewed'], []]);
});
