import assert from 'node:assert/strict';
import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encode, implicit, integer, octetString, oid, sequence } from '../../../static/js/cms/der.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { DecryptionError, EncodingError, LimitError, UnsupportedError } from '../../../static/js/cms/errors.js';
import { HMAC_DIGESTS, PASSWORD_ALGORITHM } from '../../../static/js/cms/oids.js';
import { unwrapPassword } from '../../../static/js/cms/password.js';
import { parseRecipientInfo } from '../../../static/js/cms/recipients.js';
import { openssl, put } from './openssl.js';

const CONTENT = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nBonjour à tous.\r\n'.repeat(200));
put('content', CONTENT);

/** @param {string} cipher @param {string[]} more */
const encrypt = (cipher, ...more) => openssl(['cms', '-encrypt', '-binary', '-in', 'content', cipher, '-outform', 'DER', '-pwri_password', 'é3 pass', ...more]);

/** @param {Uint8Array} cms @param {string} password */
async function open(cms, password) {
  const { recipients: [recipient], contentAlgorithm, decrypt } = parseEnveloped(cms);
  assert.deepEqual([recipient.kind, recipient.algorithm.name], ['pwri', 'password']);
  return decrypt(await unwrapPassword(recipient, password, contentAlgorithm.keyLength));
}

for (const cipher of ['-aes128', '-aes192', '-aes256', '-des3']) {
  test(`opens with a password what OpenSSL wrote with ${cipher}`, async () => {
    for (const form of [[], ['-stream']]) {
      const cms = encrypt(cipher, ...form);
      assert.deepEqual(Buffer.from(await open(cms, 'é3 pass')), Buffer.from(CONTENT));
      await assert.rejects(open(cms, 'e3 pass'), DecryptionError);
      await assert.rejects(open(cms, ''), DecryptionError);
    }
  });
}

const PASSWORD = 'correct horse';
const SALT = randomBytes(16);

/** @param {Buffer} kek @param {Buffer} iv @param {Buffer} blocks */
function encryptBlocks(kek, iv, blocks) {
  const cipher = createCipheriv('aes-256-cbc', kek, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]);
}

/** RFC 3211 §2.3.1. @param {Buffer} kek @param {Buffer} iv @param {Buffer} key */
function wrap(kek, iv, key) {
  const check = Buffer.from(key.subarray(0, 3).map((octet) => octet ^ 0xff));
  const filled = Buffer.concat([Buffer.of(key.length), check, key]);
  const once = encryptBlocks(kek, iv, Buffer.concat([filled, randomBytes(48 - filled.length)]));
  return encryptBlocks(kek, once.subarray(-16), once);
}

/** @param {Buffer} key @param {{prf?: string, iterations?: number, kdf?: string}} [options] prf: OID */
function passwordRecipient(key, { prf, iterations = 1000, kdf = PASSWORD_ALGORITHM.pbkdf2 } = {}) {
  const hash = prf ? (HMAC_DIGESTS[prf] ?? 'SHA-256').replace('-', '') : 'SHA1';
  const iv = randomBytes(16);
  const kek = pbkdf2Sync(PASSWORD, SALT, Math.min(iterations, 1000) || 1, 32, hash);
  const parameters = sequence(octetString(SALT), integer(iterations), ...(prf ? [sequence(oid(prf))] : []));
  const cipher = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(iv));
  const info = implicit(3,
    integer(0), implicit(0, oid(kdf), parameters), sequence(oid(PASSWORD_ALGORITHM.pwriKek), cipher), octetString(wrap(kek, iv, key)));
  return encode(info);
}

for (const prf of [undefined, ...Object.keys(HMAC_DIGESTS)]) {
  test(`derives with ${prf ? HMAC_DIGESTS[prf] : 'the default function'}`, async () => {
    const key = randomBytes(32);
    const [recipient] = parseRecipientInfo(passwordRecipient(key, { prf }));
    assert.deepEqual(Buffer.from(await unwrapPassword(recipient, PASSWORD, 32)), key);
    await assert.rejects(unwrapPassword(recipient, PASSWORD, 16), DecryptionError);
    await assert.rejects(unwrapPassword(recipient, `${PASSWORD} `, 32), DecryptionError);
    const altered = { ...recipient, encryptedKey: recipient.encryptedKey.map((octet, i) => (i === 40 ? octet ^ 1 : octet)) };
    await assert.rejects(unwrapPassword(altered, PASSWORD, 32), DecryptionError);
    await assert.rejects(unwrapPassword({ ...recipient, encryptedKey: recipient.encryptedKey.subarray(16, 32) }, PASSWORD, 32), DecryptionError);
  });
}

test('computes no more iterations than anybody sets', async () => {
  const [recipient] = parseRecipientInfo(passwordRecipient(randomBytes(32), { iterations: 10_000_001 }));
  await assert.rejects(unwrapPassword(recipient, PASSWORD, 32), LimitError);
  assert.throws(() => parseRecipientInfo(passwordRecipient(randomBytes(32), { iterations: 0 })), EncodingError);
});

test('says why a password recipient is not read', async () => {
  for (const options of [{ kdf: '1.2.840.113549.1.5.13' }, { prf: '1.2.3.4' }]) {
    const [recipient] = parseRecipientInfo(passwordRecipient(randomBytes(32), options));
    assert.deepEqual([recipient.kind, recipient.algorithm.name], ['pwri', 'unknown']);
    await assert.rejects(unwrapPassword(recipient, PASSWORD, 32), UnsupportedError);
  }
});
