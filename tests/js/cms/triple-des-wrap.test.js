import assert from 'node:assert/strict';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { parseBer } from '../../../static/js/cms/ber.js';
import { importDecryptionKey } from '../../../static/js/cms/decryption-key.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { DecryptionError } from '../../../static/js/cms/errors.js';
import { unwrapTripleDes } from '../../../static/js/cms/triple-des-wrap.js';
import { issue, openssl, put } from './openssl.js';

const VECTOR = Buffer.from('4adda22c79e82105', 'hex');
const CONTENT = 'Content-Type: text/plain\r\n\r\nbonjour\r\n';

/** @param {Buffer} octets */
const withOddParity = (octets) => Buffer.from(octets.map((octet) => (octet & 0xfe) | (1 ^ [1, 2, 3, 4, 5, 6, 7].reduce((sum, bit) => sum ^ ((octet >> bit) & 1), 0))));
/** @param {Buffer} key @param {Buffer} vector @param {Buffer} content */
function cbc(key, vector, content) {
  const writer = createCipheriv('des-ede3-cbc', key, vector).setAutoPadding(false);
  return Buffer.concat([writer.update(content), writer.final()]);
}

/** RFC 3217 §3.1, by the primitives of node. @param {Buffer} kek @param {Buffer} key @param {Buffer} [checksum] */
function wrapped(kek, key, checksum = createHash('sha1').update(key).digest().subarray(0, 8)) {
  const vector = randomBytes(8);
  const inner = Buffer.concat([vector, cbc(kek, vector, Buffer.concat([key, checksum]))]);
  return cbc(kek, VECTOR, inner.reverse());
}

test('unwraps what another implementation wrapped', async () => {
  for (let i = 0; i < 10; i++) {
    const [kek, key] = [randomBytes(24), withOddParity(randomBytes(24))];
    assert.deepEqual(Buffer.from(await unwrapTripleDes(kek, wrapped(kek, key))), key);
  }
});

test('gives no key where an octet, a length, the checksum or the parity is wrong', async () => {
  const [kek, key] = [randomBytes(24), withOddParity(randomBytes(24))];
  const good = wrapped(kek, key);
  const even = Buffer.from(key.map((octet) => octet ^ 1));
  const bad = [good.subarray(8), Buffer.concat([good, good.subarray(0, 8)]), new Uint8Array(), wrapped(kek, even), wrapped(kek, key, Buffer.alloc(8))];
  for (let at = 0; at < good.length; at++) bad.push(Buffer.from(good.map((octet, i) => (i === at ? octet ^ 4 : octet))));
  for (const each of bad) await assert.rejects(unwrapTripleDes(kek, each), DecryptionError);
  await assert.rejects(unwrapTripleDes(randomBytes(24), good), DecryptionError);
  await assert.rejects(unwrapTripleDes(randomBytes(16), good), DecryptionError);
});

for (const curve of /** @type {const} */ (['P-256', 'P-384'])) {
  test(`reads what OpenSSL wrote under it for ${curve}, as old`, async () => {
    const person = issue(`old-${curve.toLowerCase()}`, curve);
    put('old-wrap.txt', CONTENT);
    const cms = openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', '-in', 'old-wrap.txt', '-des3', '-recip', `${person.name}.pem`]);
    const { recipients: [recipient], contentAlgorithm, decrypt } = parseEnveloped(cms);
    assert.equal(recipient.algorithm.ecdh?.old, true);
    assert.equal(parseBer(recipient.algorithm.ecdh?.wrapAlgorithm ?? new Uint8Array()).algorithm().oid, '1.2.840.113549.1.9.16.3.6');
    const cek = await (await importDecryptionKey(person.pkcs8)).unwrap(recipient, contentAlgorithm.keyLength);
    assert.equal(Buffer.from(await decrypt(cek)).toString(), CONTENT);
  });
}
