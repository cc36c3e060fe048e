/** Form E2h: every condition of S1 by a message that misses it alone (DESIGN §6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, octetString, oid, sequence, setOf } from '../../../static/js/cms/der.js';
import { ATTRIBUTE, PLI_OID } from '../../../static/js/cms/oids.js';
import { openssl, put } from '../cms/openssl.js';
import { forge, signedAttributesOf } from './forging.js';
import { OUTER, TEXT, bytes, carrying, detached, encrypted, letter, message, multipart, open, signaturePart } from './messages.js';
import { AT, DOCTOR, alice, believing, card, mallory, sign, signE2h } from './people.js';

const ENTITY = letter();
const CONTENT = bytes(ENTITY);

/** @param {Uint8Array} signature @param {{entity?: string, outer?: string[], reader?: object}} [options] */
async function judge(signature, { entity = ENTITY, outer = OUTER, reader = {} } = {}) {
  const opened = await open(message(multipart('signed', entity, signaturePart(signature)), outer), reader);
  return opened.signature;
}

/** @param {Parameters<typeof judge>} given */
async function state(...given) {
  const { state: found, reason } = await judge(...given);
  return `${found} ${reason}`;
}

/** By OpenSSL, without signingCertificateV2. @param {...string} names of signers */
function bySslOnly(...names) {
  put('content', CONTENT);
  const signers = names.flatMap((name) => ['-signer', `${name}.pem`, '-inkey', `${name}.key`]);
  return new Uint8Array(openssl(['cms', '-sign', '-binary', '-in', 'content', '-outform', 'DER', ...signers]));
}

test('with every condition met: S1, and the details of both signatures', async () => {
  const { state: found, signer, details, card: part } = await judge(await signE2h(CONTENT));
  assert.equal(found, 'S1');
  assert.deepEqual([signer?.idValue, signer?.name, signer?.profession, signer?.address], [DOCTOR.idValue, DOCTOR.name, DOCTOR.profession, 'alice@pli.example']);
  assert.deepEqual([details?.algorithm, details?.digest, details?.revocation, details?.authority], ['ECDSA P-256', 'SHA-256', 'good', 'Opérateur']);
  assert.deepEqual([part?.algorithm, part?.revocation, part?.authority], ['RSA 2048', 'good', 'Santé']);
  assert.deepEqual([...(part?.certificate ?? [])], [...card.certificate.der]);
  assert.equal(details?.signedAt, new Date(Math.floor((AT.getTime() - 120_000) / 1000) * 1000).toISOString());
});

test('without a card part: S1b, and no card to tell of', async () => {
  const { reason, card: part, state: found } = await judge(await sign(CONTENT, alice));
  assert.deepEqual([found, reason, part], ['S1b', 'no-card', null]);
});

test('the card part stripped: S5', async () => {
  const type = encode(oid(PLI_OID.cardSignature)).toString();
  const stripped = forge(await signE2h(CONTENT), {
    signedAttrs: (attributes) => attributes.filter((each) => !each.toString().includes(type)),
  });
  assert.equal(await state(stripped), 'S5 signature-invalid');
});

test('the card part moved among the unsigned attributes: not looked at', async () => {
  const attribute = encode(sequence(oid(PLI_OID.cardSignature), setOf([await sign(CONTENT, card)])));
  assert.equal(await state(forge(await sign(CONTENT, alice), { unsignedAttrs: [attribute] })), 'S1b no-card');
});

test('the card part corrupted: S1b, told apart from no card', async () => {
  const part = await sign(CONTENT, card);
  part[part.length - 1] ^= 1;
  const { state: found, reason, card: details } = await judge(await signE2h(CONTENT, [part]));
  assert.deepEqual([found, reason, details], ['S1b', 'card-signature-invalid', null]);
});

test('the card part of another content', async () => {
  assert.equal(await state(await signE2h(CONTENT, [await sign(bytes('another'), card)])), 'S1b card-signature-invalid');
});

test('the card part replayed by another mailbox under its own From [N32]', async () => {
  const extra = [{ type: PLI_OID.cardSignature, values: [await sign(CONTENT, card)] }];
  const replayed = await sign(CONTENT, mallory, { signingTime: new Date(AT.getTime() - 120_000), extra });
  assert.equal(await state(replayed, { outer: ['From: mallory@pli.example', ...OUTER.slice(1)] }), 'S3 from-mismatch');
});

