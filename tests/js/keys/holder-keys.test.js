import assert from 'node:assert/strict';
import { createECDH, createHash, hkdfSync, verify as verifySignature, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, toHex, utf8 } from '../../../static/js/cms/octets.js';
import { buildEnveloped, parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { deriveHolderKey, deriveLoginKey, keyReference, pointOf } from '../../../static/js/keys/holder-keys.js';
import { ORDER, publicPoint } from '../../../static/js/keys/p256.js';

const MAILBOX = fromHex('00112233445566778899aabbccddeeff');
const SECRET = new Uint8Array(32).fill(7);

/** The same derivation by other code. @param {string} info @param {Uint8Array} salt */
function expectedPoint(info, salt) {
  const source = Buffer.from(hkdfSync('sha256', SECRET, salt, info, 48));
  const scalar = (BigInt(`0x${source.toString('hex')}`) % (ORDER - 1n)) + 1n;
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar.toString(16).padStart(64, '0'), 'hex');
  return ecdh.getPublicKey('hex');
}

test('multiplies as OpenSSL does', () => {
  const ecdh = createECDH('prime256v1');
  for (let round = 0; round < 8; round++) {
    ecdh.generateKeys();
    assert.equal(toHex(publicPoint(BigInt(`0x${ecdh.getPrivateKey('hex')}`))), ecdh.getPublicKey('hex'));
  }
});

test('multiplies at the edges of the group', () => {
  const ecdh = createECDH('prime256v1');
  for (const scalar of [1n, 2n, 3n, ORDER / 2n, ORDER - 2n, ORDER - 1n]) {
    ecdh.setPrivateKey(scalar.toString(16).padStart(64, '0'), 'hex');
    assert.equal(toHex(publicPoint(scalar)), ecdh.getPublicKey('hex'));
  }
});

for (const [kind, info] of /** @type {const} */ ([['passkey', 'pli/v1/prf-key'], ['recovery', 'pli/v1/recovery-key'], ['officer', 'pli/v1/officer-key']])) {
  test(`derives the key of a ${kind} as documented, one for each mailbox`, async () => {
    const key = await deriveHolderKey(kind, SECRET, MAILBOX);
    assert.equal(toHex(key.point), expectedPoint(info, MAILBOX));
    assert.deepEqual(pointOf(key.spki), key.point);
    assert.equal(toHex(await keyReference(key.spki)), createHash('sha256').update(key.spki).digest('hex'));
    const elsewhere = await deriveHolderKey(kind, SECRET, new Uint8Array(16));
    assert.notDeepEqual(elsewhere.point, key.point);
  });
}

test('opens what was wrapped to its public half, and nobody else does', async () => {
  const key = await deriveHolderKey('passkey', SECRET, MAILBOX);
  const keyIdentifier = await keyReference(key.spki);
  const cms = await buildEnveloped({ content: utf8('clés'), contentAlgorithm: 'aes-256-gcm', recipients: [{ point: key.point, keyIdentifier }] });
  const { recipients: [recipient], decrypt } = parseEnveloped(cms);
  assert.deepEqual(recipient.rid, { subjectKeyIdentifier: keyIdentifier });
  assert.equal(new TextDecoder().decode(await decrypt(await key.unwrap(recipient))), 'clés');
  const other = await deriveHolderKey('recovery', SECRET, MAILBOX);
  await assert.rejects(other.unwrap(recipient));
});

test('signs a login that OpenSSL verifies, without a mailbox', async () => {
  const login = await deriveLoginKey(SECRET);
  assert.equal(toHex(login.point), expectedPoint('pli/v1/recovery-login', new Uint8Array()));
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: Buffer.from(login.point.slice(1, 33)).toString('base64url'), y: Buffer.from(login.point.slice(33)).toString('base64url') }, format: 'jwk' });
  const signature = await login.sign(utf8('challenge'));
  assert.equal(verifySignature('sha256', utf8('challenge'), { key, dsaEncoding: 'ieee-p1363' }, signature), true);
  assert.equal(verifySignature('sha256', utf8('challengf'), { key, dsaEncoding: 'ieee-p1363' }, signature), false);
});
