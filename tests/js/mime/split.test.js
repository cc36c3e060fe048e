import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../static/js/mime/bytes.js';
import { LimitError } from '../../../static/js/mime/errors.js';
import { splitMime } from '../../../static/js/mime/split.js';
import { decodeBase64, encodeBase64 } from '../../../static/js/mime/transfer.js';

/** @param {string[]} lines */
const message = (...lines) => utf8(lines.join('\r\n'));
/** @param {Uint8Array} bytes */
const text = (bytes) => new TextDecoder().decode(bytes);

/** @param {string} code @returns {(error: unknown) => boolean} */
const limit = (code) => (error) => error instanceof LimitError && error.code === code;

test('finds the exact octets of each part', () => {
  const part = splitMime(message('Content-Type: multipart/mixed; boundary="b"', '', 'preamble', '--b', 'X: 1', '', 'one', '', '--b  ', '', 'two', '--b--', 'epilogue'));
  assert.deepEqual(part.children.map(({ bytes }) => text(bytes)), ['X: 1\r\n\r\none\r\n', '\r\ntwo']);
  assert.equal(part.truncated, false);
});

test('reads LF line ends and a missing closing delimiter', () => {
  const part = splitMime(utf8('Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo'));
  assert.deepEqual(part.children.map((child) => child.text()), ['one', 'two']);
  assert.equal(part.truncated, true);
});

test('takes no delimiter of a longer boundary for its own', () => {
  const inner = ['Content-Type: multipart/alternative; boundary="bc"', '', '--bc', '', 'x', '--bc--'];
  const part = splitMime(message('Content-Type: multipart/mixed; boundary="b"', '', '--b', ...inner, '--b--'));
  assert.deepEqual(part.children.map(({ type }) => type), ['multipart/alternative']);
  assert.equal(part.children[0].children[0].text(), 'x');
});

test('decodes base64, quoted-printable and charsets', () => {
  const encoded = splitMime(message('Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable', '', 'caf=E9 =', 'noir  ', 'x'));
  assert.equal(encoded.text(), 'café noir\r\nx');
  const binary = splitMime(message('Content-Transfer-Encoding: base64', '', 'AAEC', '/w==', ''));
  assert.deepEqual([...binary.decodedBody()], [0, 1, 2, 255]);
});

test('names the file of a part by RFC 2231 before the rest', () => {
  const part = splitMime(message("Content-Disposition: attachment; filename*0*=utf-8''bilan%20; filename*1=\"h\"; filename*2*=%C3%A9.pdf", '', ''));
  assert.equal(part.filename, 'bilan hé.pdf');
});

test('refuses what is too large, too deep or too many', () => {
  assert.throws(() => splitMime(new Uint8Array(11), { bytes: 10 }), limit('message-too-large'));
  assert.throws(() => splitMime(message(`X: ${'a'.repeat(300_000)}`, '', '')), limit('headers-too-large'));
  const many = message('Content-Type: multipart/mixed; boundary=b', '', ...Array(2_000).fill('--b\r\n\r\nx'));
  assert.throws(() => splitMime(many), limit('too-many-parts'));
  const deep = Array.from({ length: 32 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}`);
  assert.throws(() => splitMime(message(...deep, '', 'x')), limit('too-deep'));
});

test('accepts thirty levels', () => {
  const deep = Array.from({ length: 30 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}`);
  let part = splitMime(message(...deep, '', 'x'));
  while (part.children.length) [part] = part.children;
  assert.equal(part.text(), 'x');
});

test('survives any single flipped octet', () => {
  const whole = message('From: a@b', 'Content-Type: multipart/mixed; boundary="b"', '', '--b', 'Content-Type: text/plain', '', 'one', '--b--');
  for (let at = 0; at < whole.length; at++) {
    const broken = whole.slice();
    broken[at] ^= 0x20;
    assert.ok(splitMime(broken));
  }
});

test('splits 25 MB in less time than a network needs to notice', () => {
  const attachment = encodeBase64(new Uint8Array(18 * 1024 * 1024));
  const head = message('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'text', '--b', 'Content-Transfer-Encoding: base64', '', '');
  const whole = new Uint8Array(head.length + attachment.length);
  whole.set(head);
  whole.set(attachment, head.length);
  const { user } = process.cpuUsage();
  assert.equal(splitMime(whole).children.length, 2);
  assert.ok(process.cpuUsage().user - user < 500_000);
});

test('decodes base64 as it comes: white space, other characters, padding missing, doubled or in the middle', () => {
  /** @type {Record<string, string>} */
  const values = {
    'YQ==': 'a', 'YQ': 'a', 'YWI': 'ab', 'Y Q = =': 'a', 'YW!Jj': 'abc', 'YWJj\r\nYWJj\r\n': 'abcabc', 'YQ==YWI=': 'a', '=YWJj': '', 'YWJjY': 'abc', '': '', 'Y\r\nW\r\nJ\r\nj': 'abc', 'YWJj\0YWJj': 'abcabc',
  };
  for (const [value, expected] of Object.entries(values)) assert.equal(text(decodeBase64(utf8(value))), expected, value);
});
