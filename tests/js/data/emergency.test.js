import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emergency, pending } from '../../../static/js/mail/emergency.js';
import { sha256 } from '../../../static/js/cms/digest.js';
import { toBase64 } from '../../../static/js/cms/octets.js';

const some = toBase64(new Uint8Array([1, 2, 3]));
const WAY = /** @type {any} */ ({ id: 'policy', mailboxId: 'theirs', address: 'erin@pli.example', kind: 'breakGlass', threshold: 2, minutes: 60, messages: 20, holders: [], policy: some });
const REQUEST = /** @type {any} */ ({ id: 'r', accountId: 'theirs', address: 'erin@pli.example', policyId: 'policy', request: some, releases: [some, some], openedAt: null, endedAt: null, closesAt: null });

/** @param {Record<string, (args: any) => any>} answers */
function surroundings(answers) {
  /** @type {[string, any][]} */
  const asked = [];
  let proofs = 0;
  const call = async (/** @type {string} */ name, /** @type {any} */ args) => {
    asked.push([name, args]);
    return answers[name]?.(args) ?? {};
  };
  const places = { api: { call, revocation: async () => ({ crls: [], ocsps: [] }) }, accountId: 'own', room: { call }, card: () => 'card', prove: async () => void (proofs += 1) };
  return { emergency: new Emergency(/** @type {any} */ (places)), asked, proofs: () => proofs };
}

test('whoever holds no share for a request releases none', async () => {
  const { emergency, asked } = surroundings({ 'Share/get': () => ({ list: [{ policyId: 'older', policy: some, share: some, spent: false }], evidence: {} }) });
  await assert.rejects(emergency.release(REQUEST), { code: 'no-share' });
  assert.deepEqual(asked.map(([name]) => name), ['Share/get']);
});

test('a share that was given and used opens nothing again', async () => {
  const { emergency } = surroundings({ 'Share/get': () => ({ list: [{ policyId: 'policy', policy: some, share: some, spent: true }], evidence: {} }) });
  await assert.rejects(emergency.release(REQUEST), { code: 'no-share' });
});

test('a release goes into the log of the mailbox that is asked for', async () => {
  const evidence = { logEntries: [some], bodies: [], bindings: [], chain: [] };
  const { emergency, asked } = surroundings({
    'Share/get': () => ({ list: [{ policyId: 'policy', policy: some, share: some, spent: false }], evidence }),
    ask: () => ({ logEntry: new Uint8Array([7]), release: new Uint8Array([8]) }),
  });
  await emergency.release(REQUEST);
  const [name, args] = /** @type {[string, any]} */ (asked.at(-1));
  assert.equal(name, 'Membership/append');
  assert.deepEqual([args.accountId, args.logEntry, args.release], ['theirs', toBase64(new Uint8Array([7])), { requestId: 'r', release: toBase64(new Uint8Array([8])) }]);
});

test('the server asks who is there, once, and the request goes on', async () => {
  let refused = 0;
  const { emergency, proofs } = surroundings({
    ask: () => ({ request: new Uint8Array([1]) }),
    'RecoveryRequest/set': () => (refused++ ? { created: { asked: { id: 'r' } } } : { notCreated: { asked: { type: 'stepUpRequired' } } }),
  });
  assert.equal(await emergency.ask(WAY, 'Urgence'), 'r');
  assert.equal(proofs(), 1);
});

test('too few shares open nothing', async () => {
  const { emergency } = surroundings({ 'RecoveryPolicy/get': () => ({ list: [WAY] }), 'RecoveryRequest/set': () => ({ notUpdated: { r: { type: 'invalidProperties' } } }) });
  await assert.rejects(emergency.begin(REQUEST), { code: 'invalidProperties' });
});

test('one that was opened opens again with the policy that the log holds', async () => {
  const policyId = toBase64(await sha256(new Uint8Array([1, 2, 3])));
  const { emergency, asked } = surroundings({ 'MembershipLog/get': () => ({ list: [{ bodies: [toBase64(new Uint8Array([9]))] }, { bodies: [some] }] }) });
  const unlock = await emergency.begin({ ...REQUEST, policyId, openedAt: '2026-11-22T10:00:00Z' });
  assert.deepEqual([toBase64(unlock.policy), unlock.releases.length], [some, 2]);
  assert.deepEqual(asked.map(([name]) => name), ['MembershipLog/get']);
});

test('a request that is over is shown no more', () => {
  const now = new Date('2026-11-22T10:00:00Z');
  assert.deepEqual([pending(REQUEST, now), pending({ ...REQUEST, endedAt: '2026-11-22T09:00:00Z' }, now), pending({ ...REQUEST, closesAt: '2026-11-22T09:59:00Z' }, now)], [true, false, false]);
});
