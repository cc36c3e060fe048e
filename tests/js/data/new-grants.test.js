import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../static/js/cms/octets.js';
import { cardPerson, ending, grantTo, historyOf, now, settingsOf } from '../../../static/js/mail/new-grants.js';

const HOLDER = { name: 'Alice', idType: 'RPPS', idValue: '1', certificate: utf8('certificate'), chain: [utf8('issuer')] };

test('a grant names the card, and no end where there is none', () => {
  const order = /** @type {const} */ ({ role: 'reader', notBefore: '2026-11-22T08:00:00Z', notAfter: null, history: 'all' });
  const card = { certificate: HOLDER.certificate, chain: HOLDER.chain };
  assert.deepEqual(grantTo(HOLDER, order), { holder: { card }, role: 'reader', notBefore: order.notBefore, history: 'all' });
  const until = grantTo({ ...HOLDER, proof: utf8('proof') }, { ...order, notAfter: '2026-12-01T00:00:00Z', confidential: true });
  assert.deepEqual(until, { holder: { card: { ...card, proof: utf8('proof') } }, role: 'reader', notBefore: order.notBefore, notAfter: '2026-12-01T00:00:00Z', history: 'all', confidential: true });
});

test('what the directory answers becomes a person, or nobody', () => {
  assert.equal(cardPerson({ card: null }), null);
  const card = { ...HOLDER, certificate: 'Y2VydGlmaWNhdGU=', chain: ['aXNzdWVy'], proof: null };
  assert.deepEqual(cardPerson({ card }), HOLDER);
});

test('who came later is given mail from then on, and an end only where there was one', () => {
  assert.deepEqual([1, 2].map((historyFromEpoch) => historyOf({ historyFromEpoch })), ['all', 'now']);
  assert.deepEqual([null, 'x'].map((notAfter) => ending({ notAfter })), [{}, { notAfter: 'x' }]);
  assert.match(now(), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('nothing is kept of holders without a card', async () => {
  const passkey = /** @type {any} */ ({ holder: { passkey: { name: 'phone' } } });
  assert.deepEqual(await settingsOf({ grants: [] }, [passkey], [{ profile: 'duty' }]), {});
});
