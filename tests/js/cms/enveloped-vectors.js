/**
 * Makes `tests/vectors/enveloped/enveloped.json`: `node tests/js/cms/enveloped-vectors.js`. OpenSSL
 * writes what it can, the primitives of node the rest.
 * @module
 */
import { createCipheriv, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { encode, explicit, implicitPrimitive, integer, octetString, oid, sequence, setOf } from '../../../static/js/cms/der.js';
import { toBase64 } from '../../../static/js/cms/octets.js';
import { CONTENT_TYPE, ECDH_SCHEMES, KEY_WRAP_LENGTHS, ZLIB } from '../../../static/js/cms/oids.js';
import { keyAgreement } from './key-agreement.js';
import { issue, issueX25519, openssl, put } from './openssl.js';
import { toBer } from './to-ber.js';

/** @typedef {import('./open-vector.js').Vector} Vector */

const CONTENT = Buffer.from('Content-Type: text/plain; charset=utf-8\r\n\r\nRésultat normal.\r\n');
put('content', CONTENT);
const people = { rsa: issue('rsa', 'rsa'), 'p-256': issue('p256', 'P-256'), 'p-384': issue('p384', 'P-384'), 'p-521': issue('p521', 'P-521'), x25519: issueX25519('x25519') };
const LEGACY = ['-provider', 'legacy', '-provider', 'default'];

/** @param {...string} options */
const encrypt = (...options) => new Uint8Array(openssl(['cms', '-encrypt', '-binary', '-in', 'content', '-outform', 'DER', ...options]));

/** @param {keyof typeof people} key @param {string[]} [options] @param {string[]} [recipient] `-keyopt` values */
const to = (key, options = ['-aes256'], recipient = []) => encrypt(...options, '-recip', `${people[key].name}.pem`, ...recipient.flatMap((each) => ['-keyopt', each]));

const oaep = (/** @type {string[]} */ ...more) => ['rsa_padding_mode:oaep', ...more];

/** @type {Record<string, [keyof typeof people, Uint8Array]>} by name */
const OPENED = {
  'v1.5, AES-128-CBC': ['rsa', to('rsa', ['-aes128'])],
  'v1.5, AES-192-CBC': ['rsa', to('rsa', ['-aes192'])],
  'v1.5, AES-256-CBC': ['rsa', to('rsa')],
  'v1.5, AES-256-CBC, streamed': ['rsa', to('rsa', ['-aes256', '-stream'])],
  'v1.5, by key identifier': ['rsa', to('rsa', ['-aes256', '-keyid'])],
  'v1.5, AES-128-GCM': ['rsa', to('rsa', ['-aes-128-gcm'])],
  'v1.5, AES-192-GCM': ['rsa', to('rsa', ['-aes-192-gcm'])],
  'v1.5, AES-256-GCM': ['rsa', to('rsa', ['-aes-256-gcm'])],
  'v1.5, AES-256-GCM, streamed': ['rsa', to('rsa', ['-aes-256-gcm', '-stream'])],
  'v1.5, 3DES': ['rsa', to('rsa', ['-des3'])],
  'v1.5, RC2 of 128 bits': ['rsa', to('rsa', ['-rc2-128', ...LEGACY])],
  'OAEP SHA-1': ['rsa', to('rsa', ['-aes256'], oaep())],
  'OAEP SHA-256': ['rsa', to('rsa', ['-aes256'], oaep('rsa_oaep_md:sha256'))],
  'OAEP SHA-384': ['rsa', to('rsa', ['-aes256'], oaep('rsa_oaep_md:sha384'))],
  'OAEP SHA-512': ['rsa', to('rsa', ['-aes256'], oaep('rsa_oaep_md:sha512'))],
  'OAEP SHA-256 with MGF1 SHA-1': ['rsa', to('rsa', ['-aes256'], oaep('rsa_oaep_md:sha256', 'rsa_mgf1_md:sha1'))],
  'OAEP SHA-1 with MGF1 SHA-512': ['rsa', to('rsa', ['-aes256'], oaep('rsa_oaep_md:sha1', 'rsa_mgf1_md:sha512'))],
  'OAEP with a label': ['rsa', to('rsa', ['-aes256'], oaep('rsa_oaep_md:sha256', 'rsa_oaep_label:6f74686572'))],
  'OAEP in the most awkward BER': ['rsa', toBer(to('rsa', ['-aes-256-gcm'], oaep('rsa_oaep_md:sha256')))],
  'ECDH P-521 SHA-512, AES-256-GCM': ['p-521', to('p-521', ['-aes-256-gcm'], ['ecdh_kdf_md:sha512'])],
  'ECDH P-256, 3DES under its own key wrap': ['p-256', to('p-256', ['-des3'])],
  'ECDH P-521 SHA-512, 3DES under its own key wrap': ['p-521', to('p-521', ['-des3'], ['ecdh_kdf_md:sha512'])],
  'ECDH P-256 in the most awkward BER': ['p-256', toBer(to('p-256', ['-aes128']))],
};
for (const curve of /** @type {const} */ (['p-256', 'p-384', 'p-521'])) {
  for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']) OPENED[`ECDH ${curve} ${hash}`] = [curve, to(curve, ['-aes256'], [`ecdh_kdf_md:${hash}`])];
  OPENED[`ECDH ${curve} with cofactor`] = [curve, to(curve, ['-aes192'], ['ecdh_cofactor_mode:1', 'ecdh_kdf_md:sha256'])];
}

/** @param {Buffer} key @param {string} cipher OID @param {Uint8Array} recipientInfo @param {'aes-256-cbc' | 'aes-128-cbc'} name */
function enveloped(key, recipientInfo, cipher, name) {
  const iv = randomBytes(16);
  const writer = createCipheriv(name, key, iv);
  const content = sequence(oid(CONTENT_TYPE.data), sequence(oid(cipher), octetString(iv)), implicitPrimitive(0, Buffer.concat([writer.update(CONTENT), writer.final()])));
  return encode(sequence(oid(CONTENT_TYPE.envelopedData), explicit(0, sequence(integer(2), setOf([recipientInfo]), content))));
}

/** @param {keyof typeof people} name @param {string} scheme @param {string} wrap @param {Buffer | null} ukm */
async function agreed(name, scheme, wrap, ukm) {
  const recipient = createPublicKey(createPrivateKey({ key: Buffer.from(people[name].pkcs8), format: 'der', type: 'pkcs8' }));
  const key = randomBytes(32);
  const info = await keyAgreement({ recipient, scheme, wrap, ukm, key, identifiers: [randomBytes(20)] });
  return enveloped(key, info, '2.16.840.1.101.3.4.1.42', 'aes-256-cbc');
}

const wraps = Object.keys(KEY_WRAP_LENGTHS);
for (const [i, [scheme, { kdf, hash }]] of Object.entries(ECDH_SCHEMES).entries()) {
  for (const ukm of [null, randomBytes(12)]) {
    const options = `${kdf} ${hash} (${scheme})${ukm ? ' with ukm' : ''}`;
    OPENED[`X25519 ${options}`] = ['x25519', await agreed('x25519', scheme, wraps[i % 3], ukm)];
    if (ukm) OPENED[`ECDH p-256 ${options}`] = ['p-256', await agreed('p-256', scheme, wraps[i % 3], ukm)];
  }
}

/** @type {Vector[]} */
const vectors = Object.entries(OPENED).map(([name, [key, cms]]) => ({ name, cms: toBase64(cms), key, expect: 'ok' }));

for (const bits of [128, 192, 256]) {
  const kek = randomBytes(bits / 8);
  const cms = encrypt('-aes256', '-secretkey', kek.toString('hex'), '-secretkeyid', '01020304');
  vectors.push({ name: `key-encryption key of ${bits} bits`, cms: toBase64(cms), kek: toBase64(kek), expect: 'ok' });
}
for (const cipher of ['-aes128', '-aes192', '-aes256', '-des3']) {
  const cms = toBase64(encrypt(cipher, '-pwri_password', 'mot de passé'));
  vectors.push({ name: `password, ${cipher.slice(1)}`, cms, password: 'mot de passé', expect: 'ok' });
  vectors.push({ name: `wrong password, ${cipher.slice(1)}`, cms, password: 'mot de passe', expect: 'decryption-failed' });
}

const compressed = (/** @type {Uint8Array} */ bytes) => encode(sequence(oid(CONTENT_TYPE.compressedData), explicit(0, sequence(
  integer(0), sequence(oid(ZLIB)), sequence(oid(CONTENT_TYPE.data), explicit(0, octetString(bytes)))))));
vectors.push({ name: 'compressed', cms: toBase64(compressed(deflateSync(CONTENT))), compressed: true, expect: 'ok' });
vectors.push({ name: 'compressed, 2 MB of nothing', cms: toBase64(compressed(deflateSync(Buffer.alloc(2_000_000)))), compressed: true, expect: 'limit' });
vectors.push({ name: 'compressed, cut short', cms: toBase64(compressed(deflateSync(CONTENT).subarray(0, -6))), compressed: true, expect: 'encoding' });
vectors.push({ name: 'compressed, with more after the end', cms: toBase64(compressed(Buffer.concat([deflateSync(CONTENT), CONTENT]))), compressed: true, expect: 'encoding' });

const gcm = to('rsa', ['-aes-256-gcm']);
gcm[gcm.length - 1] ^= 1;
vectors.push({ name: 'a tag altered', cms: toBase64(gcm), key: 'rsa', expect: 'decryption-failed' });
vectors.push({ name: 'RC2 of 40 bits', cms: toBase64(to('rsa', ['-rc2-40', ...LEGACY])), key: 'rsa', expect: 'unsupported-algorithm' });
vectors.push({ name: 'RC2 of 64 bits', cms: toBase64(to('rsa', ['-rc2-64', ...LEGACY])), key: 'rsa', expect: 'unsupported-algorithm' });
vectors.push({ name: 'DES', cms: toBase64(to('rsa', ['-des', ...LEGACY])), key: 'rsa', expect: 'unsupported-algorithm' });

const keys = Object.fromEntries(Object.entries(people).map(([name, { pkcs8 }]) => [name, toBase64(pkcs8)]));
const file = new URL('../../vectors/enveloped/enveloped.json', import.meta.url);
mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ content: toBase64(CONTENT), keys, vectors }, null, 1)}\n`);
