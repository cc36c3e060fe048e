import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';
import { useLanguage } from '../../../static/js/i18n.js';
import members from '../../../static/js/locale/fr-members.js';
import { dutyOrders, isRpps, kindsFor, missing, newPlan, orderOf, rolesFor } from '../../../static/js/pages/delegation-plan.js';
import { localOf, momentOf } from '../../../static/js/time-zone.js';
import { refusedText } from '../../../static/js/pages/roster-view.js';
import { beginText, endTexts, promiseTexts, scopeTexts } from '../../../static/js/viewers/delegation-texts.js';

/** @typedef {import('../../../static/js/pages/delegation-plan.js').Plan} Plan */
const NOW = new Date('2026-11-22T09:00:00Z');
const BOB = { idType: 'RPPS', idValue: '10000000009', name: 'Bob Roux' };
/** @param {Plan['kind']} kind @param {Partial<Plan>} [change] @returns {Plan} */
const plan = (kind, change = {}) => ({ ...newPlan(kind, NOW), person: BOB, known: true, ...change });
const slot = { id: 's', rosterId: 'r', rppsNumber: '10000000009', name: 'Bob', starts: '2026-11-28T08:00:00Z', ends: '2026-11-29T08:00:00Z' };
const roster = { rosterId: 'r', starts: slot.starts, ends: slot.ends, slots: [slot], refused: [] };

test('a person’s mailbox is replaced, covered or prepared; a service has members', () => {
  assert.deepEqual(kindsFor('PER'), ['replacement', 'duty', 'secretary']);
  assert.deepEqual(kindsFor('ORG'), ['member', 'duty']);
});

test('a secretary is never offered to answer for the practitioner', () => {
  assert.deepEqual(rolesFor('secretary'), ['reader']);
  assert.equal(plan('secretary').role, 'reader');
});

test('an RPPS number has eleven digits and a check digit', () => {
  assert.equal(isRpps('10000000009'), true);
  for (const wrong of ['10000000008', '1000000009', '1000000000x', '', '100000000090']) assert.equal(isRpps(wrong), false, wrong);
});

test('nothing goes on without a colleague, a right number, and for a replacement an end', () => {
  assert.deepEqual(missing(plan('replacement', { person: null }), NOW), ['person']);
  assert.deepEqual(missing(plan('replacement', { person: { ...BOB, idValue: '12', name: ' ' } }), NOW), ['rpps', 'name']);
  assert.deepEqual(missing(plan('replacement', { until: '' }), NOW), ['end']);
  assert.deepEqual(missing(plan('secretary'), NOW), []);
});

test('an end before the beginning, or in the past, is not taken', () => {
  assert.deepEqual(missing(plan('replacement', { from: '2026-12-02T08:00', until: '2026-12-01T08:00' }), NOW), ['order']);
  assert.deepEqual(missing(plan('replacement', { from: '2026-11-01T08:00', until: '2026-11-20T08:00' }), NOW), ['past']);
});

test('folders are chosen by somebody, a roster has to be read', () => {
  assert.deepEqual(missing(plan('replacement', { reach: 'folders' }), NOW), ['folders']);
  assert.deepEqual(missing(plan('duty', { roster: null }), NOW), ['roster']);
  assert.deepEqual(missing(plan('duty', { roster: { ...roster, rosterId: null, slots: [] } }), NOW), ['roster']);
  assert.deepEqual(missing(plan('duty', { person: null, roster }), NOW), []);
});

/** @param {Partial<import('../../../static/js/mail/membership-acts.js').MemberRow>} change @returns {import('../../../static/js/mail/membership-acts.js').MemberRow} */
const right = (change) => ({
  bodyHash: 'h1', kind: 'card', reference: 'r', ...BOB, role: 'sender', profile: 'duty', notBefore: '2026-11-01T00:00:00Z', notAfter: '2026-11-23T08:00:00Z', historyFromEpoch: 1, state: 'active',
  since: '2026-11-01T00:00:00Z', by: BOB, own: false, ...change,
});

