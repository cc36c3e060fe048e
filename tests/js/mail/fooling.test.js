/** What somebody without the key of another does to have him shown as the author of it: messages forged whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLI_OID } from '../../../static/js/cms/oids.js';
import { algorithmFor, importSigner } from '../../../static/js/cms/signature.js';
import { buildSigned } from '../../../static/js/cms/signed.js';
import { issue } from '../cms/openssl.js';
import { OUTER, TEXT, bytes, carrying, detached, encrypted, letter, lines, message, multipart, open, opaque, seen, signaturePart } from './messages.js';
import { DOCTOR, alice, card, mallory, sign } from './people.js';

const FIELDS = 'From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: pay\r\nDate: Sat, 21 Nov 2026 22:00:00 +0000\r\nMessage-ID: <evil@pli.example>';
const EVIL = 'Content-Type: text/plain\r\n\r\nevil';
const PAIR = 'signed; protocol="application/pkcs7-signature"';

test('a message that Alice received in her name, and signed to pass it on, is no letter of hers', async () => {
  const passedOn = (/** @type {string} */ trace) => detached(`Content-Type: message/rfc822\r\n\r\n${trace}${FIELDS}\r\n${EVIL}`);
  const outer = FIELDS.split('\r\n');
  for (const trace of ['Received: from evil.example\r\n', 'Return-Path: <>\r\n', 'DKIM-Signature: v=1\r\n']) {
    const opened = await open(message(await passedOn(trace), outer));
    assert.deepEqual([opened.text, opened.attachments[0].opens, opened.signature.reason], ['', 'message', 'headers-unprotected'], trace);
  }
});

test('words that were signed are not left out as if they repeated the fields', async () => {
  const part = (/** @type {string} */ text) => lines('Content-Type: text/plain; protected-headers=v1', '', text);
  const body = (/** @type {string} */ text) => multipart('mixed; hp=clear', part(text), 'Content-Type: text/plain\r\n\r\nI agree.');
  const shown = async (/** @type {string} */ text) => (await open(message(await detached(lines(FIELDS, body(text)))))).text;
  assert.equal(await shown('I do not agree.'), 'I do not agree.\nI agree.');
  assert.equal(await shown('Subject: pay\r\n'), 'I agree.');
});

test('what a card signed for something else than mail is no letter', async () => {
  const signing = await importSigner(card.pkcs8, algorithmFor(card.certificate.publicKey));
  const given = { content: bytes(TEXT), certificate: card.certificate, sign: signing };
  const reader = { directory: async () => ({ rppsNumber: DOCTOR.idValue }) };
  for (const contentType of [PLI_OID.logEntry, PLI_OID.cardProof, '1.2.840.113549.1.9.16.1.4']) {
    const proof = await buildSigned({ ...given, contentType });
    assert.equal((await open(message(carrying(proof)), reader)).signature.reason, 'signature-malformed');
    const beside = await buildSigned({ ...given, contentType, detached: true });
    const extra = [{ type: PLI_OID.cardSignature, values: [beside] }];
    assert.equal((await open(message(await detached(TEXT, await sign(bytes(TEXT), alice, { extra }))), reader)).signature.reason, 'card-signature-invalid');
  }
});

test('what unsigned CBC holds does not become HTML by being opened by itself [N30]', async () => {
  const inner = 'From: a@b.example\r\nContent-Type: text/html\r\n\r\n<a href="https://evil.example/">x</a>';
  const held = multipart('mixed', TEXT, `Content-Type: message/rfc822\r\n\r\n${inner}`, lines('Content-Type: message/rfc822', '', 'From: c@d.example', await detached('Content-Type: text/html\r\n\r\n<p>signed</p>')));
  const outer = await open(message(carrying(await encrypted(held, 'aes-256-cbc'))));
  assert.deepEqual(outer.attachments.map(({ unproved }) => unproved), [true, true]);
  const [alone, signed] = await Promise.all(outer.attachments.map(({ bytes: own, unproved }) => open(own, { unproved })));
  assert.deepEqual([alone.html, alone.text, alone.notices.includes('plain-text-only')], [null, 'x', true]);
  assert.equal(signed.html, '<p>signed</p>', 'whose octets somebody signed');
  const authenticated = await open(message(carrying(await encrypted(held))));
  assert.deepEqual(authenticated.attachments.map(({ unproved }) => unproved), [undefined, undefined]);
});