test('the whole message replayed under another outer From [N32]', async () => {
  assert.equal(await state(await signE2h(CONTENT), { outer: ['From: mallory@pli.example', ...OUTER.slice(1)] }), 'S3 outer-from-differs');
});

test('From inside is not the outer one, and nobody is answered whom delivery did not see [N33]', async () => {
  const entity = letter({ from: 'President <president@elysee.example>' });
  const opened = await open(message(await detached(entity, await signE2h(bytes(entity)))));
  assert.deepEqual([opened.signature.state, opened.signature.reason], ['S3', 'from-mismatch']);
  assert.deepEqual(opened.from, [{ name: '', address: 'alice@pli.example' }]);
});

test('two card parts, as two values or as two attributes: S5 [N24]', async () => {
  const part = await sign(CONTENT, card);
  assert.equal(await state(await signE2h(CONTENT, [part, part])), 'S5 attributes-refused');
  const attribute = { type: PLI_OID.cardSignature, values: [part] };
  const twice = await sign(CONTENT, alice, { signingTime: AT, extra: [attribute, { ...attribute, values: [await sign(CONTENT, card)] }] });
  assert.equal(await state(twice), 'S5 attributes-refused');
});

test('a card part of two signers', async () => {
  assert.equal(await state(await signE2h(CONTENT, [bySslOnly('card', 'mallory')])), 'S1b card-signature-invalid');
});

test('a card part with its content enclosed', async () => {
  put('content', CONTENT);
  const enclosed = new Uint8Array(openssl(['cms', '-sign', '-binary', '-nodetach', '-cades', '-in', 'content', '-outform', 'DER', '-signer', 'card.pem', '-inkey', 'card.key']));
  assert.equal(await state(await signE2h(CONTENT, [enclosed])), 'S1b card-signature-invalid');
});

test('a card part without signingCertificateV2', async () => {
  assert.equal(await state(await signE2h(CONTENT, [bySslOnly('card')])), 'S1b card-signature-invalid');
});

test('a key that was not made to sign for its holder (no nonRepudiation)', async () => {
  assert.equal(await state(await signE2h(CONTENT, [await sign(CONTENT, mallory)])), 'S1b card-signature-invalid');
});

for (const error of ['certificate-untrusted', 'certificate-expired', 'certificate-not-yet-valid', 'certificate-revoked', 'revocation-unknown', 'wrong-key-usage']) {
  test(`a card whose path says ${error}`, async () => {
    const { state: found, reason, card: part } = await judge(await signE2h(CONTENT), { reader: { validate: believing({ 'card-signature': error }) } });
    assert.deepEqual([found, reason], ['S1b', `card-${error}`]);
    if (error === 'certificate-revoked') assert.equal(part?.revocation, 'revoked');
    if (error === 'revocation-unknown') assert.equal(part?.revocation, 'unknown');
  });
}

test('a card that names nobody', async () => {
  const validate = async (/** @type {any[]} */ items) => items.map(({ purpose }) => (purpose === 'card-signature' ? { ok: true, revocation: 'good' } : { ok: true }));
  assert.equal(await state(await signE2h(CONTENT), { reader: { validate } }), 'S1b card-certificate-untrusted');
});

test('header fields that the signature does not cover, or covers twice', async () => {
  const unprotected = letter({ hp: 'x=y' });
  assert.equal(await state(await signE2h(bytes(unprotected)), { entity: unprotected }), 'S1b headers-unprotected');
  for (const more of [['Subject: another'], ['To: eve@pli.example'], ['Date: Mon, 23 Nov 2026 22:00:00 +0000']]) {
    const doubled = letter({ more });
    assert.equal(await state(await signE2h(bytes(doubled)), { entity: doubled }), 'S1b headers-unprotected');
  }
  const hostile = letter({ more: ['From: eve@pli.example'] });
  assert.equal(await state(await signE2h(bytes(hostile)), { entity: hostile }), 'S3 from-hostile');
});

test('a card of somebody else than the directory names for the address: S3', async () => {
  const reader = { directory: async () => ({ rppsNumber: '99900002022' }) };
  assert.equal(await state(await signE2h(CONTENT), { reader }), 'S3 directory-differs');
  assert.equal(await state(await signE2h(CONTENT), { reader: { directory: async () => ({ rppsNumber: DOCTOR.idValue }) } }), 'S1 signed-by-card');
});

