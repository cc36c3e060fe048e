import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { aes192, decryptGcm, unwrapKey192 } from '../../../static/js/cms/aes192.js';
import { decryptPadded } from '../../../static/js/cms/cbc.js';
import { DecryptionError } from '../../../static/js/cms/errors.js';
import { wrapKey } from '../../../static/js/cms/key-wrap.js';

const SIZES = [1, 15, 16, 17, 100, 4096, 100_001];

test('decrypts AES-192-CBC of another implementation', () => {
  for (const size of SIZES) {
    const [key, iv, content] = [randomBytes(24), randomBytes(16), randomBytes(size)];
    const writer = createCipheriv('aes-192-cbc', key, iv);
    const encrypted = Buffer.concat([writer.update(content), writer.final()]);
    assert.deepEqual(Buffer.from(decryptPadded(aes192(key), iv, encrypted)), content);
    assert.throws(() => decryptPadded(aes192(key), iv, encrypted.subarray(1)), DecryptionError);
    assert.throws(() => decryptPadded(aes192(key), iv, new Uint8Array()), DecryptionError);
  }
});

test('decrypts AES-192-GCM of another implementation, and nothing that was altered', () => {
  for (const size of SIZES) {
    for (const authTagLength of [12, 16]) {
      const [key, nonce, content, additionalData] = [randomBytes(24), randomBytes(12), randomBytes(size), randomBytes(size % 40)];
      const writer = createCipheriv('aes-192-gcm', key, nonce, { authTagLength });
      writer.setAAD(additionalData);
      const sealed = Buffer.concat([writer.update(content), writer.final(), writer.getAuthTag()]);
      const parameters = { additionalData, tagLength: 8 * authTagLength };
      assert.deepEqual(Buffer.from(decryptGcm(key, nonce, sealed, parameters)), content);
      sealed[size - 1] ^= 1;
      assert.throws(() => decryptGcm(key, nonce, sealed, parameters), DecryptionError);
    }
  }
});

test('unwraps what another implementation wrapped with 192 bits', async () => {
  for (const size of [16, 24, 32]) {
    const [kek, key] = [randomBytes(24), randomBytes(size)];
    const wrapped = await wrapKey(kek, key);
    assert.deepEqual(Buffer.from(unwrapKey192(kek, wrapped)), key);
    wrapped[3] ^= 1;
    assert.throws(() => unwrapKey192(kek, wrapped), DecryptionError);
    assert.throws(() => unwrapKey192(kek, wrapped.subarray(1)), DecryptionError);
  }
});
