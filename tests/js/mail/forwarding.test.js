/** A message passed on whole: without the layer that only we open, with what its sender signed to the octet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { parseRecipientInfo } from '../../../static/js/cms/recipients.js';
import { seal } from '../../../static/js/cms/seal.js';
import { composePayload } from '../../../static/js/mail/compose.js';
import { originalOf } from '../../../static/js/mail/forwarding.js';
import { openMessage } from '../../../static/js/mail/open.js';
import { concat, utf8 } from '../../../static/js/mime/bytes.js';
import { attachmentEntity, serialise } from '../../../static/js/mime/build.js';
import { splitMime } from '../../../static/js/mime/split.js';
import { openssl, put } from '../cms/openssl.js';
import { AT, alice, believing, bob, sign } from './people.js';
import { TEXT, carrying, detached, encrypted, letter, message, opaque } from './messages.js';

const HEADS = {
  from: [{ name: 'Alice', address: 'alice@pli.example' }], to: [{ name: 'Bob', address: 'bob@pli.example' }], cc: [], subject: 'Résultats',
  date: '2026-11-21T22:00:00Z', messageId: '<1@pli.example>',
};
/** Bob's mailbox: seals of this server by key identifier, letters by serial number. @type {any} */
const mailbox = {
  epoch: 1, packs: { row: () => undefined }, certificates: [{ epoch: 1, certificate: bob.certificate.der }],
  unwrap: async (/** @type {string} */ _class, /** @type {any[]} */ items) => items.map(({ recipientInfo }) => unwrapped(parseRecipientInfo(recipientInfo)[0])),
};

/** @param {import('../../../static/js/cms/recipients.js').Recipient} recipient */
function unwrapped({ algorithm: { name, oaep }, encryptedKey }) {
  const label = oaep?.label.length ? ['-pkeyopt', `rsa_oaep_label:${Buffer.from(oaep.label).toString('hex')}`] : [];
  const options = name === 'rsa-oaep' ? ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha256', ...label] : [];
  return new Uint8Array(openssl(['pkeyutl', '-decrypt', '-inkey', 'bob.key', ...options], encryptedKey));
}

/** @param {Uint8Array} stored as delivered @param {any} [heads] @returns {Promise<Uint8Array>} */
async function original(stored, heads = HEADS) {
  const bytes = /** @type {any} */ (await seal(stored, parseCertificate(bob.certificate.der), 'pli-message'));
  return originalOf(mailbox, { id: 'm1', bytes, epoch: 1 }, heads);
}

const asText = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('latin1');
/** As whoever gets it reads it, who has none of our keys. @param {Uint8Array} bytes */
const read = (bytes) => openMessage(bytes, { validate: believing(), unwrap: async () => null, at: AT });

test('what nobody encrypted is passed on to the octet', async () => {
  for (const entity of [TEXT, await detached(TEXT), carrying(await opaque(TEXT))]) {
    const stored = message(entity);
    assert.deepEqual(Buffer.from(await original(stored)), Buffer.from(stored));
  }
});

test('what was signed and encrypted is passed on signed, under the fields that were shown', async () => {
  const signed = await detached(letter());
  const whole = await original(message(carrying(await encrypted(signed))));
  assert.ok(asText(whole).endsWith(asText(signed)));
  assert.match(asText(whole), /^From: Alice <alice@pli\.example>\r\nTo: Bob <bob@pli\.example>\r\nSubject: =\?utf-8\?B\?/);
  assert.equal(asText(whole).match(/^MIME-Version/gm)?.length, 1);
  const { signature, text, subject } = await read(whole);
  assert.deepEqual([signature.state, signature.intact, text, subject], ['S1b', true, 'bonjour', 'secret']);
});

test('OpenSSL verifies the signature of what is passed on', async () => {
  const whole = await original(message(carrying(await encrypted(await detached(letter())))));
  const file = put('passed-on.eml', whole);
  const content = openssl(['cms', '-verify', '-in', file, '-noverify', '-certfile', 'alice.pem'], new Uint8Array());
  assert.match(asText(content), /bonjour/);
});