test('a second roster puts one right in the place of the first, for both', () => {
  const duty = plan('duty', { roster });
  const { orders, ends } = dutyOrders(duty, [BOB], [right({}), right({ bodyHash: 'gone', state: 'ended' }), right({ bodyHash: 'other', idValue: '1' })], NOW);
  assert.deepEqual(ends, ['h1']);
  assert.deepEqual(orders.map(({ notBefore, notAfter }) => [notBefore, notAfter]), [['2026-11-22T09:00:00Z', slot.ends]]);
  const [later] = dutyOrders(duty, [BOB], [right({ notAfter: '2026-12-24T08:00:00Z' })], NOW).orders;
  assert.equal(later?.notAfter, '2026-12-24T08:00:00Z', 'the first one still has slots');
  const [anew] = dutyOrders(duty, [BOB], [right({ notAfter: '2026-11-20T08:00:00Z' })], NOW).orders;
  assert.equal(anew?.notBefore, slot.starts, 'what is over begins nothing');
});

test('who has the mailbox anyway is given nothing by a roster, and loses nothing', () => {
  const duty = plan('duty', { roster });
  for (const each of [right({ profile: 'member' }), right({ own: true, role: 'owner', profile: 'member' }), right({ profile: undefined })]) {
    assert.deepEqual(dutyOrders(duty, [BOB], [each], NOW), { orders: [], ends: [] });
  }
});

test('a right that decides about others is never ended by a roster, whatever the server calls it', () => {
  const duty = plan('duty', { roster });
  for (const role of /** @type {const} */ (['manager', 'owner'])) {
    assert.deepEqual(dutyOrders(duty, [BOB], [right({}), right({ bodyHash: 'h2', role })], NOW), { orders: [], ends: [] });
  }
});

test('one right for two rosters takes nothing from what the first one gave', () => {
  const narrow = plan('duty', { roster, role: 'reader', reach: 'folders', folders: ['f1'] });
  const [both] = dutyOrders(narrow, [BOB], [right({ role: 'sender', folders: ['f2'], historyFromEpoch: 1 })], NOW).orders;
  assert.deepEqual([both?.role, both?.folders, both?.history], ['sender', ['f1', 'f2'], 'all']);
  const [whole] = dutyOrders(narrow, [BOB], [right({ role: 'reader', folders: [], historyFromEpoch: 1 })], NOW).orders;
  assert.deepEqual([whole?.role, whole?.folders], ['reader', []]);
  const begun = plan('duty', { roster, reach: 'now' });
  assert.equal(dutyOrders(begun, [BOB], [right({ historyFromEpoch: 1 })], NOW).orders[0]?.history, 'all');
  assert.equal(dutyOrders(begun, [BOB], [right({ historyFromEpoch: 3 })], NOW).orders[0]?.history, 'now');
  assert.equal(dutyOrders(begun, [BOB], [right({ historyFromEpoch: 1, notAfter: '2026-11-20T08:00:00Z' })], NOW).orders[0]?.history, 'now', 'what is over gives nothing');
});

test('an order names profile, role, dates and reach', () => {
  const order = orderOf(plan('replacement', { from: '2026-12-01T08:00', until: '2026-12-14T20:00', reach: 'folders', folders: ['f1'] }), BOB, NOW);
  assert.deepEqual(order, {
    person: BOB, role: 'sender', profile: 'replacement', notBefore: momentOf('2026-12-01T08:00'), notAfter: momentOf('2026-12-14T20:00'), folders: ['f1'], history: 'all',
  });
});

test('folders that were ticked before the whole mailbox was chosen do not count', () => {
  assert.deepEqual(orderOf(plan('member', { reach: 'all', folders: ['f1'] }), BOB, NOW).folders, []);
  assert.equal(orderOf(plan('member', { reach: 'now' }), BOB, NOW).history, 'now');
});

