import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { importDecryptionKey } from '../../../static/js/cms/decryption-key.js';
import { bitString, encode, explicit, implicit, integer, octetString, oid, sequence } from '../../../static/js/cms/der.js';
import { buildEnveloped, parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { ECDH_SCHEMES, KEY_ALGORITHM, KEY_WRAP_LENGTHS } from '../../../static/js/cms/oids.js';
import { names, parseRecipientInfo } from '../../../static/js/cms/recipients.js';
import { rejectionKey } from '../../../static/js/cms/rsa.js';
import { keyAgreement } from './key-agreement.js';
import { issue, issueX25519, openssl, put } from './openssl.js';

const CONTENT = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nCompte rendu.\r\n'.repeat(300));
put('content', CONTENT);
/** @type {Record<string, ReturnType<typeof issue>>} */
const people = { 'P-256': issue('p256', 'P-256'), 'P-384': issue('p384', 'P-384'), 'P-521': issue('p521', 'P-521') };
const keys = Object.fromEntries(await Promise.all(Object.entries(people).map(async ([curve, { pkcs8 }]) => [curve, await importDecryptionKey(pkcs8)])));

/** @param {Uint8Array} cms @param {string} curve */
async function open(cms, curve) {
  const { recipients, contentAlgorithm, decrypt } = parseEnveloped(cms);
  const recipient = recipients.find(({ rid }) => names(rid, people[curve].certificate));
  assert.ok(recipient);
  return decrypt(await keys[curve].unwrap(recipient, contentAlgorithm.keyLength));
}

for (const curve of Object.keys(people)) {
  for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
    for (const cofactor of ['0', '1']) {
      test(`reads ${curve}, ${cofactor === '1' ? 'cofactorDH' : 'stdDH'} with ${hash}, of OpenSSL [CO10]`, async () => {
        for (const cipher of ['-aes128', '-aes192', '-aes256']) {
          const cms = openssl(['cms', '-encrypt', '-binary', '-in', 'content', cipher, '-outform', 'DER', '-recip', `${people[curve].name}.pem`,
            '-keyopt', `ecdh_kdf_md:${hash}`, '-keyopt', `ecdh_cofactor_mode:${cofactor}`]);
          assert.deepEqual(Buffer.from(await open(cms, curve)), Buffer.from(CONTENT));
        }
      });
    }
  }
}

/** @param {Uint8Array} info @param {Buffer} identifier */
function recipientFor(info, identifier) {
  const found = parseRecipientInfo(info).find(({ rid }) => rid && 'subjectKeyIdentifier' in rid && identifier.equals(rid.subjectKeyIdentifier));
  assert.ok(found);
  return found;
}

for (const type of ['P-256', 'X25519']) {
  const ours = type === 'X25519' ? issueX25519('xavier') : people['P-256'];
  const recipient = createPublicKey(createPrivateKey({ key: Buffer.from(ours.pkcs8), format: 'der', type: 'pkcs8' }));
  for (const [scheme, { kdf, hash }] of Object.entries(ECDH_SCHEMES)) {
    test(`unwraps ${type}, ${kdf} ${hash} (${scheme}), each key wrap, with and without ukm, among several keys`, async () => {
      const privateKey = await importDecryptionKey(ours.pkcs8);
      for (const [wrap, ukm] of Object.keys(KEY_WRAP_LENGTHS).flatMap((each) => /** @type {const} */ ([[each, null], [each, randomBytes(20)], [each, Buffer.of()]]))) {
        const [key, other, identifier] = [randomBytes(32), randomBytes(20), randomBytes(20)];
        const info = await keyAgreement({ recipient, scheme, wrap, ukm, key, identifiers: [other, identifier] });
        assert.equal(parseRecipientInfo(info).length, 2);
        const found = recipientFor(info, identifier);
        assert.deepEqual(Buffer.from(await privateKey.unwrap(found, 32)), key);
        assert.notDeepEqual(Buffer.from(await privateKey.unwrap(recipientFor(info, other), 32)), key);
        const altered = { ...found, encryptedKey: found.encryptedKey.map((octet, i) => (i === 5 ? octet ^ 1 : octet)) };
        assert.deepEqual(await privateKey.unwrap(altered, 32), await rejectionKey(privateKey.secret, altered.encryptedKey, 32));
      }
    });
  }
}

test('writes for X25519 and reads it again', async () => {
  const xavier = issueX25519('xenia');
  const cms = await buildEnveloped({ content: CONTENT, recipients: [{ certificate: xavier.certificate }] });
  const { recipients: [recipient], decrypt } = parseEnveloped(cms);
  assert.equal(recipient.algorithm.ecdh?.curve, 'X25519');
  const cek = await (await importDecryptionKey(xavier.pkcs8)).unwrap(recipient, 32);
  assert.deepEqual(Buffer.from(await decrypt(cek)), Buffer.from(CONTENT));
});

test('gives nothing away to a point of small order or off the curve', async () => {
  const key = await importDecryptionKey(issueX25519('yann').pkcs8);
  const wrapAlgorithm = encode(sequence(oid('2.16.840.1.101.3.4.1.45')));
  const encryptedKey = randomBytes(40);
  const ask = async (/** @type {typeof key} */ holder, /** @type {string} */ curve, /** @type {Uint8Array} */ point) => holder.unwrap(/** @type {any} */ ({
    encryptedKey, algorithm: { name: 'ecdh', ecdh: { scheme: '1.3.132.1.11.1', wrapAlgorithm, wrapLength: 32, ukm: null, curve, point } },
  }), 32);
  for (const point of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(31)]) {
    assert.deepEqual(await ask(key, 'X25519', point), await rejectionKey(key.secret, encryptedKey, 32));
  }
  const nist = keys['P-256'];
  for (const point of [Uint8Array.of(4, ...randomBytes(64)), Uint8Array.of(0), new Uint8Array()]) {
    assert.deepEqual(await ask(nist, 'P-256', point), await rejectionKey(nist.secret, encryptedKey, 32));
  }
  assert.deepEqual(await ask(nist, 'P-384', new Uint8Array(97)), await rejectionKey(nist.secret, encryptedKey, 32));
});

test('says why a key agreement is not read', () => {
  const { certificate } = people['P-256'];
  const named = sequence(certificate.issuer.der, certificate.serialNumberDer);
  const wrapped = sequence(sequence(named, octetString(new Uint8Array(40))));
  const wrap = sequence(oid('2.16.840.1.101.3.4.1.45'));
  const ephemeral = implicit(1, sequence(oid(KEY_ALGORITHM.ecPublicKey)), bitString(new Uint8Array(65)));
  const reason = (/** @type {any} */ originator, /** @type {string} */ scheme, /** @type {any} */ wrapping) => {
    const [{ kind, algorithm }] = parseRecipientInfo(encode(implicit(1, integer(3), explicit(0, originator), sequence(oid(scheme), wrapping), wrapped)));
    assert.deepEqual([kind, algorithm.name], ['kari', 'unknown']);
    return algorithm.reason;
  };
  assert.equal(reason(named, '1.3.132.1.11.1', wrap), 'key agreement with a static key of the sender');
  assert.equal(reason(ephemeral, '1.3.132.1.15.1', wrap), 'key agreement scheme');
  assert.equal(reason(ephemeral, '1.3.132.1.11.1', sequence(oid('1.2.840.113549.1.9.16.3.7'))), 'key wrap'); // of RC2
});