test('is judged when it was signed, and no later than it was received', async () => {
  /** @type {any[]} */
  const asked = [];
  const validate = async (/** @type {any[]} */ items) => { asked.push(items); return believing()?.(items) ?? []; };
  await judge(await signE2h(CONTENT), { reader: { validate } });
  assert.equal(asked.length, 1, 'one question for all certificates');
  assert.deepEqual(asked[0].map((/** @type {any} */ { purpose }) => purpose), ['message-signature', 'card-signature', 'card-signature']);
  const signedAt = new Date(AT.getTime() - 120_000).toISOString().replace(/\.\d+Z/, 'Z');
  assert.deepEqual(asked[0].map((/** @type {any} */ { at }) => at), [signedAt, signedAt, signedAt]);
  const future = await sign(CONTENT, alice, { signingTime: new Date(AT.getTime() + 1e9) });
  await judge(future, { reader: { validate } });
  assert.equal(asked[1][0].at, AT.toISOString().replace(/\.\d+Z/, 'Z'));
});

test('every certificate is asked about with what the directory relays of the sender’s revocation', async () => {
  /** @type {any[]} */
  const asked = [];
  const validate = async (/** @type {any[]} */ items) => { asked.push(...items); return believing()?.(items) ?? []; };
  const ocsps = [Uint8Array.of(0x30, 0)];
  const directory = async () => ({ rppsNumber: DOCTOR.idValue, ocsps });
  assert.equal(await state(await signE2h(CONTENT), { reader: { validate, directory } }), 'S1 signed-by-card');
  assert.deepEqual(asked.map((item) => item.ocsps), [ocsps, ocsps, ocsps]);
});

test('the signed attributes of a message as the content of another: S5 [N21]', async () => {
  const genuine = await sign(CONTENT, alice);
  const forged = forge(genuine, { signedAttrs: () => null });
  const content = signedAttributesOf(genuine);
  const opened = await open(message(multipart('signed', content, signaturePart(forged))));
  assert.deepEqual([opened.signature.state, opened.signature.reason, opened.signature.intact], ['S5', 'attributes-refused', false]);
});

test('no signed attributes with id-data: S5 [N22]', async () => {
  put('content', CONTENT);
  const bare = new Uint8Array(openssl(['cms', '-sign', '-binary', '-noattr', '-in', 'content', '-outform', 'DER', '-signer', 'alice.pem', '-inkey', 'alice.key']));
  assert.equal(await state(bare), 'S5 attributes-refused');
});

test('messageDigest given twice: S5 [N24]', async () => {
  const digest = encode(sequence(oid(ATTRIBUTE.messageDigest), setOf([encode(octetString(new Uint8Array(32)))])));
  assert.equal(await state(forge(await sign(CONTENT, alice), { signedAttrs: (attributes) => [...attributes, digest] })), 'S5 attributes-refused');
});

test('an encrypted letter keeps its state', async () => {
  const opened = await open(message(carrying(await encrypted(await detached(ENTITY, await signE2h(CONTENT)), 'aes-256-cbc'))));
  assert.deepEqual([opened.signature.state, opened.encrypted, opened.subject, opened.notices], ['S1', true, 'secret', []]);
});

test('the card part over a text without protected fields names nobody under a From of another [N32]', async () => {
  const text = bytes(TEXT);
  const extra = [{ type: PLI_OID.cardSignature, values: [await sign(text, card)] }];
  const replayed = await sign(text, mallory, { signingTime: new Date(AT.getTime() - 120_000), extra });
  const given = { entity: TEXT, outer: ['From: mallory@pli.example', ...OUTER.slice(1)] };
  const unlinked = await judge(replayed, given);
  assert.deepEqual([unlinked.state, unlinked.reason, unlinked.signer?.name, unlinked.signer?.idValue], ['S1b', 'headers-unprotected', 'mallory', '']);
  const linked = await judge(replayed, { ...given, reader: { directory: async () => ({ rppsNumber: DOCTOR.idValue }) } });
  assert.deepEqual([linked.state, linked.signer?.name], ['S1b', DOCTOR.name], 'whom the directory names for the address');
  const another = { directory: async () => ({ rppsNumber: '99900001024' }) };
  assert.equal(await state(replayed, { ...given, reader: another }), 'S3 directory-differs');
});
