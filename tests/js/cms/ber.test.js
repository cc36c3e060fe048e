import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CERTIFICATE_LIMITS, CMS_LIMITS, TAG, parseBer } from '../../../static/js/cms/ber.js';
import { canonical, definite, encode, generalizedTime, integer, octetString, oid, sequence, setOf, time, utf8String } from '../../../static/js/cms/der.js';
import { EncodingError, LimitError } from '../../../static/js/cms/errors.js';
import { concat, fromBase64, fromHex, toBase64, toHex } from '../../../static/js/cms/octets.js';

/** @param {string} text */
const hex = (text) => fromHex(text.replaceAll(' ', ''));

test('reads definite and indefinite lengths alike', () => {
  const forms = ['30 06 02 01 05 04 01 41', '30 80 02 01 05 04 01 41 00 00', '30 81 06 02 01 05 04 01 41', '30 80 02 01 05 24 80 04 01 41 00 00 00 00'];
  for (const form of forms) {
    const fields = parseBer(hex(form)).cursor();
    assert.equal(fields.take(TAG.INTEGER).integer(), 5n);
    assert.deepEqual([...fields.take().octets()], [0x41]);
    fields.end();
  }
});

test('joins segments, nested ones too, and keeps a view where it can', () => {
  const bytes = hex('24 80 04 01 41 04 02 42 43 24 05 04 03 44 45 46 00 00');
  assert.equal(new TextDecoder().decode(parseBer(bytes).octets()), 'ABCDEF');
  const single = hex('24 80 04 02 42 43 00 00');
  assert.equal(parseBer(single).octets().buffer, single.buffer);
  assert.equal(parseBer(hex('24 00')).octets().length, 0);
});

test('gives back what was under an explicit tag', () => {
  const element = parseBer(hex('a0 03 04 01 41')).only();
  assert.equal(toHex(element.raw), '040141');
  const long = concat(hex('a0 82 01 04 04 82 01 00'), new Uint8Array(256).fill(4));
  assert.equal(parseBer(long).only().raw.length, 260);
});

const REFUSED = {
  truncated: '30 05 02 01 05', 'no length': '30', 'no content end': '30 80 02 01 05', 'primitive of indefinite length': '04 80 00 00',
  'segment of indefinite length': '24 80 04 80 00 00 00 00',  'negative length': '04 ff 41', 'length of eight exabytes': '04 86 ff ff ff ff ff ff', 'child beyond its parent': '30 03 04 05 41', 'bytes after the end': '02 01 05 41', nothing: '',
};
for (const [name, bytes] of Object.entries(REFUSED)) {
  test(`refuses: ${name}`, () => assert.throws(() => parseBer(hex(bytes)), EncodingError));
}

test('lets line ends pass after a message, not after a certificate', () => {
  assert.equal(parseBer(hex('02 01 05 0d 0a')).integer(), 5n);
  assert.throws(() => parseBer(hex('02 01 05 0d 0a'), CERTIFICATE_LIMITS), EncodingError);
});

/** @param {number} depth */
const nested = (depth) => concat(hex('3080'.repeat(depth)), hex('0000'.repeat(depth)));

test('stops at depth 32', () => {
  parseBer(nested(32));
  assert.throws(() => parseBer(nested(33)), LimitError);
  assert.throws(() => parseBer(nested(100_000)), LimitError);
});

test('stops at 50,000 elements, at 200,000 segments, at 2,000 for a certificate', () => {
  const many = (/** @type {number} */ count, /** @type {string} */ element) => encode(sequence(hex(element.repeat(count))));
  parseBer(many(49_999, '0500'));
  assert.throws(() => parseBer(many(50_000, '0500')), LimitError);
  assert.throws(() => parseBer(many(2_000, '0500'), CERTIFICATE_LIMITS), LimitError);
  const segments = (/** @type {number} */ count) => hex(`2480${'040141'.repeat(count)}0000`);
  const whole = parseBer(segments(200_000));
  assert.equal(whole.octets().length, 200_000);
  assert.equal(whole.children.length, 200_000);
  assert.equal(whole.octets().length, 200_000);
  assert.throws(() => parseBer(segments(200_001)), LimitError);
});