test('a certificate of an address calls its holder neither by number nor by another address', async () => {
  const called = async (/** @type {string} */ commonName) => {
    const liar = issue(commonName, 'P-256', ['subjectAltName=email:liar@pli.example']);
    const own = ['From: liar@pli.example', ...OUTER.slice(1)];
    return (await open(message(await detached(TEXT, await sign(bytes(TEXT), liar)), own))).signature.signer?.name;
  };
  assert.equal(await called('Alice Martin'), 'Alice Martin');
  for (const name of ['Alice, RPPS', '899900001016', 'alice@pli.example']) assert.equal(await called(name), '', name);
});

test('nothing beside, before or behind what was signed is shown under its badge', async () => {
  const signature = await sign(bytes(TEXT), alice);
  const whole = lines('Content-Type: multipart/signed; boundary=z', '', 'evil', '--z', TEXT, '--z', signaturePart(signature), '--z--', 'evil', '--z', EVIL, '--z--');
  assert.equal(seen(await open(message(whole))), 'S1b headers-unprotected clear: bonjour');
  /** @type {Record<string, Uint8Array>} */
  const others = {
    'a third part': multipart(PAIR, TEXT, signaturePart(signature), EVIL),
    'a third part in front': multipart(PAIR, EVIL, TEXT, signaturePart(signature)),
    'a sibling': multipart('mixed', await detached(TEXT), EVIL),
    'an alternative': multipart('alternative', await detached(TEXT), EVIL),
    'a second type': lines('Content-Type: text/plain', await detached(TEXT)),
    'a signature of two wholes': multipart(PAIR, multipart('mixed', TEXT, EVIL), signaturePart(signature)),
  };
  for (const [name, forged] of Object.entries(others)) assert.equal((await open(message(forged))).signature.state, 'S5', name);
});

test('the same boundary outside and inside divides as the outer one says, for the signature too', async () => {
  const inner = lines('Content-Type: multipart/mixed; boundary=z', '', '--z', TEXT, '--z--');
  const forged = lines('Content-Type: multipart/signed; boundary=z', '', '--z', inner, '--z', signaturePart(await sign(inner, alice)), '--z--');
  assert.equal((await open(message(forged))).signature.state, 'S5');
});

test('fields outside the payload’s own root protect nothing', async () => {
  const below = multipart('mixed', letter({ hp: 'hp=clear' }), EVIL);
  const opened = await open(message(await detached(below)));
  assert.deepEqual([opened.subject, opened.signature.reason], ['[...]', 'headers-unprotected']);
});

test('a signature around ciphertext says who forwarded it, and nobody wrote it', async () => {
  const forwarded = await open(message(carrying(await opaque(carrying(await encrypted(letter())), mallory))));
  assert.equal(seen(forwarded), 'S5 sender-not-proved encrypted: bonjour');
});

test('a relay that takes CR away takes it from nobody’s attachment', async () => {
  const results = 'glucose\r\n7,4\r\n';
  const file = lines('Content-Type: text/csv', 'Content-Disposition: attachment; filename=results.csv', '', results);
  const sent = message(await detached(multipart('mixed', TEXT, file)));
  const arrived = sent.filter((octet) => octet !== 13);
  const { signature, attachments } = await open(arrived);
  assert.deepEqual([signature.state, new TextDecoder().decode(attachments[0].bytes)], ['S1b', results]);
});
