import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { confirmersOf, peopleOf, possibleActs } from '../../../static/js/viewers/member-rows.js';
import { givenText, reachText, standingText, timesText, waitingText } from '../../../static/js/viewers/member-texts.js';

/** @typedef {import('../../../static/js/viewers/member-rows.js').MemberRow} MemberRow */
/** @typedef {import('../../../static/js/viewers/member-rows.js').MemberPerson} MemberPerson */
const NOW = new Date('2026-11-22T09:00:00Z');
const ALICE = { idType: 'RPPS', idValue: '10000000001', name: 'Alice Martin' };

/** @param {Partial<MemberRow>} [change] @returns {MemberRow} */
const row = (change = {}) => ({
  bodyHash: 'a1', kind: 'card', reference: 'r1', ...ALICE, role: 'owner', notBefore: '2026-01-01T00:00:00Z', notAfter: null, historyFromEpoch: 1,
  state: 'active', since: '2026-01-01T00:00:00Z', by: ALICE, own: false, ...change,
});
/** @param {Partial<MemberRow>} [change] */
const bob = (change = {}) => row({ bodyHash: 'b1', reference: 'r2', idValue: '10000000002', name: 'Bob Roux', role: 'sender', notBefore: '2026-11-01T00:00:00Z', since: '2026-11-01T00:00:00Z', ...change });
/** @param {readonly MemberRow[]} rows @returns {MemberPerson} */
const one = (rows) => /** @type {MemberPerson} */ (peopleOf(rows, NOW).present[0]);
/** @param {Partial<import('../../../static/js/pages/store-types.js').Session>} [change] @returns {import('../../../static/js/pages/store-types.js').Session} */
const session = (change = {}) => ({
  person: { name: 'Alice Martin', rppsNumber: '10000000001', profession: '', level: 'card' }, mailbox: { id: 'm', address: 'a@pli.example', name: '' },
  bridge: true, role: 'owner', level: 'full', until: null, keyChangeDue: false, administers: false, awaitedInboxes: [], serviceDomains: [], ...change,
});

test('a card and a passkey of one number are one person, with both', () => {
  const { present } = peopleOf([row(), row({ bodyHash: 'a2', kind: 'passkey', reference: 'r9' })], NOW);
  assert.deepEqual(present.map(({ name, kinds }) => [name, kinds]), [['Alice Martin', ['card', 'passkey']]]);
});

test('two unlockers without a number are not taken for one person because they are called the same', () => {
  const nobody = { idType: '', idValue: '', name: 'Alice Martin' };
  assert.equal(peopleOf([row(nobody), row({ ...nobody, reference: 'r7' })], NOW).present.length, 2);
});

test('a change of key makes nobody a newcomer: who gave the right, and when, is as before', () => {
  const rows = [bob({ state: 'ended' }), bob({ bodyHash: 'b2', since: '2026-11-20T00:00:00Z', by: { ...ALICE, name: 'Somebody Else' } })];
  const [person] = peopleOf(rows, NOW).present;
  assert.deepEqual([person?.since, person?.by.name, person?.rows.map(({ bodyHash }) => bodyHash)], ['2026-11-01T00:00:00Z', 'Alice Martin', ['b2']]);
});

test('who has nothing any more stands among the former, once', () => {
  const { present, former } = peopleOf([row(), bob({ state: 'ended' }), bob({ bodyHash: 'b2', state: 'ended' })], NOW);
  assert.deepEqual([present.length, former.map(({ name }) => name)], [1, ['Bob Roux']]);
});

test('a right whose date has passed, one to come and one to be confirmed are not access', () => {
  assert.equal(waitingText(one([bob({ notAfter: '2026-11-21T00:00:00Z' })]), []), 'The date has passed: nothing is shown to them any more');
  assert.equal(waitingText(one([bob({ notBefore: '2026-12-01T00:00:00Z' })]), []), 'Not begun');
  assert.equal(waitingText(one([bob()]), []), '');
});

test('who waits for a confirmation is told so, or that nobody but the proposer is left to give it', () => {
  const pending = bob({ state: 'pending', role: 'manager' });
  const carol = row({ bodyHash: 'c1', reference: 'r3', idValue: '10000000003', name: 'Carol Noir', role: 'manager' });
  const waiting = (/** @type {MemberRow[]} */ rows) => waitingText(one([pending]), peopleOf([pending, ...rows], NOW).present);
  assert.equal(waiting([row(), carol]), 'Waits until a second manager confirms');
  for (const rows of [[row()], [row(), { ...carol, role: /** @type {const} */ ('sender') }], [row(), { ...carol, notAfter: '2026-11-21T00:00:00Z' }]]) assert.equal(waiting(rows), 'Only Alice Martin is left to confirm');
});

