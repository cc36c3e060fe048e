import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { LANGUAGES, useLanguage } from '../../../static/js/i18n.js';
import { reasonText, signatureText } from '../../../static/js/viewers/signature.js';

const signer = {
  level: /** @type {const} */ ('card'), idType: 'RPPS', idValue: '99900000028', name: 'Bob GARNIER', profession: 'Médecin',
  address: 'bob@pli.example', authority: 'IGC-Santé', signedAt: null,
};
const STATES = /** @type {const} */ (['S1', 'S1b', 'S2', 'S3', 'S4', 'S5', 'N']);

test('a full proof names the person, the RPPS number and the level', () => {
  const text = signatureText({ state: 'S1', signer, reason: 'signed-by-card' });
  assert.equal(text.title, 'Signed by Bob GARNIER, RPPS 99900000028');
  assert.equal(text.detail, 'Médecin · Proven with a health card.');
});

test('only S1, S1b and S2 look proven', () => {
  const proven = STATES.filter((state) => signatureText({ state, signer, reason: '' }).tone === 'proven');
  assert.deepEqual(proven, ['S1', 'S1b', 'S2']);
});

test('a message without valid signature never shows the name it claims', () => {
  const text = signatureText({ state: 'S5', signer: null, reason: 'digest-mismatch' });
  assert.equal(text.title, 'Sender not proven');
});

test('an unknown state is treated as unsigned', () => {
  assert.equal(signatureText({ state: /** @type {any} */ ('S9'), signer, reason: '' }).title, 'Sender not proven');
});

test('a name that turns the writing direction is shown straight', () => {
  const text = signatureText({ state: 'S1', signer: { ...signer, name: 'Bob\u202eGARNIER' }, reason: '' });
  assert.ok(!text.title.includes('\u202e'));
});

test('[CN9] each state and reason has words in both languages', async () => {
  const reasons = ['no-card', 'headers-unprotected', 'certificate-expired', 'card-signature-invalid', 'digest-mismatch', 'several-signers'];
  for (const language of LANGUAGES) {
    await useLanguage(language);
    for (const state of STATES) assert.ok(signatureText({ state, signer, reason: '' }).title.length > 5);
    for (const reason of reasons) assert.ok(reasonText(reason).length > 5, reason);
  }
  await useLanguage('en');
});
