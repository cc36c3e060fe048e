import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePin, mergePins, pinName, pinOf } from '../../../static/js/mail/pins.js';

const BOB = /** @type {const} */ ({ level: 'card', idType: 'RPPS', idValue: '99900000001', name: 'Bob', profession: 'Médecin' });
/** @param {any} [identity] @param {string} [encryptionSpki] */
const pin = (identity = {}, encryptionSpki = 'k1') => pinOf({ ...BOB, ...identity }, { encryptionSpki, since: '2026-01-01T00:00:00Z' });
const ANONYMOUS = { idType: '', idValue: '' };

/** @type {[string, any, any, string][]} */
const CASES = [
  ['nobody known', undefined, pin(), 'first'],
  ['the same person and keys', pin(), pin(), 'same'],
  ['new keys under the same number', pin(), pin({}, 'k2'), 'renewed'],
  ['a new name under the same number', pin(), pin({ name: 'Bob Martin' }), 'same'],
  ['another number', pin(), pin({ idValue: '99900000002' }), 'changed'],
  ['the number is gone', pin(), pin(ANONYMOUS), 'changed'],
  ['a number appears', pin(ANONYMOUS), pin(), 'changed'],
  ['a weaker proof', pin(), pin({ level: 'passkey' }), 'changed'],
  ['a stronger proof', pin({ level: 'software' }), pin(), 'same'],
  ['no number and new keys', pin(ANONYMOUS), pin(ANONYMOUS, 'k2'), 'changed'],
  ['no number and another name', pin(ANONYMOUS), pin({ ...ANONYMOUS, name: 'Eve' }), 'changed'],
];

for (const [name, known, seen, outcome] of CASES) {
  test(`${name}: ${outcome}`, () => assert.equal(comparePin(known, seen), outcome));
}

test('of two writers the later acceptance stays', () => {
  const early = pin();
  const late = { ...pin({}, 'k2'), since: '2026-02-01T00:00:00Z' };
  const merged = mergePins({ v: 1, pins: { a: late, b: early } }, { v: 1, pins: { a: early, c: late } });
  assert.deepEqual(merged, { v: 1, pins: { a: late, b: early, c: late } });
});

test('an address is pinned without case', () => assert.equal(pinName(' Bob@Pli.example '), 'bob@pli.example'));
