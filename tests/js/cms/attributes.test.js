import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAttributes, readCapabilities, readEncryptionPreference } from '../../../static/js/cms/attributes.js';
import { parseBer } from '../../../static/js/cms/ber.js';
import { encode, implicit, implicitPrimitive, integer, octetString, oid, sequence, setOf } from '../../../static/js/cms/der.js';
import { ATTRIBUTE, CAPABILITIES } from '../../../static/js/cms/oids.js';
import { importSigner } from '../../../static/js/cms/signature.js';
import { buildSigned, parseSigned } from '../../../static/js/cms/signed.js';
import { issue, openssl, put } from './openssl.js';

/** @typedef {import('../../../static/js/cms/der.js').Part} Part */

const alice = issue('alice', 'rsa');
const bob = issue('bob', 'P-256');
put('content', 'Bonjour');

/** @param {string} type @param {Part} value */
const attributesOf = (type, value) => readAttributes(parseBer(encode(setOf([sequence(oid(type), setOf([value]))]))));

/** @param {...string} announced OIDs */
const announcing = (...announced) => readCapabilities(attributesOf(ATTRIBUTE.smimeCapabilities, sequence(...announced.map((each) => sequence(oid(each))))));

test('announces what it reads, and reads what it announces', async () => {
  const cms = await buildSigned({
    content: new Uint8Array(9), certificate: bob.certificate, chain: [alice.certificate.der], sign: await importSigner(bob.pkcs8, 'ecdsa-sha256'),
    signedAttributes: { capabilities: true, encryptionCertificate: alice.certificate },
  });
  const [{ attributes }] = parseSigned(cms).signers;
  assert.deepEqual(readCapabilities(attributes), Object.keys(CAPABILITIES));
  assert.equal(readEncryptionPreference(attributes, [bob.certificate, alice.certificate]), alice.certificate);
  assert.equal(readEncryptionPreference(attributes, [bob.certificate]), null);
});

test('reads what OpenSSL announces', () => {
  const cms = openssl(['cms', '-sign', '-binary', '-in', 'content', '-outform', 'DER', '-signer', 'alice.pem', '-inkey', 'alice.key']);
  const [{ attributes }] = parseSigned(cms).signers;
  assert.deepEqual(readCapabilities(attributes), ['aes-256-cbc', 'aes-128-cbc']);
  assert.equal(readEncryptionPreference(attributes, [alice.certificate]), null);
});

test('keeps the order of the signer, each name once, and passes over what nobody knows', () => {
  const [gcm] = CAPABILITIES['aes-128-gcm'];
  assert.deepEqual(announcing('1.2.3', gcm, CAPABILITIES.ecdh[1], '1.2.840.113549.3.7', CAPABILITIES.ecdh[0], gcm), ['aes-128-gcm', 'ecdh']);
  assert.deepEqual(announcing(), []);
  assert.deepEqual(readCapabilities(new Map()), []);
});

test('takes what is written wrong as nothing said', () => {
  for (const value of [integer(5), sequence(integer(5)), sequence(sequence()), octetString(new Uint8Array(3))]) {
    assert.deepEqual(readCapabilities(attributesOf(ATTRIBUTE.smimeCapabilities, value)), []);
    assert.equal(readEncryptionPreference(attributesOf(ATTRIBUTE.encrypKeyPref, value), [alice.certificate, bob.certificate]), null);
  }
});

test('finds the preferred certificate by each of its three names', () => {
  const { issuer, serialNumberDer, subjectKeyIdentifier } = bob.certificate;
  assert.ok(subjectKeyIdentifier);
  const choices = [implicit(0, issuer.der, serialNumberDer), implicit(1, octetString(subjectKeyIdentifier)), implicitPrimitive(2, subjectKeyIdentifier)];
  for (const choice of choices) {
    assert.equal(readEncryptionPreference(attributesOf(ATTRIBUTE.encrypKeyPref, choice), [alice.certificate, bob.certificate]), bob.certificate);
  }
});
