import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CERTIFICATE_LIMITS, parseBer } from '../../../static/js/cms/ber.js';
import { importDecryptionKey } from '../../../static/js/cms/decryption-key.js';
import { buildEnveloped, parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { EncodingError } from '../../../static/js/cms/errors.js';
import { fromHex } from '../../../static/js/cms/octets.js';
import { unwrapPassword } from '../../../static/js/cms/password.js';
import { names, parseRecipientInfo } from '../../../static/js/cms/recipients.js';
import { parseSigned, signerCertificate, verifySigner } from '../../../static/js/cms/signed.js';
import { issue, openssl, put } from './openssl.js';
import { toBer } from './to-ber.js';

const CONTENT = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nBonjour.\r\n'.repeat(40));
put('content', CONTENT);
/** @type {Record<string, ReturnType<typeof issue>>} */
const people = { alice: issue('alice', 'rsa'), bob: issue('bob', 'P-256') };

/** @type {Record<string, {person: string, options: string[]}>} */
const ENVELOPED = {
  'v1.5 and CBC': { person: 'alice', options: ['-aes128'] },
  'v1.5 by key identifier': { person: 'alice', options: ['-aes256', '-keyid'] },
  'OAEP with a label, and GCM': { person: 'alice', options: ['-aes-256-gcm', '-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_oaep_label:706c69'] },
  'ECDH and CBC': { person: 'bob', options: ['-aes256'] },
  '3DES': { person: 'alice', options: ['-des3'] },
  'RC2': { person: 'alice', options: ['-rc2-128', '-provider', 'legacy', '-provider', 'default'] },
};

for (const [name, { person, options }] of Object.entries(ENVELOPED)) {
  test(`opens ${name} in the most awkward BER`, async () => {
    const recipient = options.includes('-keyid') ? ['-recip', `${person}.pem`] : [`${person}.pem`];
    const { keyopts, others } = splitKeyOptions(options);
    const target = keyopts.length ? ['-recip', `${person}.pem`, ...keyopts] : recipient;
    const cms = toBer(new Uint8Array(openssl(['cms', '-encrypt', '-binary', '-in', 'content', '-outform', 'DER', ...others, ...target])));
    const { certificate, pkcs8 } = people[person];
    const { recipients, contentAlgorithm, decrypt } = parseEnveloped(cms);
    const found = recipients.find(({ rid }) => names(rid, certificate));
    assert.ok(found);
    const key = await importDecryptionKey(pkcs8);
    assert.deepEqual(Buffer.from(await decrypt(await key.unwrap(found, contentAlgorithm.keyLength))), Buffer.from(CONTENT));
    // What goes to a bridge is the RecipientInfo alone.
    const [again] = parseRecipientInfo(found.der);
    assert.deepEqual(await key.unwrap(again, contentAlgorithm.keyLength), await key.unwrap(found, contentAlgorithm.keyLength));
  });
}

/** @param {string[]} options */
function splitKeyOptions(options) {
  const at = options.indexOf('-keyopt');
  return at < 0 ? { others: options, keyopts: [] } : { others: options.slice(0, at), keyopts: options.slice(at) };
}

test('opens with a password, and with authenticated attributes, in the most awkward BER', async () => {
  const cms = toBer(new Uint8Array(openssl(['cms', '-encrypt', '-binary', '-in', 'content', '-aes256', '-outform', 'DER', '-pwri_password', 'secret'])));
  const { recipients: [recipient], decrypt } = parseEnveloped(cms);
  assert.deepEqual(Buffer.from(await decrypt(await unwrapPassword(recipient, 'secret', 32))), Buffer.from(CONTENT));
  const { certificate, pkcs8 } = people.alice;
  const authAttrs = [{ type: '1.2.3.5', values: [Uint8Array.of(4, 3, 1, 2, 3)] }, { type: '1.2.3.4', values: [Uint8Array.of(5, 0)] }];
  const sealed = parseEnveloped(toBer(await buildEnveloped({ content: CONTENT, contentAlgorithm: 'aes-256-gcm', recipients: [{ certificate }], authAttrs })));
  const cek = await (await importDecryptionKey(pkcs8)).unwrap(sealed.recipients[0], 32);
  assert.deepEqual(Buffer.from(await sealed.decrypt(cek)), Buffer.from(CONTENT));
});

for (const [person, options] of Object.entries({ alice: ['-cades'], bob: ['-keyid'] })) {
  test(`verifies a signature of ${person} in the most awkward BER`, async () => {
    const cms = openssl(['cms', '-sign', '-binary', '-nodetach', '-in', 'content', '-outform', 'DER', '-signer', `${person}.pem`, '-inkey', `${person}.key`, ...options]);
    const signed = parseSigned(toBer(new Uint8Array(cms), [people[person].certificate.der]));
    assert.deepEqual(Buffer.from(signed.content ?? []), Buffer.from(CONTENT));
    const certificate = signerCertificate(signed, signed.signers[0]);
    assert.ok(certificate);
    await verifySigner(signed, signed.signers[0], null, certificate);
  });
}

test('reads no OCTET STRING in segments where DER is the rule', () => {
  assert.throws(() => parseBer(fromHex('2405040300ff00'), CERTIFICATE_LIMITS), EncodingError);
});
