import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, privateDecrypt, publicEncrypt, constants } from 'node:crypto';
import { test } from 'node:test';
import { EncodingError } from '../../../static/js/cms/errors.js';
import { fromBigInt, toBigInt } from '../../../static/js/cms/octets.js';
import { parsePublicKey } from '../../../static/js/cms/public-key.js';
import { decryptOaep, decryptPkcs1, encryptPkcs1, modPow, parseRsaPrivateKey, rejectionKey } from '../../../static/js/cms/rsa.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'der' }, privateKeyEncoding: { type: 'pkcs8', format: 'der' } });
const publicKey = /** @type {import('../../../static/js/cms/public-key.js').RsaPublicKey} */ (parsePublicKey(pair.publicKey));
const privateKey = parseRsaPrivateKey(pair.privateKey);
const secret = new Uint8Array(32).fill(7);
const cek = crypto.getRandomValues(new Uint8Array(32));
const spki = { key: pair.publicKey, format: /** @type {const} */ ('der'), type: /** @type {const} */ ('spki') };

/** @param {Uint8Array} block the encoded message EM @returns {Uint8Array} encrypted without padding */
const raw = (block) => fromBigInt(modPow(toBigInt(block), publicKey.exponent, publicKey.modulus), publicKey.length);

test('encrypts v1.5 for another implementation and decrypts its own', async () => {
  const key = createPrivateKey({ key: pair.privateKey, format: 'der', type: 'pkcs8' });
  const block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encryptPkcs1(publicKey, cek));
  assert.deepEqual([...block.subarray(0, 2)], [0, 2]);
  assert.ok(block.subarray(2, 223).every((octet) => octet !== 0));
  assert.deepEqual(block.subarray(224), Buffer.from(cek));
  assert.deepEqual(await decryptPkcs1(privateKey, encryptPkcs1(publicKey, cek), { length: 32, secret }), cek);
  const theirs = publicEncrypt({ ...spki, padding: constants.RSA_PKCS1_PADDING }, cek);
  assert.deepEqual(await decryptPkcs1(privateKey, theirs, { length: 32, secret }), cek);
});

/** @param {(block: Uint8Array) => void} change */
function block(change) {
  const bytes = new Uint8Array(256).fill(9);
  bytes.set([0, 2]);
  bytes[223] = 0;
  bytes.set(cek, 224);
  change(bytes);
  return bytes;
}

test('rejects every wrong padding implicitly, in the same way', async () => {
  /** @type {Record<string, (bytes: Uint8Array) => void>} */
  const faults = {
    'first octet': (bytes) => { bytes[0] = 1; }, 'second octet': (bytes) => { bytes[1] = 1; }, 'no separator': (bytes) => { bytes[223] = 5; },
    'zero in the padding': (bytes) => { bytes[40] = 0; }, 'zero in the first eight': (bytes) => { bytes[2] = 0; },
    'longer key': (bytes) => { bytes[222] = 0; }, 'all zero': (bytes) => { bytes.fill(0); },
  };
  assert.deepEqual(await decryptPkcs1(privateKey, raw(block(() => {})), { length: 32, secret }), cek);
  for (const [name, change] of Object.entries(faults)) {
    const encrypted = raw(block(change));
    const answer = await decryptPkcs1(privateKey, encrypted, { length: 32, secret });
    assert.deepEqual(answer, await rejectionKey(secret, encrypted, 32), name);
  }
});

test('rejects implicitly what is no ciphertext at all', async () => {
  for (const encrypted of [new Uint8Array(), new Uint8Array(256), new Uint8Array(256).fill(255), new Uint8Array(300).fill(1)]) {
    assert.deepEqual(await decryptPkcs1(privateKey, encrypted, { length: 16, secret }), await rejectionKey(secret, encrypted, 16));
  }
});

test('refuses to encrypt what does not fit', () => {
  assert.throws(() => encryptPkcs1(publicKey, new Uint8Array(246)), EncodingError);
});

test('refuses a private key whose numbers do not belong together', () => {
  const { p, q } = privateKey;
  for (const number of [p, q]) {
    const wanted = fromBigInt(number, 128);
    const at = Buffer.from(pair.privateKey).indexOf(Buffer.from(wanted));
    const altered = Uint8Array.from(pair.privateKey);
    altered[at + 100] ^= 2;
    assert.throws(() => parseRsaPrivateKey(altered), EncodingError);
  }
});

test('decodes OAEP and refuses another label or hash', async () => {
  const label = new TextEncoder().encode('pli');
  const encrypted = publicEncrypt({ ...spki, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: label }, cek);
  const parameters = { hash: 'SHA-256', mgfHash: 'SHA-256', label };
  assert.deepEqual(await decryptOaep(privateKey, encrypted, parameters), cek);
  for (const change of [{ label: new Uint8Array() }, { hash: 'SHA-1' }, { mgfHash: 'SHA-1' }]) {
    assert.equal(await decryptOaep(privateKey, encrypted, { ...parameters, ...change }), null);
  }
});
