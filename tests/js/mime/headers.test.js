import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCharset, utf8 } from '../../../static/js/mime/bytes.js';
import { normaliseFilename } from '../../../static/js/mime/filename.js';
import { decodeWords, fieldsNamed, fieldValue, parseHeaders, parseStructured } from '../../../static/js/mime/headers.js';

test('unfolds, keeps the octets and finds the body', () => {
  const bytes = utf8('Subject: a\r\n b\r\nFrom: x@y\r\nfrom: z@y\r\n\r\nbody');
  const { fields, bodyStart } = parseHeaders(bytes);
  assert.equal(fieldValue(fields, 'subject'), 'a b');
  assert.equal(fieldsNamed(fields, 'From').length, 2);
  assert.equal(new TextDecoder().decode(fields[0].raw), 'Subject: a\r\n b\r\n');
  assert.equal(new TextDecoder().decode(bytes.subarray(bodyStart)), 'body');
});

test('takes text without fields as a body, and skips an mbox line', () => {
  assert.equal(parseHeaders(utf8('Dear colleague: hello')).bodyStart, 0);
  assert.equal(fieldValue(parseHeaders(utf8('From x Mon\nSubject: s\n\n')).fields, 'subject'), 's');
});

test('joins encoded words before decoding them', () => {
  assert.equal(decodeWords('=?utf-8?B?Y2Fmw6k=?= =?utf-8?Q?_noir?= fin'), 'café noir fin');
  assert.equal(decodeWords('=?utf-8?B?w6=?= =?utf-8?B?k=?='), decodeWords('=?utf-8?B?w6=?= =?utf-8?B?k=?='));
  assert.equal(decodeWords('=?utf-8?Q?=C3?= =?utf-8?Q?=A9?='), 'é');
  assert.equal(decodeWords('=?unknown-charset?Q?abc?='), 'abc');
  assert.equal(decodeWords('no =? words'), 'no =? words');
});

test('reads parameters, quoted, encoded and continued', () => {
  const { value, params } = parseStructured('Text/Plain; charset="utf-8"; NAME="a \\"b\\""; x=y (comment); name=second');
  assert.equal(value, 'text/plain');
  assert.deepEqual({ ...params }, { charset: 'utf-8', name: 'a "b"', x: 'y' });
});

test('makes hostile file names harmless [N43]', () => {
  /** @type {Record<string, string>} */
  const names = {
    '../../etc/passwd': 'passwd', 'C:\\windows\\run.exe': 'run.exe', '<img onerror=x>.png': '_img onerror=x_.png',
    'ordonnance\u202efdp.exe': 'ordonnancefdp.exe', 'CON.txt': '_CON.txt', '...': 'attachment', '': 'attachment', 'a\0b\r\n.pdf': 'ab.pdf',
    '.htaccess': 'htaccess', '..\\..\\x.bat': 'x.bat', '<img onerror=alert(1)>': '_img onerror=alert(1)_', 'a\u200d\u2066b.pdf': 'ab.pdf', 'x.pdf.': 'x.pdf',
    'a\ud800b': 'ab', '=?utf-8?q?x?=': '=_utf-8_q_x_=',
  };
  for (const [name, expected] of Object.entries(names)) assert.equal(normaliseFilename(name), expected);
  const long = normaliseFilename(`${'é'.repeat(4_000)}.pdf`);
  assert.ok([...long].length <= 120 && long.startsWith('é'));
});

test('reads what programs make of encoded words', () => {
  /** @type {Record<string, string>} */
  const words = {
    '=?utf-8?Q?a b?=': 'a b', '=?UTF-8*fr?q?caf=C3=A9?=': 'café', '=?utf-8?B?Y2Fmw6k?=': 'café', '=?iso-8859-1?Q?=E9?= =?utf-8?Q?=C3=A9?=': 'éé',
    '=?utf-8?b?w6k=?==?utf-8?b?w6k=?=': 'éé', '=?utf-8?Q?a?=b=?utf-8?Q?c?=': 'abc', '=?utf-8?X?abc?=': '=?utf-8?X?abc?=', '=?utf-8?Q??=': '',
    '=?us-ascii?Q?=E9?=': 'é', '=?gb2312?B?xOO6ww==?=': '你好', '=?utf-8?Q?=ZZ?=': '=ZZ',
  };
  for (const [value, expected] of Object.entries(words)) assert.equal(decodeWords(value), expected, value);
});

test('reads what programs make of parameters', () => {
  /** @type {Record<string, string | undefined>} */
  const names = {
    'a; filename*1=b; filename*0=a': 'ab', "a; filename*=iso-8859-1'fr'%E9t%E9.pdf; filename=x.pdf": 'été.pdf', "a; filename*0*=utf-8''%C3; filename*1*=%A9.pdf": 'é.pdf',
    'a; filename*=%ZZ': '%ZZ', "a; filename*=bad'x'%41": 'A', 'a; filename="=?utf-8?Q?=C3=A9.pdf?="': 'é.pdf', 'a; filename=a b.pdf': 'a b.pdf', 'a; FileName = "x"; y': 'x',
    'a; filename*0="x"; filename*2="z"': 'xz', 'a; name=x': undefined,
  };
  for (const [value, expected] of Object.entries(names)) assert.equal(parseStructured(value).params.filename, expected, value);
  assert.equal(Object.getPrototypeOf(parseStructured('a; __proto__=x').params), null);
});

test('reads hostile parameters in time', () => {
  const { user } = process.cpuUsage();
  const many = parseStructured(`a${Array.from({ length: 40_000 }, (_, i) => `;n*${i % 900}=x`).join('')}`);
  assert.ok(many.params.n.length <= 128);
  for (const value of [`a;${' '.repeat(200_000)}`, `a;${'x'.repeat(200_000)}`, `a;x="${'\\'.repeat(100_000)}`, `a${'; '.repeat(100_000)}`]) parseStructured(value);
  decodeWords('=?utf-8?q?'.repeat(20_000));
  decodeWords(`${'=?utf-8?q?a?= '.repeat(15_000)}x`);
  assert.ok(process.cpuUsage().user - user < 1_000_000);
});

test('a text that is no UTF-8, or begins with a mark, leaves nothing to the next', () => {
  const texts = [Uint8Array.of(0x61, 0xc3), utf8('\u00e9'), utf8('\ufeffa'), utf8('\ufeffb'), Uint8Array.of(0xa9), utf8('c')];
  assert.deepEqual(texts.map((bytes) => decodeCharset(bytes)), ['a\u00c3', '\u00e9', 'a', 'b', '\u00a9', 'c']);
});
