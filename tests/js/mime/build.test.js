import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddressList } from '../../../static/js/mime/address.js';
import { addressField, attachmentEntity, multipartEntity, serialise, textEntity, textField } from '../../../static/js/mime/build.js';
import { decodeWords, fieldValue } from '../../../static/js/mime/headers.js';
import { splitMime } from '../../../static/js/mime/split.js';

const TEXT = 'Bonjour,\n\nFrom the début: é = 5 €. \n.\nFin\t\n' + 'x'.repeat(200);

/** @param {Uint8Array} bytes */
const lines = (bytes) => new TextDecoder().decode(bytes).split('\r\n');

test('writes text that no relay has a reason to change, and reads it back', () => {
  const bytes = serialise(textEntity(TEXT));
  assert.ok(lines(bytes).every((line) => /^[\x20-\x7e]*$/.test(line) && line.length <= 78 && !/^(From |\.)/.test(line) && !/\s$/.test(line)));
  assert.equal(splitMime(bytes).text().replaceAll('\r\n', '\n'), `${TEXT}\n`);
});

test('writes attachments with any name', () => {
  const filename = 'Compte rendu "n° 5" — très long '.repeat(5) + '.pdf';
  const bytes = serialise(attachmentEntity({ filename, type: 'application/pdf', bytes: Uint8Array.of(1, 2, 3) }));
  const part = splitMime(bytes);
  assert.deepEqual([...part.decodedBody()], [1, 2, 3]);
  assert.ok(part.filename?.endsWith('.pdf') && part.filename.startsWith('Compte rendu _n° 5_ — très'));
  assert.ok(lines(bytes).every((line) => line.length <= 78 && /^[\x20-\x7e]*$/.test(line)));
});

test('names the charset of a text attachment only where it is UTF-8', () => {
  /** @param {string} type @param {number[]} bytes */
  const contentType = (type, bytes) => lines(serialise(attachmentEntity({ filename: 'a', type, bytes: Uint8Array.from(bytes) })))[0];
  assert.equal(contentType('text/plain', [0xc3, 0xa9]), 'Content-Type: text/plain; charset=utf-8; name=a');
  assert.equal(contentType('text/plain', [0xe9]), 'Content-Type: text/plain; name=a');
  assert.equal(contentType('application/pdf', [0x41]), 'Content-Type: application/pdf; name=a');
});

test('keeps the parts of a multipart to the octet', () => {
  const part = serialise(textEntity('a'));
  const whole = splitMime(serialise(multipartEntity('multipart/mixed', [part, part])));
  assert.deepEqual(whole.children.map(({ bytes }) => bytes), [part, part]);
});

test('folds and encodes fields that read back', () => {
  const subject = `Résultats ${'très longs '.repeat(20)}fin`;
  const field = textField('Subject', subject);
  assert.ok(field.split('\r\n').every((line) => line.length <= 78));
  assert.equal(decodeWords(fieldValue(splitMime(serialise({ fields: [field], body: new Uint8Array() })).headers, 'subject') ?? ''), subject);
  assert.equal(textField('Subject', 'a\r\nBcc: x@y'), 'Subject: a Bcc: x@y');
});

test('writes addresses that read back, and none that breaks out', () => {
  const mailboxes = [{ name: 'Lefèvre, Bob', address: 'b@m.fr' }, { name: 'O\'Neil "X"', address: 'x@m.fr' }, { name: '', address: 'c@d.fr' }];
  assert.deepEqual(parseAddressList(addressField('To', mailboxes).slice(4).replaceAll('\r\n', '')), mailboxes);
  for (const address of ['a@b>\r\nBcc: c@d', 'a@b, c@d', 'a b@c', 'a@b@c', '']) assert.throws(() => addressField('To', [{ name: '', address }]));
});
