import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEnveloped } from '../../../static/js/cms/enveloped.js';
import { htmlToText } from '../../../static/js/mail/html-text.js';
import { openMessage } from '../../../static/js/mail/open.js';
import { utf8 } from '../../../static/js/mime/bytes.js';
import { splitMime } from '../../../static/js/mime/split.js';
import { serialise } from '../../../static/js/mime/build.js';
import { encodeBase64 } from '../../../static/js/mime/transfer.js';
import { carrying, letter, message as written, opaque } from './messages.js';
import { AT, believing, bob, unwrapForBob } from './people.js';

const READER = { unwrap: unwrapForBob, validate: believing(), at: AT };
const OUTER = ['From: alice@pli.example', 'To: bob@pli.example', 'Subject: [...]', 'Date: Sat, 21 Nov 2026 22:00:00 +0000'];

/** @param {string | Uint8Array} content @param {string} [contentAlgorithm] */
async function encrypted(content, contentAlgorithm = 'aes-256-gcm') {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return buildEnveloped({ content: bytes, contentAlgorithm, recipients: [{ certificate: bob.certificate }] });
}

/** @param {Uint8Array} cms @param {string[]} [outer] */
const message = (cms, outer = OUTER) =>
  serialise({ fields: [...outer, 'Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: base64'], body: encodeBase64(cms) });

test('accepts a content-encryption key for one content only [N25] [N26]', async () => {
  const cms = await encrypted('Content-Type: text/plain\r\n\r\nhello');
  const first = await openMessage(message(cms), READER);
  const [{ hash, algorithm }] = first.keys;
  /** @param {object} seen */
  const again = (seen) => openMessage(message(cms, ['From: mallory@evil.example']), { ...READER, seenKeys: async () => ({ hash, algorithm, messageId: 'm1', ...seen }) });
  const copy = await again({});
  assert.deepEqual([copy.copyOf, copy.text], ['m1', 'hello']);
  const otherCipher = await again({ algorithm: '2.16.840.1.101.3.4.1.42' });
  const otherContent = await again({ hash: 'AAAA' });
  for (const refused of [otherCipher, otherContent]) assert.deepEqual([refused.quarantined, refused.text, refused.keys], ['key-reused', '', []]);
});

test('one generic failure for key, padding and noise alike', async () => {
  const cms = await encrypted('Content-Type: text/plain\r\n\r\nhello', 'aes-256-cbc');
  const wrongKey = { ...READER, unwrap: async () => new Uint8Array(32) };
  const noise = await encrypted(crypto.getRandomValues(new Uint8Array(300)), 'aes-256-cbc');
  const answers = [await openMessage(message(cms), wrongKey), await openMessage(message(noise), READER), await openMessage(message(cms), { ...READER, unwrap: async () => null })];
  for (const answer of answers) assert.deepEqual({ ...answer, messageId: '' }, { ...answers[0], messageId: '' });
  assert.equal(answers[0].quarantined, 'decrypt-failed');
});

test('leaves failures of the bridge to the caller', async () => {
  const gone = Object.assign(new Error('gone'), { code: 'bridge-lost' });
  const lost = { ...READER, unwrap: async () => { throw gone; } };
  await assert.rejects(openMessage(message(await encrypted('x')), lost), gone);
});

test('hides protected fields of an unsigned message behind no From of their own', async () => {
  const inside = 'From: President <p@elysee.fr>\r\nSubject: secret\r\nContent-Type: text/plain; hp="cipher"\r\n\r\nhello';
  const opened = await openMessage(message(await encrypted(inside)), READER);
  assert.equal(opened.subject, 'secret');
  assert.deepEqual(opened.from, [{ name: '', address: 'alice@pli.example' }]);
  assert.ok(opened.notices.includes('from-differs'));
});

test('reads the protected fields of older drafts, and ignores those nobody protected', async () => {
  const older = await openMessage(message(await encrypted('Subject: older\r\nContent-Type: text/plain; protected-headers="v1"\r\n\r\nx')), READER);
  assert.equal(older.subject, 'older');
  const stray = await openMessage(message(await encrypted('Subject: stray\r\nContent-Type: text/plain\r\n\r\nx')), READER);
  assert.equal(stray.subject, '[...]');
  const wrapped = await openMessage(message(await encrypted('Content-Type: message/rfc822; forwarded=no\r\n\r\nSubject: wrapped\r\n\r\nx')), READER);
  assert.deepEqual([wrapped.subject, wrapped.text], ['wrapped', 'x']);
});

test('drops what was written for programs without header protection', async () => {
  const legacy = 'Subject: s\r\nContent-Type: text/plain; hp="cipher"; hp-legacy-display="1"\r\n\r\nSubject: s\r\n\r\nbody';
  assert.equal((await openMessage(message(await encrypted(legacy)), READER)).text, 'body');
});

test('chooses text and HTML of alternatives, shows related images by cid, keeps the rest as attachments [CO4]', async () => {
  const body = [
    'Content-Type: multipart/mixed; boundary=m', '', '--m', 'Content-Type: multipart/alternative; boundary=a', '', '--a', '', 'plain', '--a',
    'Content-Type: multipart/related; boundary=r', '', '--r', 'Content-Type: text/html', '', '<img src="cid:i@x">', '--r',
    'Content-Type: image/png', 'Content-ID: <i@x>', 'Content-Transfer-Encoding: base64', '', 'AAEC', '--r--', '--a--', '--m',
    'Content-Type: application/pdf', 'Content-Disposition: attachment; filename="../r.pdf"', '', '%PDF', '--m--',
  ].join('\r\n');
  const opened = await openMessage(utf8(`From: a@b\r\n${body}`), READER);
  assert.deepEqual([opened.text, opened.html], ['plain', '<img src="cid:i@x">']);
  assert.deepEqual(opened.attachments.map(({ filename, type, size, contentId }) => [filename, type, size, contentId]), [
    ['attachment-1.png', 'image/png', 3, 'i@x'], ['r.pdf', 'application/pdf', 4, undefined],
  ]);
});

