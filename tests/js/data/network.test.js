import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';
import { changed, isReady, lockedOut, mayLeave, Network } from '../../../static/js/mail/network.js';
import { statesOf } from '../../../static/js/viewers/network-view.js';

const RULES = { cardRequired: false, noBridgeAllowed: true, recoveryRequired: false, delegationDaysMax: 0, retentionDays: 0, membersOpenServices: true, listedOnly: true };
/** @param {Partial<import('../../../static/js/mail/network.js').Colleague>} change @returns {import('../../../static/js/mail/network.js').Colleague} */
const person = (change) => ({ id: 'p', personId: 'q', name: 'Nadia Payet', rppsNumber: '', address: 'n@perinat.example', administrator: false, state: 'joined', lacks: [], cardEnds: null, inboxes: [], ...change });

/** @param {(method: string, args: any) => any} answer */
function network(answer) {
  /** @type {[string, any][]} */
  const calls = [];
  const state = { proofs: 0 };
  const api = { call: async (/** @type {string} */ method, /** @type {any} */ args) => { calls.push([method, args]); return answer(method, args); } };
  return { calls, state, network: new Network({ api: /** @type {any} */ (api), accountId: 'a', prove: async () => { state.proofs += 1; } }) };
}

test('who administers nothing gets nothing', async () => {
  assert.equal(await network(() => ({ list: [] })).network.read(), null);
});

test('only what changes is set, after the card was shown once more', async () => {
  let asked = 0;
  const made = network(() => {
    asked += 1;
    if (asked === 1) throw Object.assign(new Error(), { code: 'stepUpRequired' });
    return { updated: { t: null } };
  });
  await made.network.set('t', changed(RULES, { ...RULES, cardRequired: true }));
  assert.equal(made.state.proofs, 1);
  assert.deepEqual(made.calls.at(-1), ['Tenant/set', { accountId: 'a', update: { t: { cardRequired: true } } }]);
});

test('rules that the server does not take are said', async () => {
  const made = network(() => ({ notUpdated: { t: { type: 'notFound' } } }));
  await assert.rejects(made.network.set('t', { cardRequired: true }), { code: 'rules-refused' });
});

test('who has a card is not locked out, who has a passkey alone is', () => {
  const alone = person({ id: 'q', lacks: ['passkey-only', 'second-way'] });
  assert.deepEqual(lockedOut([person({}), alone, person({ id: 'r', state: 'left', lacks: ['passkey-only'] })]), [alone]);
});

test('each state has words of its own, and only whoever lacks nothing is ready', () => {
  const cases = [
    person({}), person({ state: 'invited' }), person({ state: 'refused' }), person({ state: 'left' }), person({ lacks: ['second-way'] }),
    person({ lacks: ['card-ends'], cardEnds: '2026-12-24T10:00:00Z' }), person({ lacks: ['card-ended'] }), person({ lacks: ['passkey-only'] }),
  ];
  assert.equal(new Set(cases.map((each) => JSON.stringify(statesOf(each)))).size, cases.length);
  assert.deepEqual(cases.map(isReady), [true, false, false, true, false, false, false, false]);
});

const KEEP = /** @type {const} */ ({ address: 'keep', redirectTo: 'never@sent.example', anyway: false });
const failing = (/** @type {string} */ code, /** @type {object} */ data = {}) => network(() => { throw Object.assign(new Error(), { code, data }); }).network;

test('who leaves is named, and nothing is said that was not chosen', async () => {
  const made = network(() => ({ credentials: 1, accountIds: [] }));
  assert.deepEqual(await made.network.letGo('q', KEEP), []);
  await made.network.letGo('q', { address: 'redirect', redirectTo: 'n@perinat.example', anyway: true });
  assert.deepEqual(made.calls, [
    ['Person/offboard', { personId: 'q', address: 'keep' }],
    ['Person/offboard', { personId: 'q', address: 'redirect', redirectTo: 'n@perinat.example', anyway: true }],
  ]);
});

test('the only owner of an inbox is let go only by a second, plain word', async () => {
  assert.deepEqual(await failing('successorNeeded', { addresses: ['garde@perinat.example'] }).letGo('q', KEEP), ['garde@perinat.example']);
});

test('what the server refuses is said in words of its own', async () => {
  await assert.rejects(failing('notFound').letGo('q', KEEP), { code: 'departure-refused' });
  await assert.rejects(failing('invalidArguments').letGo('q', KEEP), { code: 'redirect-refused' });
  await assert.rejects(failing('server-error').letGo('q', KEEP), { code: 'server-error' });
});

test('nobody lets himself go, nor who never came or has left', () => {
  const other = person({ rppsNumber: '1' });
  assert.deepEqual([mayLeave(other, '2'), mayLeave(person({}), '')], [true, true]);
  assert.deepEqual([mayLeave(other, '1'), mayLeave(person({ personId: null }), '2'), mayLeave(person({ state: 'left' }), '2')], [false, false, false]);
});