test('of two managers neither needs a third to raise the other; of three, one confirms', () => {
  const manager = bob({ role: 'manager' });
  const carol = row({ bodyHash: 'c1', reference: 'r3', idValue: '10000000003', name: 'Carol Noir', role: 'manager' });
  const names = (/** @type {MemberRow[]} */ rows) => confirmersOf(one([manager]), ALICE, peopleOf(rows, NOW).present).map(({ name }) => name);
  assert.deepEqual(names([row({ own: true }), manager]), []);
  assert.deepEqual(names([row({ own: true }), manager, carol]), ['Carol Noir']);
});

test('what stands now is shown before what is to come, the higher right before the lower', () => {
  const later = bob({ bodyHash: 'b2', role: 'manager', notBefore: '2026-12-01T00:00:00Z' });
  assert.equal(one([later, bob()]).role, 'sender');
  assert.equal(one([bob({ role: 'reader' }), bob({ bodyHash: 'b3' })]).role, 'sender');
});

test('secrets of officers are nobody’s', () => {
  const { present, shared } = peopleOf([row(), row({ bodyHash: 'o', kind: 'officer', idValue: '', reference: 'o' })], NOW);
  assert.deepEqual([present.length, shared.length], [1, 1]);
});

test('the last owner is not offered to leave; two owners are', () => {
  const alone = peopleOf([row({ own: true })], NOW).present;
  assert.equal(possibleActs(/** @type {MemberPerson} */ (alone[0]), session(), alone).leave, false);
  const both = peopleOf([row({ own: true }), bob({ role: 'owner' })], NOW).present;
  assert.equal(possibleActs(/** @type {MemberPerson} */ (both.find(({ own }) => own)), session(), both).leave, true);
});

test('who proposed a manager is not offered to confirm him while another could, nor ever is he himself', () => {
  const pending = one([bob({ state: 'pending', role: 'manager' })]);
  const other = one([row({ bodyHash: 'c1', reference: 'r3', idValue: '10000000003', name: 'Carol', role: 'manager' })]);
  assert.equal(possibleActs(pending, session(), [pending, other]).confirm, false);
  assert.equal(possibleActs(pending, session(), [pending]).confirm, true);
  assert.equal(possibleActs({ ...pending, role: 'owner' }, session({ role: 'manager' }), [pending]).confirm, false);
  assert.equal(possibleActs({ ...pending, own: true }, session(), [pending]).confirm, false);
  const carol = session({ person: { name: 'Carol', rppsNumber: '10000000003', profession: '', level: 'card' }, role: 'manager' });
  assert.equal(possibleActs(pending, carol, [pending]).confirm, true);
  assert.equal(possibleActs({ ...pending, own: true }, carol, [pending]).confirm, false);
});

test('a manager neither ends nor changes an owner; a reader and a session by recovery do nothing', () => {
  const owner = one([row()]);
  const sender = one([bob()]);
  const nothing = { change: false, end: false, confirm: false, leave: false };
  assert.deepEqual(possibleActs(owner, session({ role: 'manager' }), [owner]), nothing);
  assert.equal(possibleActs(sender, session({ role: 'manager' }), [owner, sender]).end, true);
  assert.deepEqual(possibleActs(sender, session({ role: 'reader' }), [owner, sender]), nothing);
  assert.deepEqual(possibleActs(sender, session({ level: 'recovery' }), [owner, sender]), nothing);
});

test('a line says role, profile, dates and who gave it', () => {
  const person = one([bob({ profile: 'replacement', notAfter: '2026-11-28T12:00:00Z' })]);
  assert.equal(standingText(person), 'Reads and answers · Replacement');
  assert.equal(timesText(person, NOW), 'since November 1, 2026, until November 28, given by Alice Martin');
});

test('folders and missing history are said', () => {
  const person = one([bob({ folders: ['f1', 'gone'], historyFromEpoch: 2 })]);
  assert.equal(reachText(person, [{ id: 'f1', name: 'Biologie' }]), 'Only these folders: Biologie. Mail from the change of key on, nothing older');
  assert.equal(reachText(one([bob()]), []), '');
});

test('what was just given is said as the log has it: at once, from a date on, or once somebody confirms', () => {
  assert.equal(givenText(one([bob()]), NOW), 'Bob Roux has access.');
  assert.equal(givenText(one([bob({ notBefore: '2026-12-01T08:00:00Z' })]), NOW), 'The access of Bob Roux begins: December 1');
  assert.equal(givenText(one([bob({ state: 'pending', role: 'manager' })]), NOW), 'The access of Bob Roux waits until a second manager confirms.');
});