test('HTML as text holds no markup', () => {
  const html = '<style>p{}</style><p>Bonjour &amp; <b>merci</b><br>é&#233;</p><script>alert(1)</script><img src=x onerror=y><';
  assert.equal(htmlToText(html), 'Bonjour & merci\néé');
  assert.equal(htmlToText('<'.repeat(50_000)), '');
  for (const hostile of ['&#32;', '<br', '<script', '</script  ', '&nbsp;', '<div ']) assert.ok(htmlToText(hostile.repeat(100_000)).length < 1_000_000);
});

test('hostile BER is a quarantined message, quickly [N39]', async () => {
  const hostile = [
    Uint8Array.of(0x30, 0x80), Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), new Uint8Array(10_000).fill(0x30).map((value, i) => (i % 2 ? 0x80 : value)),
    Uint8Array.of(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03, 0xa0, 0x80),
  ];
  for (const cms of hostile) {
    const { user } = process.cpuUsage();
    const opened = await openMessage(message(cms), READER);
    assert.ok(opened.quarantined || opened.attachments.length === 1);
    assert.ok(process.cpuUsage().user - user < 200_000);
  }
});

test('survives any single flipped octet of an encrypted message', async () => {
  const whole = message(await encrypted('Content-Type: text/plain\r\n\r\nhello'));
  for (let at = 0; at < whole.length; at += 13) {
    const broken = whole.slice();
    broken[at] ^= 1;
    const opened = await openMessage(broken, { ...READER, unwrap: async () => null });
    assert.equal(typeof opened.subject, 'string');
  }
  assert.ok(splitMime(whole));
});

test('a message without end is quarantined with its outer fields, so that its sender can be asked', async () => {
  const many = [...OUTER, 'Content-Type: multipart/mixed; boundary=b', '', ...Array.from({ length: 1_001 }, () => '--b\r\n\r\nx'), '--b--', ''];
  const opened = await openMessage(utf8(many.join('\r\n')), READER);
  assert.deepEqual([opened.quarantined, opened.text, opened.subject], ['limit-exceeded', '', '[...]']);
  assert.equal(opened.from[0].address, 'alice@pli.example');
});

test('header fields over the limit are no fields at all', async () => {
  const opened = await openMessage(utf8(`From: alice@pli.example\r\nX: ${'a'.repeat(300_000)}\r\n\r\nx`), READER);
  assert.deepEqual([opened.quarantined, opened.from], ['limit-exceeded', []]);
});

test('more recipients than anybody writes to are over the limit, and the sender is still named', async () => {
  const to = Array.from({ length: 501 }, (_, i) => `p${i}@pli.example`);
  const opened = await openMessage(utf8(`From: alice@pli.example\r\nTo: ${to.join(',\r\n ')}\r\nSubject: s\r\n\r\nx`), READER);
  assert.deepEqual([opened.quarantined, opened.from[0].address, opened.subject, opened.to], ['limit-exceeded', 'alice@pli.example', 's', []]);
  assert.equal((await openMessage(utf8(`From: alice@pli.example\r\nTo: ${to.slice(1).join(',\r\n ')}\r\n\r\nx`), READER)).to.length, 500);
});

test('a subject holds no line end and no control, however it was encoded', async () => {
  const opened = await openMessage(utf8('From: a@b\r\nSubject: =?utf-8?q?a=0D=0ABcc:_x=00?=\r\n\r\n'), READER);
  assert.equal(opened.subject, 'a Bcc: x');
});

test('of a file from a Macintosh the data is shown, and not the other fork', async () => {
  const fork = 'Content-Type: application/applefile; name="._a.pdf"\r\n\r\nfork';
  const data = 'Content-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment\r\n\r\n%PDF';
  const whole = `From: a@b\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\ntext\r\n--m\r\nContent-Type: multipart/appledouble; boundary=d\r\n\r\n--d\r\n${fork}\r\n--d\r\n${data}\r\n--d--\r\n--m--\r\n`;
  const opened = await openMessage(utf8(whole), READER);
  assert.deepEqual([opened.text, opened.attachments.map(({ filename }) => filename)], ['text', ['a.pdf']]);
});

test('tells the HTML of an intact signature while it is asked who signed, and it is what is shown', { timeout: 60_000 }, async () => {
  const signed = carrying(await opaque(letter({ html: true })));
  for (const whole of [written(signed), written(carrying(await encrypted(signed, 'aes-256-cbc')))]) {
    /** @type {(html: string) => void} */
    let foretell = () => {};
    const told = new Promise((/** @type {(html: string) => void} */ resolve) => { foretell = resolve; });
    // The agent answers only when the HTML was told.
    const validate = async (/** @type {any[]} */ items) => { await told; return believing()?.(items) ?? []; };
    const opened = await openMessage(whole, { ...READER, validate, foretell });
    assert.equal(opened.html, await told);
    assert.match(opened.html ?? '', /<p>bonjour<\/p>/);
  }
});

test('foretells nothing that nobody signed or that was altered', async () => {
  const html = letter({ html: true });
  const altered = await opaque(html);
  altered.set(utf8('B'), Buffer.from(altered).indexOf('bonjour'));
  const cases = [
    written(html),
    written(carrying(await encrypted(html, 'aes-256-cbc'))),
    written(carrying(altered)),
  ];
  for (const whole of cases) {
    /** @type {string[]} */
    const told = [];
    await openMessage(whole, { ...READER, foretell: (text) => void told.push(text) });
    assert.deepEqual(told, []);
  }
});
