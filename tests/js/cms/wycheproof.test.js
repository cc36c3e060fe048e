import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decryptContent } from '../../../static/js/cms/content-cipher.js';
import { importDecryptionKey } from '../../../static/js/cms/decryption-key.js';
import { agree } from '../../../static/js/cms/ecdh.js';
import { unwrapKey } from '../../../static/js/cms/key-wrap.js';
import { fromHex, toHex } from '../../../static/js/cms/octets.js';
import { parsePublicKey } from '../../../static/js/cms/public-key.js';
import { decryptOaep, decryptPkcs1, parseRsaPrivateKey, rejectionKey } from '../../../static/js/cms/rsa.js';
import { verifySignature } from '../../../static/js/cms/signature.js';

/** Wycheproof vectors are not ours to copy: VECTORS names a folder that has `wycheproof/`. */
const FOLDER = join(process.env.VECTORS ?? '', 'wycheproof');

/** @param {string} name @param {(group: any) => Promise<(vector: any) => Promise<boolean>>} prepare @param {(vector: any, group: any) => boolean} [counts] */
function suite(name, prepare, counts = () => true) {
  const file = join(FOLDER, `${name}_test.json`);
  const skip = !process.env.VECTORS || !existsSync(file) ? 'no VECTORS' : false;
  test(`Wycheproof ${name}`, { skip }, async () => {
    let seen = 0;
    for (const group of JSON.parse(readFileSync(file, 'utf8')).testGroups) {
      const run = await prepare(group);
      for (const vector of group.tests.filter((/** @type {any} */ vector) => counts(vector, group))) {
        const accepted = await run(vector);
        if (vector.result !== 'acceptable') assert.equal(accepted, vector.result === 'valid', `${vector.tcId}: ${vector.comment}`);
        seen += 1;
      }
    }
    assert.ok(seen > 0);
  });
}

const secret = new Uint8Array(32).fill(1);

suite('rsa_pkcs1_2048', async (group) => {
  const key = parseRsaPrivateKey(fromHex(group.privateKeyPkcs8));
  return async ({ msg, ct }) => {
    const length = msg.length / 2;
    const found = toHex(await decryptPkcs1(key, fromHex(ct), { length, secret }));
    return found === msg && found !== toHex(await rejectionKey(secret, fromHex(ct), length));
  };
}, ({ msg, result }) => result === 'valid' && msg.length > 0 && msg.length <= 64);

for (const [name, hash, mgfHash] of [['sha1_mgf1sha1', 'SHA-1', 'SHA-1'], ['sha256_mgf1sha1', 'SHA-256', 'SHA-1'], ['sha256_mgf1sha256', 'SHA-256', 'SHA-256']]) {
  suite(`rsa_oaep_2048_${name}`, async (group) => {
    const key = parseRsaPrivateKey(fromHex(group.privateKeyPkcs8));
    return async ({ msg, ct, label }) => {
      const found = await decryptOaep(key, fromHex(ct), { hash, mgfHash, label: fromHex(label) });
      return found !== null && toHex(found) === msg;
    };
  });
}

suite('aes_wrap', async () => async ({ key, msg, ct }) => {
  const found = await unwrapKey(fromHex(key), fromHex(ct)).catch(() => null);
  return found !== null && toHex(found) === msg;
});

suite('ecdsa_secp256r1_sha256', async (group) => {
  const spki = fromHex(group.publicKeyDer);
  const holder = { spki, publicKey: parsePublicKey(spki) };
  return ({ msg, sig }) => verifySignature(holder, { scheme: 'ecdsa', hash: 'SHA-256' }, fromHex(sig), fromHex(msg)).then(() => true, () => false);
});

suite('rsa_signature_2048_sha256', async (group) => {
  const spki = fromHex(group.publicKeyDer);
  const holder = { spki, publicKey: parsePublicKey(spki) };
  return ({ msg, sig }) => verifySignature(holder, { scheme: 'rsa', hash: 'SHA-256' }, fromHex(sig), fromHex(msg)).then(() => true, () => false);
  // A small exponent is refused as weak, whatever the signature (security.md, test 31).
}, (_, { publicKey }) => BigInt(`0x${publicKey.publicExponent}`) >= 65537n);

suite('rsa_pss_2048_sha256_mgf1_32', async (group) => {
  const spki = fromHex(group.publicKeyDer);
  const holder = { spki, publicKey: parsePublicKey(spki) };
  const scheme = /** @type {const} */ ({ scheme: 'pss', hash: 'SHA-256', saltLength: group.sLen });
  return ({ msg, sig }) => verifySignature(holder, scheme, fromHex(sig), fromHex(msg)).then(() => true, () => false);
});

/** @param {'CBC' | 'GCM'} mode @param {any} group */
async function decryptor(mode, { tagSize }) {
  return async (/** @type {any} */ { key, iv, aad = '', msg, ct, tag = '' }) => {
    const algorithm = { cipher: /** @type {const} */ ('AES'), mode, keyLength: key.length / 2, iv: fromHex(iv) };
    const options = mode === 'GCM' ? { additionalData: fromHex(aad), tagLength: tagSize } : {};
    const found = await decryptContent(algorithm, fromHex(key), fromHex(ct + tag), options).catch(() => null);
    return found !== null && toHex(found) === msg;
  };
}

suite('aes_cbc_pkcs5', (group) => decryptor('CBC', group));
// Other nonces are refused where the structure is read.
suite('aes_gcm', (group) => decryptor('GCM', group), (_, { ivSize }) => ivSize === 96);

suite('ecdh_secp256r1_webcrypto', async () => async ({ public: peer, private: own, shared }) => {
  const key = await crypto.subtle.importKey('jwk', own, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']).catch(() => null);
  if (!key || !peer.x || !peer.y || peer.crv !== 'P-256') return false;
  const point = Buffer.concat([Uint8Array.of(4), Buffer.from(peer.x, 'base64url'), Buffer.from(peer.y, 'base64url')]);
  const found = await agree(key, 'P-256', new Uint8Array(point)).catch(() => null);
  return found !== null && toHex(found) === shared;
});

test('answers every hostile v1.5 ciphertext with its rejection key', { skip: process.env.VECTORS ? false : 'no VECTORS' }, async () => {
  const [group] = JSON.parse(readFileSync(join(FOLDER, 'rsa_pkcs1_2048_test.json'), 'utf8')).testGroups;
  const key = await importDecryptionKey(fromHex(group.privateKeyPkcs8));
  for (const { ct, result } of group.tests) {
    const encryptedKey = fromHex(ct);
    const recipient = /** @type {any} */ ({ algorithm: { name: 'rsa-pkcs1' }, encryptedKey });
    const answer = await key.unwrap(recipient, 32);
    if (result === 'invalid') assert.deepEqual(answer, await rejectionKey(key.secret, encryptedKey, 32));
  }
});