test('what begins now has begun, whatever the minutes of the field', () => {
  assert.equal(orderOf(plan('secretary', { from: localOf(new Date('2026-11-22T08:30:00Z')) }), BOB, NOW).notBefore, '2026-11-22T09:00:00Z');
});

test('people on call have one right for the whole period of the roster', () => {
  const order = orderOf(plan('duty', { roster }), BOB, NOW);
  assert.deepEqual([order.notBefore, order.notAfter, order.profile], ['2026-11-28T08:00:00Z', '2026-11-29T08:00:00Z', 'duty']);
});

test('local fields and moments are each other’s inverse', () => {
  assert.equal(momentOf(localOf(new Date('2026-07-01T12:30:00Z'))), '2026-07-01T12:30:00Z');
});

test('before the click: the date is a rule, the key is changed later, what was seen stays seen', () => {
  const said = promiseTexts({ name: 'Bob Roux', until: '2026-11-28T12:00:00Z' });
  assert.equal(said.length, 3);
  assert.match(said[0]?.title ?? '', /It stops by itself: .*November 28, 2026/);
  assert.match(said[1]?.title ?? '', /a rule, not mathematics/);
  assert.match(said[1]?.body ?? '', /first opening after that date changes the key/);
  assert.match(said[2]?.body ?? '', /cannot be taken back/);
  assert.match(scopeTexts('folders').body, /rule of the server.*would open every folder/);
  assert.match(scopeTexts('now').body, /by mathematics/);
});

test('without an end date nothing is promised to stop by itself', () => {
  const said = promiseTexts({ name: 'Bob', until: null }).map(({ title }) => title);
  assert.deepEqual(said, ['No end date', 'What was seen stays seen']);
});

test('ending by hand says what stays with the person', () => {
  assert.equal(endTexts('Bob').length, 3);
  assert.match(endTexts('Bob')[1] ?? '', /cannot be taken back/);
});

test('who has never used Pli is said to wait for a card, and that nothing is encrypted before', () => {
  assert.match(beginText({ known: false, name: 'Bob', when: '' }).body, /Nothing is encrypted for anybody before/);
});

test('the same is said in French', async () => {
  assert.ok(members['This is a rule, not mathematics']);
  await useLanguage('fr');
  const { addFrench } = await import('../../../static/js/i18n.js');
  await addFrench(() => import('../../../static/js/locale/fr-members.js'));
  const said = promiseTexts({ name: 'Bob', until: '2026-11-28T12:00:00Z' }).map(({ title }) => title).join(' ');
  assert.match(said, /Fin automatique : .*28 novembre 2026.*C’est une règle, pas une protection mathématique.*Ce qui a été vu reste vu/);
  await useLanguage('en');
});

test('every reason the server gives for a line has words', () => {
  const reasons = ['columns', 'rpps', 'date', 'order', 'too-long', 'too-many', 'dtstart-missing', 'dtend-missing', 'duration', 'tzid', 'rrule-endless', 'rrule-unsupported'];
  for (const reason of reasons) assert.notEqual(refusedText(reason), refusedText('whatever'), reason);
});

test('a rule of the establishment limits how long it lasts, before anybody signs', () => {
  const from = localOf(NOW);
  assert.deepEqual(missing(plan('replacement', { from, until: localOf(new Date(NOW.getTime() + 31 * 86_400_000)) }), NOW, 30), ['limit']);
  assert.deepEqual(missing(plan('secretary', { from, until: '' }), NOW, 30), ['limit']);
  assert.deepEqual(missing(plan('duty', { roster: { ...roster, ends: '2027-01-20T08:00:00Z' } }), NOW, 30), ['roster-limit']);
  assert.deepEqual(missing({ ...newPlan('replacement', NOW, 5), person: BOB }, NOW, 5), []);
  assert.deepEqual(missing({ ...newPlan('secretary', NOW, 30), person: BOB }, NOW, 30), []);
});
