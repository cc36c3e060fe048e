import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DecryptionError } from '../../../static/js/cms/errors.js';
import { decryptGcmInPlace } from '../../../static/js/cms/gcm-in-place.js';

const SIZES = [0, 1, 15, 16, 17, 100, 4096, (1 << 20) - 1, (1 << 20) + 17, (1 << 22) + 33];

/**
 * What another implementation wrote, with `room` octets on both sides.
 * @param {{size: number, keyLength?: number, tagLength?: number, additional?: number, room?: number}} options
 */
function written({ size, keyLength = 32, tagLength = 16, additional = 0, room = 64 }) {
  const [key, iv, content, additionalData] = [keyLength, 12, size, additional].map((length) => new Uint8Array(randomBytes(length)));
  const writer = createCipheriv(/** @type {'aes-256-gcm'} */ (`aes-${8 * keyLength}-gcm`), key, iv, { authTagLength: tagLength });
  writer.setAAD(additionalData);
  const whole = new Uint8Array(Buffer.concat([Buffer.alloc(room, 7), writer.update(content), writer.final(), Buffer.alloc(room, 9)]));
  return { key, iv, content, whole, ciphertext: whole.subarray(room, room + size), sealed: { additionalData, tag: new Uint8Array(writer.getAuthTag()) } };
}

test('decrypts where the ciphertext stands, and touches nothing beside it', async () => {
  for (const size of SIZES) {
    for (const [additional, room] of [[0, 64], [16, 64], [21, 64], [21, 0]]) {
      const { key, iv, content, whole, ciphertext, sealed } = written({ size, additional, room });
      const opened = await decryptGcmInPlace(key, iv, ciphertext, sealed);
      assert.equal(opened.buffer, whole.buffer);
      assert.ok(Buffer.from(opened).equals(Buffer.from(content)), `${size} ${additional}`);
      assert.deepEqual([whole.subarray(0, room), whole.subarray(room + size)], [new Uint8Array(room).fill(7), new Uint8Array(room).fill(9)]);
    }
  }
});

test('reads keys of 128 bits and tags of 96 to 128', async () => {
  for (const tagLength of [12, 13, 14, 15, 16]) {
    const { key, iv, content, ciphertext, sealed } = written({ size: 50, keyLength: 16, tagLength, additional: 5 });
    assert.deepEqual(await decryptGcmInPlace(key, iv, ciphertext, sealed), content);
  }
});

/** @type {[string, (made: ReturnType<typeof written>) => void][]} */
const ALTERED = [
  ['the ciphertext', ({ ciphertext }) => { ciphertext[0] ^= 1; }],
  ['its last octet', ({ ciphertext }) => { ciphertext[ciphertext.length - 1] ^= 128; }],
  ['the tag', ({ sealed }) => { sealed.tag[11] ^= 1; }],
  ['the additional data', ({ sealed }) => { sealed.additionalData[3] ^= 1; }],
  ['what of it is additional', (made) => { made.sealed.additionalData = new Uint8Array([...made.sealed.additionalData, 0]); }],
  ['the nonce', ({ iv }) => { iv[0] ^= 1; }],
  ['the key', ({ key }) => { key[0] ^= 1; }],
];
for (const [what, alter] of ALTERED) {
  test(`changes no octet of the ciphertext where ${what} was altered [N27]`, async () => {
    for (const size of [1, 33, 200_000]) {
      const made = written({ size, additional: 5, tagLength: 12 });
      alter(made);
      const before = made.whole.slice();
      await assert.rejects(decryptGcmInPlace(made.key, made.iv, made.ciphertext, made.sealed), DecryptionError);
      assert.ok(Buffer.from(made.whole).equals(Buffer.from(before)));
    }
  });
}

test('takes no octet of the content for additional data', async () => {
  // With padding between them, both would hash alike but for the lengths.
  const { key, iv, whole, sealed } = written({ size: 32, room: 16 });
  const moved = { additionalData: whole.slice(16, 32), tag: sealed.tag };
  await assert.rejects(decryptGcmInPlace(key, iv, whole.subarray(32, 48), moved), DecryptionError);
});
