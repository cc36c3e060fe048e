import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encode, explicit, implicitPrimitive, integer, octetString, oid, sequence, setOf } from '../../../static/js/cms/der.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { DecryptionError, EncodingError, UnsupportedError } from '../../../static/js/cms/errors.js';
import { wrapKey } from '../../../static/js/cms/key-wrap.js';
import { CONTENT_CIPHERS, CONTENT_TYPE } from '../../../static/js/cms/oids.js';

const CONTENT = Buffer.from('Content-Type: text/plain\r\n\r\nRésultats du laboratoire.\r\n'.repeat(50));
const CEK = Object.fromEntries([16, 24, 32].map((length) => [length, randomBytes(length)]));
const KEK = sequence(integer(4), sequence(octetString(randomBytes(4))), sequence(oid('2.16.840.1.101.3.4.1.45')), octetString(await wrapKey(randomBytes(32), CEK[32])));
const RECIPIENT = encode(KEK);
RECIPIENT[0] = 0xa2;

/** @param {string} name */
const oidOf = (name) => Object.entries(CONTENT_CIPHERS).find(([, cipher]) => cipher.name === name)?.[0] ?? '';

/**
 * As a careless or hostile program may write it.
 * @param {{cipher?: string, nonceLength?: number, tagLength?: number, stated?: number, alter?: (tag: Buffer) => void, plain?: Buffer}} [options] stated: aes-ICVlen
 */
function authEnveloped({ cipher = 'aes-256-gcm', nonceLength = 12, tagLength = 16, stated = tagLength, alter = () => {}, plain = CONTENT } = {}) {
  const nonce = randomBytes(nonceLength);
  const { keyLength } = CONTENT_CIPHERS[oidOf(cipher)];
  const writer = createCipheriv(/** @type {'aes-256-gcm'} */ (cipher), CEK[keyLength], nonce, { authTagLength: tagLength });
  const encrypted = Buffer.concat([writer.update(plain), writer.final()]);
  const tag = writer.getAuthTag();
  alter(tag);
  // The default of aes-ICVlen is 12 (RFC 5084 §3.2), and DER leaves a default out.
  const parameters = sequence(octetString(nonce), ...(stated === 12 ? [] : [integer(stated)]));
  const content = sequence(oid(CONTENT_TYPE.data), sequence(oid(oidOf(cipher)), parameters), implicitPrimitive(0, encrypted));
  return encode(sequence(oid(CONTENT_TYPE.authEnvelopedData), explicit(0, sequence(integer(0), setOf([RECIPIENT]), content, octetString(tag)))));
}

for (const tagLength of [12, 13, 14, 15, 16]) {
  test(`opens a tag of ${tagLength} octets, and says when it is short [N27]`, async () => {
    const { contentAlgorithm, decrypt } = parseEnveloped(authEnveloped({ tagLength }));
    assert.equal(contentAlgorithm.shortTag, tagLength < 16);
    assert.deepEqual(Buffer.from(await decrypt(CEK[32])), CONTENT);
  });
}

test('refuses tags below 12 octets, and tags of another length than stated [N27]', () => {
  for (const tagLength of [4, 8]) assert.throws(() => parseEnveloped(authEnveloped({ tagLength })), EncodingError);
  assert.throws(() => parseEnveloped(authEnveloped({ tagLength: 12, stated: 16 })), EncodingError);
  assert.throws(() => parseEnveloped(authEnveloped({ tagLength: 16, stated: 12 })), EncodingError);
  assert.throws(() => parseEnveloped(authEnveloped({ stated: 17 })), EncodingError);
});

test('refuses nonces of any length but 12 [N27]', () => {
  for (const nonceLength of [1, 8, 11, 13, 16]) assert.throws(() => parseEnveloped(authEnveloped({ nonceLength })), EncodingError);
});

test('refuses GCM named CBC, and the other way round [N25]', () => {
  const cms = Buffer.from(authEnveloped());
  const at = cms.indexOf(Buffer.from(encode(oid(oidOf('aes-256-gcm')))));
  cms[at + 10] = 0x2a;
  assert.throws(() => parseEnveloped(cms), UnsupportedError);
  const untagged = sequence(oid(CONTENT_TYPE.data), sequence(oid(oidOf('aes-256-gcm')), sequence(octetString(randomBytes(12)))), implicitPrimitive(0, CONTENT));
  const enveloped = encode(sequence(oid(CONTENT_TYPE.envelopedData), explicit(0, sequence(integer(2), setOf([RECIPIENT]), untagged))));
  assert.throws(() => parseEnveloped(enveloped), UnsupportedError);
});

