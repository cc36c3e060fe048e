import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ComposeError, composePayload, wrapWire } from '../../../static/js/mail/compose.js';
import { openMessage } from '../../../static/js/mail/open.js';
import { splitMime } from '../../../static/js/mime/split.js';
import { decodeQuotedPrintable } from '../../../static/js/mime/transfer.js';
import { openssl, put } from '../cms/openssl.js';
import { AT, alice, believing, bob, signE2h, unwrapForBob } from './people.js';

const SECRET = 'Bilan de Mme Emma';
const LETTER = {
  from: { name: 'Dr Alice Martin', address: 'alice@pli.example' },
  to: [{ name: 'Bob Lefèvre', address: 'bob@pli.example' }],
  cc: [{ name: 'Chloé', address: 'chloe@pli.example' }],
  bcc: [{ name: 'Denis Caché', address: 'denis@partner.example' }, { name: '', address: 'BOB@pli.example' }],
  subject: SECRET, text: 'Bonjour,\nvoici é.', date: new Date(AT.getTime() - 120_000),
  attachments: [{ filename: 'analyse de Emma.pdf', type: 'application/pdf', bytes: Uint8Array.of(1, 2, 3) }],
  inReplyTo: '<1@x>', references: '<0@x> <1@x>',
};
const READER = { unwrap: unwrapForBob, validate: believing(), ownAddress: 'bob@pli.example', at: AT };
/** @param {Uint8Array} bytes */
const text = (bytes) => new TextDecoder().decode(bytes);

/** @param {boolean} internal */
async function wire(internal) {
  const composition = composePayload(LETTER);
  const wires = composition.wires(await signE2h(composition.payload));
  return { composition, wires, bytes: await wrapWire(wires[0].entity, wires[0].outer, [{ certificate: bob.certificate.der, internal }]) };
}

for (const internal of [true, false]) {
  test(`opens what it wrote as S1, ${internal ? 'GCM and OAEP inside Pli' : 'CBC and v1.5 for an outsider'} [CO6]`, async () => {
    const { composition, bytes } = await wire(internal);
    const opened = await openMessage(bytes, READER);
    assert.equal(opened.signature.state, 'S1');
    assert.equal(opened.signature.signer?.idValue, '99900001016');
    assert.equal(opened.signature.signer?.address, 'alice@pli.example');
    assert.deepEqual(opened.from, [LETTER.from]);
    assert.deepEqual([opened.to, opened.cc], [LETTER.to, LETTER.cc]);
    assert.equal(opened.subject, SECRET);
    assert.equal(opened.text.trimEnd(), LETTER.text);
    assert.equal(opened.messageId, composition.messageId);
    assert.equal(opened.references, LETTER.references);
    assert.deepEqual(opened.attachments.map(({ filename, size }) => [filename, size]), [['analyse de Emma.pdf', 3]]);
    assert.deepEqual(opened.notices, []);
    assert.equal(opened.keys.length, 1);
  });
}

test('is read by OpenSSL given the certificate [CO10]', async () => {
  const { composition, bytes } = await wire(false);
  put('wire.eml', bytes);
  const signed = openssl(['cms', '-decrypt', '-binary', '-in', 'wire.eml', '-recip', 'bob.pem', '-inkey', 'bob.key']);
  put('signed.eml', signed);
  const content = openssl(['cms', '-verify', '-in', 'signed.eml', '-CAfile', 'alice.pem', '-purpose', 'any']);
  assert.equal(text(content), text(composition.payload));
});

test('lets nothing private out of the wire [CO1]', async () => {
  const { bytes } = await wire(false);
  const fields = splitMime(bytes).headers.map(({ name, value }) => [name, value]);
  const { 'Message-ID': id, Date: date, ...rest } = Object.fromEntries(fields);
  assert.ok(id && date);
  assert.deepEqual(rest, {
    From: 'alice@pli.example', To: 'bob@pli.example', Cc: 'chloe@pli.example', Subject: '[...]', 'MIME-Version': '1.0',
    'Content-Type': 'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m',
    'Content-Disposition': 'attachment; filename=smime.p7m', 'Content-Transfer-Encoding': 'base64',
  });
});

test('names no Bcc to anybody, and gives each its own wire [N37]', async () => {
  const { wires, bytes } = await wire(true);
  assert.deepEqual(wires.map(({ rcptTo, blind }) => [rcptTo, blind]), [
    [['bob@pli.example', 'chloe@pli.example'], false],
    [['denis@partner.example'], true],
  ]);
  const opened = await openMessage(bytes, READER);
  const all = text(wires[0].entity) + JSON.stringify(opened) + wires[0].outer.join();
  assert.ok(!/denis@|^bcc:/im.test(all)); // shorter words turn up by chance in base64
});

test('keeps the Bcc in the sender’s own copy, signed and readable', async () => {
  const composition = composePayload(LETTER);
  const copy = composition.sentCopy(await signE2h(composition.payload));
  assert.match(text(copy), /^Bcc: =\?utf-8/m);
  const opened = await openMessage(copy, { ...READER, ownAddress: 'alice@pli.example' });
  assert.deepEqual([opened.signature.state, opened.subject], ['S1', SECRET]);
});

test('repeats the hidden fields as text for programs without header protection, and shows them once', async () => {
  const composition = composePayload({ ...LETTER, subject: 'Bilan de\r\nMme Emma', legacyDisplay: true });
  const lines = text(decodeQuotedPrintable(splitMime(composition.payload).children[0].body));
  assert.match(lines, /^Subject: Bilan de Mme Emma\r\nFrom: Dr Alice Martin <alice@pli\.example>\r\nTo: Bob Lefèvre <bob@pli\.example>\r\nCc: Chloé <chloe@pli\.example>\r\n\r\nBonjour,/);
  assert.ok(!/denis/i.test(lines));
  const [{ entity, outer }] = composition.wires(await signE2h(composition.payload));
  const opened = await openMessage(await wrapWire(entity, outer, [{ certificate: bob.certificate.der, internal: false }]), READER);
  assert.deepEqual([opened.signature.state, opened.text.trimEnd()], ['S1', LETTER.text]);
});

test('writes no such lines where everybody reads protected fields', () => {
  assert.equal(splitMime(composePayload(LETTER).payload).children[0].params['hp-legacy-display'], undefined);
});

test('records the outer fields inside (RFC 9788 HP-Outer)', () => {
  const { payload } = composePayload(LETTER);
  const recorded = splitMime(payload).headers.filter(({ name }) => name === 'HP-Outer').map(({ value }) => value.split(':')[0]);
  assert.deepEqual(recorded, ['From', 'To', 'Cc', 'Subject', 'Date', 'Message-ID']);
  assert.equal(splitMime(payload).params.hp, 'cipher');
});

test('refuses a letter to nobody and fields that would break out', async () => {
  assert.throws(() => composePayload({ ...LETTER, to: [], cc: [], bcc: [] }), ComposeError);
  assert.throws(() => composePayload({ ...LETTER, to: [{ name: '', address: 'a@b>\r\nX: y' }] }), TypeError);
  const { payload } = composePayload({ ...LETTER, subject: 'a\r\nBcc: x@y', inReplyTo: '<1@x>\r\nX-Evil: 1' });
  assert.ok(!splitMime(payload).headers.some(({ name }) => /^(bcc|x-evil)$/i.test(name)));
  await assert.rejects(wrapWire(payload, [], []), ComposeError);
  assert.ok(alice);
});
