import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSigned } from '../../../static/js/cms/signed.js';
import { algorithmFor, importSigner } from '../../../static/js/cms/signature.js';
import { issue, openssl, put } from '../cms/openssl.js';
import { forge } from './forging.js';
import { TEXT, bytes, detached, encrypted, carrying, letter, message, multipart, open, opaque, seen, signaturePart } from './messages.js';
import { AT, alice, believing, bob, card, mallory, sign } from './people.js';

const ENTITY = letter();
issue('alice-rsa', 'rsa', ['subjectAltName=email:ALICE@pli.example']);

/** By several people, with OpenSSL. @param {string[]} names @param {...string} options */
function together(names, ...options) {
  put('entity', ENTITY);
  const signers = names.flatMap((name) => ['-signer', `${name}.pem`, '-inkey', `${name}.key`]);
  return new Uint8Array(openssl(['cms', '-sign', '-binary', '-in', 'entity', '-outform', 'DER', ...options, ...signers]));
}

/** @param {Uint8Array} signature @param {object} [reader] */
async function state(signature, reader = {}) {
  const { signature: judged } = await open(message(multipart('signed', ENTITY, signaturePart(signature))), reader);
  return `${judged.state} ${judged.reason}`;
}

test('two keys of one address count as one signer', async () => {
  assert.equal(await state(together(['alice', 'alice-rsa'])), 'S1b no-card');
});

test('two people are no signer, whatever each of them proves [N23]', async () => {
  assert.equal(await state(together(['alice', 'mallory'])), 'S5 several-signers');
  assert.equal(await state(together(['mallory', 'alice'])), 'S5 several-signers');
  assert.equal(await state(together(['alice', 'card'])), 'S5 several-signers');
});

test('one of two signatures broken, unchecked or without certificate: none [N23]', async () => {
  const both = together(['alice', 'alice-rsa']);
  const broken = forge(both, { signerInfos: ([first, second]) => [first, second.map((octet, i) => (i === second.length - 1 ? octet ^ 1 : octet))] });
  assert.equal(await state(broken), 'S5 signature-invalid');
  let asked = 0;
  const half = async (/** @type {any[]} */ items) => items.map(() => (asked++ === 0 ? { ok: true, revocation: 'good' } : { ok: false, error: 'certificate-untrusted' }));
  assert.equal(await state(both, { validate: half }), 'S5 several-signers');
  assert.equal(await state(together(['alice', 'alice-rsa'], '-nocerts')), 'S4 certificate-missing');
});

test('of several addresses in one certificate the signer has the one he wrote under', async () => {
  issue('alice-two', 'P-256', ['subjectAltName=email:office@pli.example,email:alice@pli.example']);
  const { signature, harvest } = await open(message(multipart('signed', ENTITY, signaturePart(together(['alice-two'])))));
  assert.deepEqual([signature.state, signature.signer?.address, harvest?.address], ['S1b', 'alice@pli.example', 'alice@pli.example']);
  assert.equal(await state(together(['alice', 'alice-two'])), 'S1b no-card');
});

test('a crowd of signers costs nothing', async () => {
  const both = together(['alice', 'alice-rsa']);
  const crowd = forge(both, { signerInfos: ([first]) => Array(40).fill(first) });
  const validate = () => { throw new Error('asked'); };
  assert.equal(await state(crowd, { validate }), 'S5 several-signers');
});

test('a signer who sent no certificate is found among those known for the address', async () => {
  const bare = together(['alice'], '-nocerts');
  assert.equal(await state(bare), 'S4 certificate-missing');
  /** @type {string[]} */
  const asked = [];
  const known = async (/** @type {string} */ address) => { asked.push(address); return [mallory.certificate.der, alice.certificate.der]; };
  assert.equal(await state(bare, { known }), 'S1b no-card');
  assert.deepEqual(asked, ['alice@pli.example']);
  assert.equal(await state(bare, { known: async () => [bytes('garbage'), mallory.certificate.der] }), 'S4 certificate-missing');
  assert.equal(await state(together(['alice']), { known: async () => { throw new Error('asked'); } }), 'S1b no-card');
});

test('Alice announces how to write to her; adopting it is for a person', async () => {
  const encryption = issue('alice-encryption', 'rsa', ['subjectAltName=email:alice@pli.example', 'keyUsage=critical,keyEncipherment']).certificate;
  const signature = await buildSigned({
    content: bytes(ENTITY), detached: true, certificate: alice.certificate, chain: [encryption.der, bob.certificate.der],
    sign: await importSigner(alice.pkcs8, algorithmFor(alice.certificate.publicKey)),
    signedAttributes: { signingTime: new Date(AT.getTime() - 120_000), capabilities: true, encryptionCertificate: encryption },
  });
  const { harvest } = await open(message(await detached(ENTITY, signature)));
  assert.deepEqual([harvest?.address, harvest?.proved], ['alice@pli.example', true]);
  assert.deepEqual([...(harvest?.certificate ?? [])], [...encryption.der]);
  assert.ok(harvest?.capabilities.includes('aes-256-gcm'));
  assert.equal(harvest?.chain.length, 2);
});

test('nothing is harvested from a signature that proves no address', async () => {
  const byMallory = await open(message(await detached(ENTITY, await sign(bytes(ENTITY), mallory))));
  assert.deepEqual([byMallory.signature.state, byMallory.harvest], ['S3', null]);
  const unchecked = await open(message(await detached(ENTITY)), { validate: null });
  assert.deepEqual([unchecked.signature.state, unchecked.harvest], ['S4', null]);
  const around = await open(message(await detached(carrying(await encrypted(TEXT)))));
  assert.equal(around.harvest, null);
});

test('a person who signs by card alone announces no address of his', async () => {
  const reader = { directory: async () => ({ rppsNumber: '99900001016' }) };
  const opened = await open(message(await detached(ENTITY, await sign(bytes(ENTITY), card))), reader);
  assert.deepEqual([opened.signature.state, opened.signature.reason, opened.harvest], ['S1', 'matched-by-directory', null]);
});

test('asks nobody about a message that nobody signed', async () => {
  const asked = () => { throw new Error('asked'); };
  const opened = await open(message(TEXT), { directory: asked, known: asked, validate: asked });
  assert.equal(seen(opened), 'S5 unsigned clear: bonjour');
});

test('a failing key agent is the caller’s trouble, even where the signature is bad', async () => {
  const gone = Object.assign(new Error('gone'), { code: 'bridge-lost' });
  const validate = async () => { throw gone; };
  await assert.rejects(open(message(carrying(await opaque(TEXT))), { validate }), gone);
  assert.equal((await open(message(await detached(TEXT, await sign(bytes('x'), alice))), { validate })).signature.reason, 'digest-mismatch');
  assert.ok(believing);
});