/** Runs `action` while every plaintext that WebCrypto hands out is counted. @param {() => Promise<unknown>} action */
async function countPlaintext(action) {
  const genuine = crypto.subtle.decrypt;
  const handedOut = /** @type {number[]} */ ([]);
  crypto.subtle.decrypt = async function counting(...values) {
    const plaintext = await genuine.apply(crypto.subtle, values);
    handedOut.push(plaintext.byteLength);
    return plaintext;
  };
  await action().finally(() => { crypto.subtle.decrypt = genuine; });
  return handedOut;
}

/** As Chromium, which has no AES-192: what is written in its place is counted. @param {() => Promise<unknown>} action */
async function countWritten(action) {
  const [importing, from] = [crypto.subtle.importKey, Uint8Array.from];
  const written = /** @type {number[]} */ ([]);
  crypto.subtle.importKey = async () => { throw new DOMException('no AES-192', 'OperationError'); };
  Uint8Array.from = /** @type {any} */ ((/** @type {any} */ source, /** @type {any[]} */ ...more) => {
    if (source.length === CONTENT.length) written.push(source.length);
    return from.call(Uint8Array, source, ...more);
  });
  await action().finally(() => Object.assign(crypto.subtle, { importKey: importing }) && Object.assign(Uint8Array, { from }));
  return written;
}

test('lets no byte out before the tag has verified [N28]', async () => {
  const flip = (/** @type {Buffer} */ tag) => { tag[0] ^= 1; };
  for (const tagLength of [12, 16]) {
    const genuine = parseEnveloped(authEnveloped({ tagLength }));
    assert.deepEqual(await countPlaintext(() => genuine.decrypt(CEK[32])), [CONTENT.length]);
    const altered = parseEnveloped(authEnveloped({ tagLength, alter: flip }));
    assert.deepEqual(await countPlaintext(() => assert.rejects(altered.decrypt(CEK[32]), DecryptionError)), []);
  }
});

test('nor does our own AES-192 [N28]', async () => {
  const cipher = 'aes-192-gcm';
  const genuine = parseEnveloped(authEnveloped({ cipher }));
  assert.deepEqual(await countWritten(() => genuine.decrypt(CEK[24])), [CONTENT.length]);
  const altered = parseEnveloped(authEnveloped({ cipher, alter: (tag) => { tag[15] ^= 1; } }));
  assert.deepEqual(await countWritten(() => assert.rejects(altered.decrypt(CEK[24]), DecryptionError)), []);
});

test('fails without a word on what was in it [N28]', async () => {
  const { decrypt } = parseEnveloped(authEnveloped({ alter: (tag) => { tag[3] ^= 0x80; } }));
  const failure = await decrypt(CEK[32]).then(() => assert.fail('opened'), (error) => error);
  assert.deepEqual([failure.message, failure.cause, Object.keys(failure).sort()], [new DecryptionError().message, undefined, ['code', 'name']]);
});

const LARGE = Buffer.concat([CONTENT, randomBytes(1 << 20)]);

test('decrypts a large content in its place if it may, and a small one, or another cipher, beside it', async () => {
  for (const [plain, cipher, inPlace] of /** @type {[Buffer, string, boolean][]} */ ([[LARGE, 'aes-256-gcm', true], [LARGE, 'aes-128-gcm', true], [LARGE, 'aes-256-gcm', false], [CONTENT, 'aes-256-gcm', true], [LARGE, 'aes-192-gcm', true]])) {
    const cms = new Uint8Array(authEnveloped({ plain, cipher }));
    let taken = false;
    const { contentAlgorithm: { keyLength }, decrypt } = parseEnveloped(cms);
    const opened = await decrypt(CEK[keyLength], () => { taken = true; }, inPlace);
    assert.ok(Buffer.from(opened).equals(plain));
    const moved = inPlace && plain === LARGE && keyLength !== 24;
    assert.equal(opened.buffer === cms.buffer, moved);
    if (moved) assert.equal(taken, false);
  }
});

test('a large content whose tag is wrong opens with no key, and with the right one once the tag is right again [N27]', async () => {
  const cms = new Uint8Array(authEnveloped({ plain: LARGE }));
  cms[cms.length - 1] ^= 1;
  await assert.rejects(parseEnveloped(cms).decrypt(CEK[32], undefined, true), DecryptionError);
  cms[cms.length - 1] ^= 1;
  assert.ok(Buffer.from(await parseEnveloped(cms).decrypt(CEK[32], undefined, true)).equals(LARGE));
});
