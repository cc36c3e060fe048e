import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { actText, byDay, countText, KINDS, kindText, rightText, together, wayText } from '../../../static/js/viewers/trace-lines.js';

/** @type {import('../../../static/js/mail/trace.js').TraceLine} */
const LINE = {
  id: '1', at: '2026-11-22T08:00:00Z', act: 'opened', objectId: 'm', count: 1, part: null, personId: 'p', name: 'Bob', rppsNumber: '', about: '',
  onBehalfOf: '', through: '', credential: null, clientKind: 'browser', address: '192.0.2.1',
};

test('[CN3] the three kinds of reading have three different words', () => {
  const said = ['could-read', 'opened', 'shown', 'printed', 'saved'].map((act) => actText({ ...LINE, act }));
  assert.equal(new Set(said).size, 5);
  assert.equal(actText({ ...LINE, act: 'could-read', count: 250 }), 'could read 250 messages');
  assert.equal(actText({ ...LINE, act: 'saved', part: 2 }), 'saved attachment 2 of a message');
});

test('a delegate is named with the right he used and for whom', () => {
  assert.equal(rightText({ ...LINE, through: 'replacement', onBehalfOf: 'Dr Martin' }), 'as a replacement, for Dr Martin');
  assert.equal(rightText({ ...LINE, through: 'officer' }), 'in an emergency session');
  assert.equal(rightText(LINE), '');
});

test('the way in is named, and a name with deceptive characters is one line', () => {
  assert.equal(wayText({ ...LINE, credential: { kind: 'card', name: '', madeAt: null, fingerprint: '0123456789abcdef' } }), 'card 01234567 · 192.0.2.1');
  assert.equal(wayText({ ...LINE, credential: { kind: 'recovery', name: '', madeAt: '2026-11-02T09:00:00Z', fingerprint: '0123456789abcdef' } }), 'recovery code made on November 2, 2026 · 192.0.2.1');
  assert.equal(wayText({ ...LINE, credential: { kind: 'recovery', name: '', madeAt: null, fingerprint: '0123456789abcdef' } }), 'recovery code 01234567 · 192.0.2.1');
  assert.equal(actText({ ...LINE, act: 'member-added', about: 'Eve\u202e\nadmin' }), 'gave Eve admin access');
});

test('every act that a filter offers has words of its own', () => {
  for (const act of Object.values(KINDS).flat()) assert.notEqual(actText({ ...LINE, act }), act);
  assert.equal(new Set(Object.keys(KINDS).map(kindText)).size, Object.keys(KINDS).length);
});

test('lines of one day stand together', () => {
  const days = byDay([LINE, { ...LINE, id: '2' }, { ...LINE, id: '0', at: '2026-11-20T08:00:00Z' }]);
  assert.deepEqual(days.map(([, lines]) => lines.length), [2, 1]);
});

test('who fetched the keys several times within a minute by one way in did so in one line', () => {
  const fetched = { ...LINE, act: 'grant-served', credential: { kind: 'card', name: '', madeAt: null, fingerprint: 'ab' } };
  const at = (/** @type {number} */ second, /** @type {object} */ change = {}) => ({ ...fetched, id: String(second), at: new Date(Date.UTC(2026, 10, 22, 8, 0, second)).toISOString(), ...change });
  const told = (/** @type {any[]} */ lines) => together(lines).map(({ id, times }) => [id, times]);
  assert.deepEqual(told([at(50), at(48), at(1)]), [['50', 3]]);
  assert.equal(actText(together([at(50), at(48)])[0]), 'fetched the keys, sealed (2 times)');
  assert.equal(actText(together([at(50)])[0]), 'fetched the keys, sealed');
  assert.deepEqual(told([at(120), at(61), at(59)]), [['120', 2], ['59', 1]]);
  for (const change of [{ personId: 'q' }, { address: '192.0.2.9' }, { through: 'officer' }, { onBehalfOf: 'x' }, { clientKind: 'y' }, { act: 'login' }, { credential: { ...fetched.credential, fingerprint: 'cd' } }, { credential: null }]) {
    assert.deepEqual(told([at(3), at(2, change), at(1)]), [['3', 1], ['2', 1], ['1', 1]], JSON.stringify(change));
  }
});

test('the number is that of the record, and says so where rows are fewer', () => {
  const fetched = { ...LINE, act: 'grant-served' };
  assert.equal(countText(1, [LINE]), '1 line');
  assert.equal(countText(70, [LINE, { ...LINE, id: '2' }]), '70 lines');
  assert.equal(countText(70, [LINE, fetched, { ...fetched, id: '2' }]), '70 lines in the record; what was done several times within a minute stands in one line here');
});

test('no other act is told together: each reading stands for itself', () => {
  for (const act of Object.values(KINDS).flat().filter((each) => each !== 'grant-served')) assert.equal(together([{ ...LINE, act }, { ...LINE, act }]).length, 2, act);
});
