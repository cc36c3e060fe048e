import assert from 'node:assert/strict';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { test } from 'node:test';
import { decompress } from '../../../static/js/cms/compressed.js';
import { encode, explicit, integer, octetString, oid, sequence } from '../../../static/js/cms/der.js';
import { EncodingError, LimitError, UnsupportedError } from '../../../static/js/cms/errors.js';
import { CONTENT_TYPE, ZLIB } from '../../../static/js/cms/oids.js';
import { openssl } from './openssl.js';

/** @param {Uint8Array} compressed @param {string} [algorithm] */
function compressedData(compressed, algorithm = ZLIB) {
  const encapsulated = sequence(oid(CONTENT_TYPE.data), explicit(0, octetString(compressed)));
  return encode(sequence(oid(CONTENT_TYPE.compressedData), explicit(0, sequence(integer(0), sequence(oid(algorithm)), encapsulated))));
}

/** As an honest message: text that shrinks, but not to nothing. @param {number} size */
function text(size) {
  let state = 1;
  return Uint8Array.from({ length: size }, () => 97 + ((state = (state * 48271) % 0x7fffffff) % 23));
}

for (const size of [0, 1, 70_000, 3_000_000]) {
  test(`reads ${size} compressed bytes, DER and in segments`, async () => {
    const content = text(size);
    const { contentType, content: found } = await decompress(compressedData(deflateSync(content)));
    assert.equal(contentType, CONTENT_TYPE.data);
    assert.deepEqual(Buffer.from(found), Buffer.from(content));
  });
}

test('stops a bomb while it grows', async () => {
  const bomb = deflateSync(Buffer.alloc(30_000_000));
  await assert.rejects(decompress(compressedData(bomb)), LimitError);
  const honest = await decompress(compressedData(deflateSync(Buffer.alloc(60_000))));
  assert.equal(honest.content.length, 60_000);
});

test('refuses other compressions, broken streams and other contents', async () => {
  const stream = deflateSync(text(5000));
  await assert.rejects(decompress(compressedData(stream, '1.2.3.4')), UnsupportedError);
  await assert.rejects(decompress(compressedData(deflateRawSync(text(5000)))), EncodingError);
  await assert.rejects(decompress(compressedData(stream.subarray(0, -5))), EncodingError);
  await assert.rejects(decompress(compressedData(Buffer.concat([stream, Buffer.from('more')]))), EncodingError);
  await assert.rejects(decompress(encode(sequence(oid(CONTENT_TYPE.data), explicit(0, octetString(stream))))), UnsupportedError);
});

const zlib = openssl(['list', '-disabled']).includes('ZLIB') ? 'OpenSSL without zlib' : false;
test('reads what OpenSSL compressed', { skip: zlib }, async () => {
  const content = text(50_000);
  const cms = openssl(['cms', '-compress', '-binary', '-outform', 'DER'], content);
  assert.deepEqual(Buffer.from((await decompress(cms)).content), Buffer.from(content));
});