test('never reads more than it was given', () => {
  const seed = encode(sequence(oid('1.2.840.113549.1.7.3'), sequence(integer(300), octetString(new Uint8Array(40)), utf8String('é')), setOf([integer(1)])));
  let state = 1;
  const random = () => (state = (state * 48271) % 0x7fffffff);
  for (let round = 0; round < 5_000; round++) {
    const bytes = seed.slice(0, 1 + (random() % seed.length));
    for (let i = 0; i < 3; i++) bytes[random() % bytes.length] = random() % 256;
    try {
      const element = parseBer(bytes, CMS_LIMITS);
      assert.ok(element.end <= bytes.length);
      definite(element);
    } catch (error) {
      assert.ok(error instanceof EncodingError || error instanceof LimitError, String(error));
    }
  }
});

test('writes numbers, identifiers, times and sets in DER', () => {
  assert.equal(toHex(encode(integer(0))), '020100');
  assert.equal(toHex(encode(integer(128))), '02020080');
  assert.equal(toHex(encode(oid('1.2.840.113549.1.7.1'))), '06092a864886f70d010701');
  const uuid = '2.25.273421815402683121003718430791159155241.1.1';
  assert.equal(parseBer(encode(oid(uuid))).oid(), uuid);
  assert.equal(toHex(encode(setOf([integer(2), integer(1)]))), '3106020101020102');
  const date = new Date('2026-11-21T22:00:00Z');
  for (const written of [time(date), generalizedTime(date)]) assert.deepEqual(parseBer(encode(written)).time(), date);
  assert.equal(encode(time(new Date('2051-01-01T00:00:00Z')))[0], TAG.GENERALIZED_TIME);
  assert.equal(encode(octetString(new Uint8Array(70_000))).length, 70_005);
});

test('reads what it should refuse as times and texts', () => {
  const of = (/** @type {number} */ tag, /** @type {string} */ text) => parseBer(concat(Uint8Array.of(tag, text.length), new TextEncoder().encode(text)));
  for (const text of ['20261321000000Z', '20260231000000Z', '20261121250000Z', '20261121220000', '2611212200Z']) {
    assert.throws(() => of(TAG.GENERALIZED_TIME, text).time(), EncodingError);
  }
  assert.throws(() => parseBer(hex('0c 02 c3 28')).text(), EncodingError);
  assert.throws(() => parseBer(hex('06 02 2a 86')).oid(), EncodingError);
  assert.throws(() => parseBer(hex('02 01 ff')).smallInteger(), EncodingError);
  assert.throws(() => parseBer(hex('0a 01 05')).integer(), EncodingError, 'an ENUMERATED is none');
  assert.throws(() => parseBer(hex('02 01 05')).enumerated(), EncodingError);
  assert.equal(parseBer(hex('0a 01 05')).enumerated(), 5);
});

test('turns indefinite lengths into definite ones', () => {
  assert.equal(toHex(definite(parseBer(hex('30 80 24 80 04 01 41 04 01 42 00 00 00 00')))), '300404024142');
  assert.equal(toHex(definite(parseBer(hex('30 80 9f 81 01 01 41 31 81 02 05 00 00 00')))), '30099f8101014131020500');
});

test('puts into DER what came in BER', () => {
  const read = parseBer(hex('30 80 31 80 02 01 05 24 80 04 01 41 04 01 42 00 00 05 81 00 00 00 9f 81 01 01 41 00 00'));
  assert.equal(toHex(canonical(read)), '301031090201050402414205009f81010141');
});

test('converts to text and back', () => {
  const bytes = crypto.getRandomValues(new Uint8Array(1000));
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.deepEqual(fromHex(toHex(bytes)), bytes);
  assert.throws(() => fromHex('abc'), RangeError);
});
