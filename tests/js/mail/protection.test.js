import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { wrapWire } from '../../../static/js/mail/compose.js';
import { protectionOf } from '../../../static/js/mail/protection.js';
import { decodeBase64 } from '../../../static/js/mime/transfer.js';
import { splitMime } from '../../../static/js/mime/split.js';
import { issue, openssl, put } from '../cms/openssl.js';

const rsa = issue('rsa-reader', 'rsa');
const ec = issue('ec-reader', 'P-384', ['keyUsage=critical,keyAgreement']);
const ENTITY = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nBonjour\r\n');
const GCM = 'aes-256-gcm';

/** @param {any} members @param {typeof rsa} [who] */
const key = (members, who = rsa) => ({ certificate: who.certificate.der, internal: false, capabilities: [], ...members });

/** @param {ReturnType<typeof key>[]} keys @returns {Promise<[string, ...string[]]>} content cipher, then key algorithms */
async function written(keys) {
  const part = splitMime(await wrapWire(ENTITY, ['From: a@b.example'], keys));
  const { contentAlgorithm, recipients } = parseEnveloped(/** @type {any} */ (decodeBase64(part.body)));
  return [contentAlgorithm.name, ...recipients.map(({ algorithm }) => algorithm.name)];
}

/** @type {[string, any[], string[]][]} */
const CASES = [
  ['inside Pli', [key({ internal: true }), key({ internal: true }, ec)], [GCM, 'rsa-oaep', 'ecdh']],
  ['an outsider of whom nothing is known', [key({})], ['aes-256-cbc', 'rsa-pkcs1']],
  ['an outsider who announced GCM alone', [key({ capabilities: [GCM] })], [GCM, 'rsa-pkcs1']],
  ['an outsider who announced GCM and OAEP', [key({ capabilities: [GCM, 'rsa-oaep'] })], [GCM, 'rsa-oaep']],
  ['AES-128-GCM is not AES-256-GCM', [key({ capabilities: ['aes-128-gcm', 'rsa-oaep'] })], ['aes-256-cbc', 'rsa-oaep']],
  ['one who reads the classic form decides for all of one CMS', [key({ internal: true }), key({})], ['aes-256-cbc', 'rsa-pkcs1', 'rsa-oaep']],
  ['an outsider on a curve', [key({}, ec)], ['aes-256-cbc', 'ecdh']],
];
for (const [name, keys, expected] of CASES) {
  test(`${name}: ${expected.join(', ')}`, async () => assert.deepEqual(await written(keys), expected));
}

test('OpenSSL opens one CMS with keys by OAEP, by v1.5 and by ECDH, each reader with his own', async () => {
  put('mixed.eml', await wrapWire(ENTITY, ['From: a@b.example'], [key({ internal: true }, ec), key({})]));
  for (const who of ['rsa-reader', 'ec-reader']) {
    const opened = openssl(['cms', '-decrypt', '-binary', '-in', 'mixed.eml', '-recip', `${who}.pem`, '-inkey', `${who}.key`]);
    assert.match(opened.toString(), /Bonjour/);
  }
});

test('the composer is told the weakest form, and of each recipient why', () => {
  const one = (/** @type {string} */ address, /** @type {any} */ members) => ({ address, key: key(members) });
  const bob = one('bob@pli.example', { internal: true });
  const emma = one('emma@recent.example', { capabilities: [GCM] });
  const denis = one('denis@old.example', {});
  assert.deepEqual(protectionOf([bob]), { cipher: GCM, reason: 'pli', perRecipient: [{ address: bob.address, cipher: GCM, keyTransport: 'rsa-oaep', reason: 'pli' }] });
  assert.equal(protectionOf([bob, emma]).reason, 'announced');
  const mixed = protectionOf([bob, emma, denis]);
  assert.deepEqual([mixed.cipher, mixed.reason], ['aes-256-cbc', 'classic']);
  assert.deepEqual(mixed.perRecipient.map(({ cipher, reason }) => [cipher, reason]), [['aes-256-cbc', 'pli'], ['aes-256-cbc', 'announced'], ['aes-256-cbc', 'classic']]);
});

test('a hidden recipient of the classic form weakens nobody else’s copy', () => {
  const { cipher, reason, perRecipient } = protectionOf([{ address: 'bob@pli.example', key: key({ internal: true }) }], [{ address: 'denis@old.example', key: key({}) }]);
  assert.deepEqual([cipher, reason], ['aes-256-cbc', 'classic']);
  assert.deepEqual(Object.fromEntries(perRecipient.map((one) => [one.address, one.cipher])), { 'bob@pli.example': GCM, 'denis@old.example': 'aes-256-cbc' });
});

test('who stands in To and in Bcc counts once, with the copy that everybody gets', () => {
  const denis = { address: 'denis@old.example', key: key({ capabilities: [GCM] }) };
  const { perRecipient } = protectionOf([denis, { address: 'fanny@old.example', key: key({}) }], [{ ...denis, address: 'Denis@old.example' }]);
  assert.deepEqual(perRecipient.map(({ cipher }) => cipher), ['aes-256-cbc', 'aes-256-cbc']);
});
