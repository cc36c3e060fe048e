import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { useLanguage } from '../../../static/js/i18n.js';
import { accountDetail, accountTitle, actingText } from '../../../static/js/viewers/account-texts.js';

const NOW = new Date(2026, 10, 22, 9, 0);
/** @type {import('../../../static/js/pages/store-types.js').Account} */
const own = {
  id: 'a', address: 'bob.roux@pli.example', isPersonal: true, isReadOnly: false, current: true, news: false, kind: 'PER', role: 'owner',
  profile: 'member', until: null, name: 'Bob Roux', members: 1, folders: null, rules: [], perPersonUnread: false, delegationDays: 0, timeZone: null, unread: 0,
};
/** @type {typeof own} */
const ward = { ...own, id: 's', address: 'maternite-nord@pli.example', isPersonal: false, kind: 'ORG', name: '', role: 'sender', members: 4 };
/** @type {typeof own} */
const locum = { ...own, id: 'd', address: 'alice@pli.example', isPersonal: false, name: 'Alice Martin', role: 'sender', profile: 'replacement', until: new Date(2026, 10, 28, 18, 0).toISOString() };
/** @type {import('../../../static/js/pages/store-types.js').Session} */
const session = {
  person: { name: 'Bob Roux', rppsNumber: '', profession: '', level: 'card' }, mailbox: { id: 'd', address: 'alice@pli.example', name: 'Alice Martin' },
  bridge: true, role: 'sender', level: 'full', until: null, keyChangeDue: false, administers: false, awaitedInboxes: [], serviceDomains: [],
};

test('a service is called by its address and says how many share it', () => {
  assert.deepEqual([accountTitle(ward), accountDetail(ward, NOW)], ['Maternite nord', '4 members']);
});

test('a mailbox of a colleague says whose, as what and until when', () => {
  assert.deepEqual([accountTitle(locum), accountDetail(locum, NOW)], ['For Alice Martin', 'replacement, until November 28']);
});

test('an end of today is said by the hour, one of another year with the year', () => {
  assert.match(accountDetail({ ...locum, until: new Date(2026, 10, 22, 18, 5).toISOString() }, NOW), /until 6:05/);
  assert.match(accountDetail({ ...locum, until: new Date(2027, 0, 2, 8, 0).toISOString() }, NOW), /until January 2, 2027/);
});

test('for whom one writes is said everywhere but in one’s own mailbox', () => {
  assert.equal(actingText(session, own), '');
  assert.equal(actingText(session, locum), 'You answer as Bob Roux for Alice Martin.');
  assert.equal(actingText(session, ward), 'You answer as Bob Roux for Maternite nord.');
});

test('a reader is told that answering is not included, whoever opened by officers that this is to read', () => {
  assert.match(actingText({ ...session, role: 'reader' }, locum), /You read for Alice Martin/);
  assert.match(actingText({ ...session, role: 'reader', level: 'recovery' }, locum), /to read only/);
});

test('a name may not turn a line around', () => {
  assert.equal(accountTitle({ ...locum, name: 'Alice\u202e nitraM' }), 'For Alice nitraM');
});

test('the same is said in French', async () => {
  await useLanguage('fr');
  assert.deepEqual([accountTitle(locum), accountDetail(locum, NOW)], ['Pour Alice Martin', 'remplacement, jusqu’au 28 novembre']);
  await useLanguage('en');
});
