import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentTimeZone } from '../../../static/js/time-zone.js';
import { unprovenMembers } from '../../../static/js/mail/member-claims.js';
import { peopleOnDuty, Rosters } from '../../../static/js/mail/rosters.js';

const slot = (/** @type {string} */ rppsNumber, /** @type {string} */ name) => ({ id: '', rosterId: 'r', rppsNumber, name, starts: '', ends: '' });

test('a roster is read by the server, which names the lines it refuses', async () => {
  /** @type {any[]} */
  const calls = [];
  const answer = { rosterId: 'r', starts: 's', ends: 'e', list: [slot('1', 'Bob')], refused: [{ line: 3, reason: 'rpps' }] };
  const api = { call: async (/** @type {string} */ method, /** @type {any} */ args) => (calls.push([method, args]), answer) };
  const reading = await new Rosters(api, 'm').take('rpps;debut;fin');
  assert.deepEqual(calls, [['Duty/set', { accountId: 'm', roster: 'rpps;debut;fin', timeZone: currentTimeZone() }]]);
  assert.deepEqual([reading.slots.length, reading.refused], [1, [{ line: 3, reason: 'rpps' }]]);
});

test('a person of many slots is one person to give access to', () => {
  assert.deepEqual(peopleOnDuty([slot('1', 'Bob'), slot('2', ''), slot('1', 'Bob')]), [
    { idType: 'RPPS', idValue: '1', name: 'Bob' }, { idType: 'RPPS', idValue: '2', name: '2' }]);
});

/** @param {any[]} list */
const server = (list) => ({ call: async () => ({ list }) });
const row = (/** @type {string} */ bodyHash, state = 'active') => ({ bodyHash, state, name: 'Mallory', rppsNumber: '', role: 'owner', profile: 'member' });

test('[N11] a member of the server’s table whom the log does not prove is told apart', async () => {
  const claims = await unprovenMembers(server([row('known'), row('made-up')]), 'm', [{ bodyHash: 'known', state: 'active' }]);
  assert.deepEqual(claims, [{ bodyHash: 'made-up', name: 'Mallory', rppsNumber: '', role: 'owner' }]);
});

test('[N11] nor does a right that ended in the log come back by the server’s word', async () => {
  const claims = await unprovenMembers(server([row('over')]), 'm', [{ bodyHash: 'over', state: 'ended' }]);
  assert.equal(claims.length, 1);
});

test('what ended on both sides is no claim, and who may not look sees none', async () => {
  assert.deepEqual(await unprovenMembers(server([row('gone', 'ended')]), 'm', []), []);
  const refused = { call: async () => Promise.reject(Object.assign(new Error(), { code: 'forbidden' })) };
  assert.deepEqual(await unprovenMembers(refused, 'm', []), []);
});