test('an opaque signature, a bare one and a text without fields become a message, too', async () => {
  const cases = /** @type {[Uint8Array, string][]} */ ([
    [await encrypted(carrying(await opaque(TEXT))), 'bonjour'], [await encrypted(await opaque(TEXT)), 'bonjour'], [await encrypted('sans en-tête'), 'sans en-tête'],
  ]);
  for (const [cms, words] of cases) {
    const { text, from } = await read(await original(message(carrying(cms))));
    assert.deepEqual([text.trim(), from[0].address], [words, 'alice@pli.example']);
  }
});

test('of a triple wrapped message the innermost signature goes along', async () => {
  const inner = await detached(letter());
  const whole = await original(message(await detached(carrying(await encrypted(inner)))));
  assert.ok(asText(whole).endsWith(asText(inner)));
});

test('an entity that brings its own From gets no second one', async () => {
  const whole = await original(message(carrying(await encrypted(letter()))));
  assert.equal(asText(whole).match(/^From:/gm)?.length, 1);
});

test('addresses that no field can hold are left out of the fields', async () => {
  const heads = { ...HEADS, to: [{ name: '', address: 'evil\r\nBcc: x@y.example' }, HEADS.to[0]] };
  const whole = asText(await original(message(carrying(await encrypted(await detached(TEXT)))), heads));
  assert.match(whole, /^To: Bob <bob@pli\.example>\r$/m);
  assert.doesNotMatch(whole, /^Bcc/m);
});

test('what was encrypted to somebody else is not passed on', async () => {
  const stored = message(carrying(await encrypted(TEXT)));
  const strange = { ...mailbox, certificates: [{ epoch: 1, certificate: alice.certificate.der }] };
  const bytes = /** @type {any} */ (await seal(stored, parseCertificate(bob.certificate.der), 'pli-message'));
  await assert.rejects(originalOf(strange, { id: 'm1', bytes, epoch: 1 }, HEADS), { code: 'decrypt-failed' });
});

test('a large message is passed on as it came', async () => {
  const stored = message(`${TEXT}\r\n${`${'x'.repeat(76)}\r\n`.repeat(20_000)}`);
  assert.deepEqual(Buffer.from(await original(stored)), Buffer.from(stored));
});

test('in the new letter it is a message of its own, to the octet, with a state of its own', async () => {
  const whole = await original(message(carrying(await encrypted(await detached(letter())))));
  const composition = composePayload({
    from: { name: 'Bob', address: 'bob@pli.example' }, to: [{ name: '', address: 'alice@pli.example' }], subject: 'Fwd: Résultats', text: 'Voir ci-joint.',
    attachments: [{ filename: 'Résultats.eml', type: 'message/rfc822', bytes: whole }],
  });
  const signature = await sign(composition.payload, bob);
  const outer = await read(composition.sentCopy(signature));
  const [attachment] = outer.attachments;
  assert.deepEqual([outer.text.trim(), attachment.type, attachment.opens, attachment.filename], ['Voir ci-joint.', 'message/rfc822', 'message', 'Résultats.eml']);
  assert.deepEqual(Buffer.from(attachment.bytes), Buffer.from(whole));
  assert.equal((await read(attachment.bytes)).signature.state, 'S1b');
});

test('lines that mail does not carry travel as a file', () => {
  const entity = (/** @type {Uint8Array} */ bytes) => splitMime(serialise(attachmentEntity({ filename: 'a.eml', type: 'message/rfc822', bytes })));
  const head = utf8('Subject: a\r\n\r\n');
  for (const body of ['é', 'a\nb', 'a\rb', 'a\0b', 'x'.repeat(999)]) {
    const part = entity(concat([head, utf8(body)]));
    assert.deepEqual([part.type, part.encoding, Buffer.from(part.decodedBody())], ['application/octet-stream', 'base64', Buffer.from(concat([head, utf8(body)]))]);
  }
  for (const body of ['', 'a', 'a\r\n\r\nb\r\n', `${'x'.repeat(998)}\r\n${'x'.repeat(998)}`]) {
    const part = entity(concat([head, utf8(body)]));
    assert.deepEqual([part.type, part.encoding, Buffer.from(part.body)], ['message/rfc822', '7bit', Buffer.from(concat([head, utf8(body)]))]);
  }
});
