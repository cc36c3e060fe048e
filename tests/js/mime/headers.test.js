import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../static/js/mime/bytes.js';
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

test('makes hostile file names harmless', () => {
  /** @type {Record<string, string>} */
  const names = {
    '../../etc/passwd': 'passwd', 'C:\\windows\\run.exe': 'run.exe', '<img onerror=x>.png': '_img onerror=x_.png',
    'ordonnance\u202efdp.exe': 'ordonnancefdp.exe', 'CON.txt': '_CON.txt', '...': 'attachment', '': 'attachment', 'a\0b\r\n.pdf': 'ab.pdf',
    '.htaccess': 'htaccess',
  };
  for (const [name, expected] of Object.entries(names)) assert.equal(normaliseFilename(name), expected);
  const long = normaliseFilename(`${'é'.repeat(4_000)}.pdf`);
  assert.ok([...long].length <= 120 && long.startsWith('é'));
});
