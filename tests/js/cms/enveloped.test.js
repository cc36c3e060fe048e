import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { decryptContent } from '../../../static/js/cms/content-cipher.js';
import { importDecryptionKey, unwrapKek } from '../../../static/js/cms/decryption-key.js';
import { encode, oid } from '../../../static/js/cms/der.js';
import { buildEnveloped, parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { CertificateError, DecryptionError, EncodingError, UnsupportedError } from '../../../static/js/cms/errors.js';
import { ATTRIBUTE, CONTENT_TYPE } from '../../../static/js/cms/oids.js';
import { names } from '../../../static/js/cms/recipients.js';
import { seal } from '../../../static/js/cms/seal.js';
import { get, issue, openssl, put } from './openssl.js';

const CONTENT = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nCompte rendu opératoire.\r\n'.repeat(3000));
const people = { rsa: issue('rsa', 'rsa'), 'P-256': issue('p256', 'P-256'), 'P-384': issue('p384', 'P-384'), 'P-521': issue('p521', 'P-521') };
const keys = Object.fromEntries(await Promise.all(Object.entries(people).map(async ([kind, { pkcs8 }]) => [kind, await importDecryptionKey(pkcs8)])));

/** @type {Record<string, {kind: keyof typeof people, options: string[]}>} */
const TRANSPORTS = {
  'rsa-pkcs1': { kind: 'rsa', options: [] },
  'rsa-oaep SHA-1': { kind: 'rsa', options: ['-keyopt', 'rsa_padding_mode:oaep'] },
  'rsa-oaep SHA-256': { kind: 'rsa', options: ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'] },
  'rsa-oaep SHA-512': { kind: 'rsa', options: ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha512'] },
  'rsa-oaep SHA-256 with MGF1 SHA-1': { kind: 'rsa', options: ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_mgf1_md:sha1'] },
  'rsa-oaep with a label': { kind: 'rsa', options: ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_oaep_label:706c69'] },
  'ecdh P-256': { kind: 'P-256', options: [] },
  'ecdh P-256 SHA-256': { kind: 'P-256', options: ['-keyopt', 'ecdh_kdf_md:sha256'] },
  'ecdh P-384': { kind: 'P-384', options: ['-keyopt', 'ecdh_kdf_md:sha384'] },
  'ecdh P-384 cofactor': { kind: 'P-384', options: ['-keyopt', 'ecdh_kdf_md:sha256', '-keyopt', 'ecdh_cofactor_mode:1'] },
  'ecdh P-521': { kind: 'P-521', options: ['-keyopt', 'ecdh_kdf_md:sha512'] },
};

/** @param {Uint8Array} cms @param {keyof typeof people} kind */
async function open(cms, kind) {
  const enveloped = parseEnveloped(cms);
  const recipient = enveloped.recipients.find(({ rid }) => names(rid, people[kind].certificate));
  assert.ok(recipient);
  const cek = await keys[kind].unwrap(recipient, enveloped.contentAlgorithm.keyLength);
  return enveloped.decrypt(cek);
}

for (const [transport, { kind, options }] of Object.entries(TRANSPORTS)) {
  for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'aes-128-gcm', 'aes-256-gcm']) {
    for (const form of [[], ['-stream']]) {
      test(`reads ${transport}, ${cipher} ${form} of OpenSSL [CO10]`, async () => {
        put('content', CONTENT);
        const cms = openssl(['cms', '-encrypt', '-binary', '-in', 'content', `-${cipher}`, '-outform', 'DER', ...form,
          '-recip', `${people[kind].name}.pem`, ...options]);
        assert.deepEqual(Buffer.from(await open(cms, kind)), Buffer.from(CONTENT));
      });
    }
  }
}

/** @type {Record<string, {kind: keyof typeof people, recipient: object}>} */
const WRITTEN = {
  'rsa-pkcs1': { kind: 'rsa', recipient: {} },
  'rsa-pkcs1 by key identifier': { kind: 'rsa', recipient: { rid: 'subjectKeyIdentifier' } },
  'rsa-oaep SHA-1': { kind: 'rsa', recipient: { keyAlgorithm: 'rsa-oaep', hash: 'SHA-1' } },
  'rsa-oaep SHA-256': { kind: 'rsa', recipient: { keyAlgorithm: 'rsa-oaep' } },
  'rsa-oaep labelled': { kind: 'rsa', recipient: { keyAlgorithm: 'rsa-oaep', label: 'pli-message' } },
  'ecdh P-256': { kind: 'P-256', recipient: {} },
  'ecdh P-256 with ukm': { kind: 'P-256', recipient: { label: 'pli-message' } },
  'ecdh P-384': { kind: 'P-384', recipient: { keyAlgorithm: 'ecdh', rid: 'subjectKeyIdentifier' } },
  'ecdh P-521': { kind: 'P-521', recipient: {} },
};

for (const [name, { kind, recipient }] of Object.entries(WRITTEN)) {
  for (const contentAlgorithm of ['aes-128-cbc', 'aes-256-cbc', 'aes-256-gcm']) {
    test(`writes ${name}, ${contentAlgorithm} for OpenSSL and itself [CO10]`, async () => {
      const { certificate } = people[kind];
      const cms = await buildEnveloped({ content: CONTENT, contentAlgorithm, recipients: [{ certificate, ...recipient }] });
      const { name: file } = people[kind];
      const opened = openssl(['cms', '-decrypt', '-binary', '-inform', 'DER', '-recip', `${file}.pem`, '-inkey', `${file}.key`], cms);
      assert.deepEqual(opened, Buffer.from(CONTENT));
      assert.deepEqual(Buffer.from(await open(cms, kind)), Buffer.from(CONTENT));
    });
  }
}

test('reads each recipient of one message', async () => {
  put('content', CONTENT);
  const cms = openssl(['cms', '-encrypt', '-binary', '-in', 'content', '-aes256', '-outform', 'DER', 'rsa.pem', 'p256.pem', 'p384.pem']);
  assert.equal(parseEnveloped(cms).recipients.length, 3);
  for (const kind of /** @type {const} */ (['rsa', 'P-256', 'P-384'])) assert.equal((await open(cms, kind)).length, CONTENT.length);
});

test('writes and reads a key-encryption key, with OpenSSL too', async () => {
  const kek = crypto.getRandomValues(new Uint8Array(32));
  const keyIdentifier = new TextEncoder().encode('passkey');
  const cms = await buildEnveloped({ content: CONTENT, contentAlgorithm: 'aes-256-gcm', recipients: [{ kek, keyIdentifier }] });
  const enveloped = parseEnveloped(cms);
  assert.equal(enveloped.recipients[0].kind, 'kekri');
  assert.equal((await enveloped.decrypt(await unwrapKek(enveloped.recipients[0], kek))).length, CONTENT.length);
  const hex = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('hex');
  const opened = openssl(['cms', '-decrypt', '-binary', '-inform', 'DER', '-secretkey', hex(kek), '-secretkeyid', hex(keyIdentifier)], cms);
  assert.deepEqual(opened, Buffer.from(CONTENT));
  await assert.rejects(unwrapKek(enveloped.recipients[0], new Uint8Array(32)), DecryptionError);
});

test('authenticates the attributes of an AuthEnvelopedData', async () => {
  const { certificate } = people.rsa;
  const values = [Uint8Array.of(4, 2, 1, 2)];
  const cms = await buildEnveloped({
    content: CONTENT, contentAlgorithm: 'aes-256-gcm', recipients: [{ certificate }], contentType: '1.2.3.4', authAttrs: [{ type: '1.2.3.5', values }],
  });
  const enveloped = parseEnveloped(cms);
  assert.deepEqual([...enveloped.authAttributes.keys()].sort(), ['1.2.3.5', '1.2.840.113549.1.9.3']);
  assert.equal((await open(cms, 'rsa')).length, CONTENT.length);
  const at = Buffer.from(cms).lastIndexOf(Buffer.from(values[0]));
  cms[at + 3] ^= 1;
  await assert.rejects(open(cms, 'rsa'), DecryptionError);
});

for (const named of [ATTRIBUTE.contentType, CONTENT_TYPE.data]) {
  test(`refuses a content of another type than its attributes say (${named}) [N25]`, async () => {
    const { certificate } = people.rsa;
    const authAttrs = [{ type: '1.2.3.5', values: [Uint8Array.of(4, 1, 1)] }];
    const cms = await buildEnveloped({ content: CONTENT, contentAlgorithm: 'aes-256-gcm', recipients: [{ certificate }], authAttrs });
    parseEnveloped(cms);
    const identifier = Buffer.from(encode(oid(named)));
    cms[Buffer.from(cms).lastIndexOf(identifier) + identifier.length - 1] ^= 2;
    assert.throws(() => parseEnveloped(cms), EncodingError);
  });
}

/** The failure; null where CBC, which proves nothing, gave noise that ends like a padding (1 in 256). @param {Promise<Uint8Array>} decrypting */
const failureOf = (decrypting) => decrypting.then((noise) => assert.notDeepEqual(Buffer.from(noise), Buffer.from(CONTENT)) ?? null, (error) => error);

test('gives one generic failure for a wrong key, padding, tag or label', async () => {
  const { certificate } = people.rsa;
  const failures = [];
  for (const contentAlgorithm of ['aes-256-cbc', 'aes-256-gcm']) {
    const cms = await buildEnveloped({ content: CONTENT, contentAlgorithm, recipients: [{ certificate }] });
    const enveloped = parseEnveloped(cms);
    const cek = await keys.rsa.unwrap(enveloped.recipients[0], 32);
    const wrong = [new Uint8Array(32), cek.map((/** @type {number} */ octet) => octet ^ 1), cek.subarray(0, 16), new Uint8Array(40), new Uint8Array()];
    for (const bad of wrong) failures.push(await failureOf(enveloped.decrypt(bad)));
    const altered = cms.slice();
    altered[altered.length - 1] ^= 1;
    failures.push(await failureOf(parseEnveloped(altered).decrypt(cek)));
  }
  const failed = failures.filter(Boolean);
  assert.ok(failed.length >= 9);
  for (const failure of failed) {
    assert.ok(failure instanceof DecryptionError);
    assert.equal(failure.message, new DecryptionError().message);
  }
});

test('answers an unwrap that fails with a stable key of the right length', async () => {
  const { certificate } = people.rsa;
  for (const keyAlgorithm of /** @type {const} */ (['rsa-pkcs1', 'rsa-oaep'])) {
    const { recipients } = parseEnveloped(await buildEnveloped({ content: CONTENT, recipients: [{ certificate, keyAlgorithm }] }));
    const broken = { ...recipients[0], encryptedKey: recipients[0].encryptedKey.map((octet, i) => (i === 9 ? octet ^ 1 : octet)) };
    const first = await keys.rsa.unwrap(broken, 16);
    assert.equal(first.length, 16);
    assert.deepEqual(await keys.rsa.unwrap(broken, 16), first);
    assert.notDeepEqual(await keys.rsa.unwrap(recipients[0], 16), await keys.rsa.unwrap(recipients[0], 32));
    assert.equal((await keys['P-256'].unwrap(recipients[0], 32)).length, 32);
  }
});

test('pads a key from which leading zeros were taken', async () => {
  const [key, iv] = [Uint8Array.of(0, 0, ...new Uint8Array(30).fill(7)), new Uint8Array(12)];
  const writer = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([writer.update(CONTENT), writer.final(), writer.getAuthTag()]);
  const algorithm = { cipher: /** @type {const} */ ('AES'), mode: /** @type {const} */ ('GCM'), keyLength: 32, iv };
  for (const cek of [key, key.subarray(1), key.subarray(2)]) assert.deepEqual(Buffer.from(await decryptContent(algorithm, cek, sealed)), Buffer.from(CONTENT));
  await assert.rejects(decryptContent(algorithm, key.subarray(3), sealed), DecryptionError);
});

test('seals under a label, by key identifier', async () => {
  for (const kind of /** @type {const} */ (['rsa', 'P-384'])) {
    const cms = await seal(CONTENT, people[kind].certificate, 'pli-summary');
    const [{ rid, algorithm }] = parseEnveloped(cms).recipients;
    assert.ok(rid && 'subjectKeyIdentifier' in rid);
    const label = algorithm.oaep?.label ?? algorithm.ecdh?.ukm;
    assert.equal(new TextDecoder().decode(label ?? undefined), 'pli-summary');
    assert.equal((await open(cms, kind)).length, CONTENT.length);
  }
});

/** @param {string} cipher OpenSSL's option, of its legacy provider */
const encryptOld = (cipher) => openssl(['cms', '-encrypt', '-binary', '-in', 'content', cipher, '-outform', 'DER',
  '-provider', 'legacy', '-provider', 'default', 'rsa.pem']);

for (const [cipher, name] of [['-des3', 'des-ede3-cbc'], ['-rc2-128', 'rc2-cbc']]) {
  test(`reads ${name} of OpenSSL, as old`, async () => {
    put('content', CONTENT);
    const cms = encryptOld(cipher);
    const { contentAlgorithm } = parseEnveloped(cms);
    assert.deepEqual([contentAlgorithm.name, contentAlgorithm.old], [name, true]);
    assert.deepEqual(Buffer.from(await open(cms, 'rsa')), Buffer.from(CONTENT));
    await assert.rejects(buildEnveloped({ content: CONTENT, contentAlgorithm: name, recipients: [{ certificate: people.rsa.certificate }] }), UnsupportedError);
  });
}

test('names the old ciphers it refuses', () => {
  put('content', CONTENT);
  const refused = { '-des': /des-cbc/, '-rc2-40': /rc2-cbc of 40 bits/, '-rc2-64': /rc2-cbc of 64 bits/ };
  for (const [cipher, reason] of Object.entries(refused)) {
    assert.throws(() => parseEnveloped(encryptOld(cipher)), (error) => error instanceof UnsupportedError && reason.test(error.message));
  }
});

test('refuses to write to a certificate that does not allow it', async () => {
  const { certificate } = issue('signer', 'rsa', ['keyUsage=critical,digitalSignature']);
  await assert.rejects(buildEnveloped({ content: CONTENT, recipients: [{ certificate }] }), CertificateError);
  await assert.rejects(buildEnveloped({ content: CONTENT, recipients: [] }), EncodingError);
});

test('opens 25 MB in DER and in a stream', async () => {
  const large = new Uint8Array(25_000_000).fill(65);
  put('large', large);
  for (const form of [[], ['-stream']]) {
    openssl(['cms', '-encrypt', '-binary', '-in', 'large', '-aes256', '-outform', 'DER', ...form, '-out', 'large.p7m', 'rsa.pem']);
    assert.equal((await open(get('large.p7m'), 'rsa')).length, large.length);
  }
  const cms = await buildEnveloped({ content: large, recipients: [{ certificate: people.rsa.certificate }] });
  assert.equal((await open(cms, 'rsa')).length, large.length);
});
