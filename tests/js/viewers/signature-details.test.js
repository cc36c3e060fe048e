import assert from 'node:assert/strict';
import { test } from 'node:test';
import './no-dom.js';
import { algorithmName, revocationText } from '../../../static/js/viewers/signature-details.js';
import { signatureText } from '../../../static/js/viewers/signature.js';

const CHECKED = '2026-11-22T01:25:00Z';

test('freshness of a revocation check is said with its date, or that there was none', () => {
  assert.match(revocationText('good', CHECKED), /^No, checked on .*2026/);
  assert.match(revocationText('unknown', CHECKED), /^Not checked since .*2026/);
  assert.equal(revocationText('unknown', null), 'Could not be checked');
  assert.match(revocationText('unchecked', null), /^Not checked/);
  assert.match(revocationText('revoked', CHECKED), /cancelled/);
});

test('algorithms have the names that people look up', () => {
  assert.deepEqual(['rsa-pkcs1', 'aes-256-gcm', 'des-ede3-cbc', 'ECDSA P-256'].map(algorithmName), ['RSA PKCS#1 v1.5', 'AES-256-GCM', '3DES-CBC', 'ECDSA P-256']);
});

test('another sender than the signer is named; a part without sender contradicts nobody', () => {
  const signature = { state: /** @type {const} */ ('S3'), signer: null, reason: 'from-mismatch' };
  assert.match(signatureText(signature, 'mallory@evil.example').detail, /names mallory@evil\.example/);
  assert.equal(signatureText(signature, null).tone, 'neutral');
});
