import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../static/js/mail/api.js';
import { expiring, joined, readiness, Unlockers, usable, waitingCards } from '../../../static/js/mail/unlockers.js';

const NOW = new Date('2026-11-22T10:00:00Z');

/** @param {string} reference @param {object} [more] @returns {any} */
const credential = (reference, more = {}) => ({ id: `id-${reference}`, kind: 'card', name: '', reference, grantReference: reference, createdAt: '2026-01-01T00:00:00Z', lastUsedAt: null, expiresAt: null, blockedAt: null, current: false, ...more });
/** @param {string} reference @param {object} [more] @returns {any} */
const member = (reference, more = {}) => ({ kind: 'card', reference, bodyHash: `body-${reference}`, state: 'active', own: true, idType: 'RPPS', idValue: '1', since: '2026-01-01T00:00:00Z', notAfter: null, ...more });

test('a passkey alone is not ready, nor is a card alone', () => {
  assert.equal(readiness(joined([credential('a')], [member('a')]), NOW), 'alone');
  assert.equal(readiness(joined([credential('p', { kind: 'passkey' })], [member('p', { kind: 'passkey' })]), NOW), 'alone');
});

test('two that open the mailbox are ready', () => {
  const both = joined([credential('a'), credential('p', { kind: 'passkey' })], [member('a'), member('p', { kind: 'passkey' })]);
  assert.equal(readiness(both, NOW), 'ready');
});

test('what is blocked, has ended or opens nothing here does not count', () => {
  const members = [member('a'), member('b'), member('c', { state: 'ended' })];
  const found = joined([credential('a', { expiresAt: '2026-11-21T00:00:00Z' }), credential('b', { blockedAt: '2026-11-20T00:00:00Z' }), credential('c')], members);
  assert.deepEqual(usable(found, NOW), []);
  assert.equal(readiness(found, NOW), 'none');
});

test('officers count, and a colleague’s card does not', () => {
  const found = joined([credential('a')], [member('a'), member('o', { kind: 'officer', own: false, idValue: '' }), member('x', { own: false, idValue: '2' })], { idType: 'RPPS', idValue: '1' });
  assert.deepEqual(found.map(({ kind }) => kind), ['card', 'officer']);
  assert.equal(readiness(found, NOW), 'ready');
});

test('a card with a key of its own for opening is found by the name its grants give it', () => {
  const [found] = joined([credential('login', { grantReference: 'opening' })], [member('opening')]);
  assert.equal(found?.bodyHash, 'body-opening');
});

test('a proved card without a grant waits to take its place', () => {
  const found = joined([credential('old'), credential('new')], [member('old')]);
  assert.deepEqual(waitingCards(found, NOW).map(({ id }) => id), ['id-new']);
});

test('a card is spoken of 90, 30 and 7 days before its end, and not before', () => {
  const steps = ['2027-02-21T00:00:00Z', '2027-02-19T00:00:00Z', '2026-12-21T00:00:00Z', '2026-11-28T00:00:00Z', '2026-11-20T00:00:00Z']
    .map((expiresAt) => expiring(joined([credential('a', { expiresAt })], [member('a')]), NOW)?.step ?? null);
  assert.deepEqual(steps, [null, 90, 30, 7, 7]);
});

test('blocking that the server refuses is not taken for done', async () => {
  const api = { call: async () => ({ destroyed: [], notDestroyed: { a: { type: 'notFound' } } }) };
  await assert.rejects(new Unlockers(api, 'm', async () => {}).block('a'), { code: 'notFound' });
});

test('who blocks shows once more who is there, where the server asks', async () => {
  const asked = /** @type {string[]} */ ([]);
  const call = async () => {
    asked.push('block');
    if (asked.length === 1) throw new ApiError('stepUpRequired');
    return { destroyed: ['a'] };
  };
  await new Unlockers({ call }, 'm', async () => void asked.push('prove')).block('a');
  assert.deepEqual(asked, ['block', 'prove', 'block']);
});
