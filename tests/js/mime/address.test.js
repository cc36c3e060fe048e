import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddressList, parseSingleAddress, sameAddress } from '../../../static/js/mime/address.js';
import { AddressError } from '../../../static/js/mime/errors.js';

/** @type {Record<string, {name: string, address: string}[]>} */
const READ = {
  'a@b.fr': [{ name: '', address: 'a@b.fr' }],
  'Jean M. <j@M.fr>, "Lefèvre, Bob" <b@m.fr>': [{ name: 'Jean M.', address: 'j@m.fr' }, { name: 'Lefèvre, Bob', address: 'b@m.fr' }],
  'Service: a@b, c@d (note);, e@f': [{ name: '', address: 'a@b' }, { name: '', address: 'c@d' }, { name: '', address: 'e@f' }],
  'undisclosed-recipients:;': [], 'Dr. Team: a@b;': [{ name: '', address: 'a@b' }], '"a@b": c@d;': [{ name: '', address: 'c@d' }],
  '=?iso-8859-1?q?Andr=E9?= <x@y.z>': [{ name: 'André', address: 'x@y.z' }],
  '"quoted"@b.fr': [{ name: '', address: '"quoted"@b.fr' }],
};
for (const [value, expected] of Object.entries(READ)) {
  test(`reads ${value}`, () => assert.deepEqual(parseAddressList(value), expected));
}

/** @type {Record<string, string>} */
const REFUSED = {
  '"a@b"@c': 'address-ambiguous', 'a@b@c': 'address-ambiguous', '"a b"@c': 'address-ambiguous',
  'a@b\0.c': 'address-control', 'a@\u202eb.c': 'address-control', 'al\u00adice@b.c': 'address-control', 'alice\u3164@b.c': 'address-control',
  'a b@c': 'address-malformed', '<a@b> trailing': 'address-malformed', '"open <a@b>': 'address-malformed',
  'a@b; c@d': 'address-malformed', 'nobody': 'address-malformed', '@b': 'address-malformed', 'a@': 'address-malformed', 'a..b@c': 'address-malformed',
  '<a@b><c@d>': 'address-ambiguous', '=?utf-8?q?a=40b=2Efr?=': 'address-malformed', '<=?utf-8?q?a=40b?=@c>': 'address-ambiguous', 'a@b, <c@d': 'address-malformed',
  'a@b: c@d;': 'address-malformed', '<a@b>: c@d;': 'address-malformed', 'a> <b: c@d;': 'address-malformed',
  '<a@b>, c@d>': 'address-malformed', 'a@[1.2.3.4': 'address-malformed', '"a\\"@b"@c': 'address-ambiguous', 'x <a@b> <c@d>': 'address-ambiguous', '<<a@b>>': 'address-malformed',
};
for (const [value, code] of Object.entries(REFUSED)) {
  test(`refuses ${JSON.stringify(value)} [N33]`, () => assert.throws(() => parseAddressList(value), (error) => error instanceof AddressError && error.code === code));
}

test('drops a display name that plays an address, in clear or encoded [N33]', () => {
  assert.equal(parseSingleAddress('"president@elysee.fr" <m@evil.example>').name, '');
  assert.equal(parseSingleAddress('=?utf-8?q?a=40b=2Efr?= <m@evil.example>').name, '');
  assert.equal(parseSingleAddress('=?utf-8?q?a=EF=BC=A0b=2Efr?= <m@evil.example>').name, '', 'a fullwidth sign');
});

test('takes invisible characters out of display names', () => {
  assert.equal(parseSingleAddress('=?utf-8?b?QWxp4oCuY2U=?= <a@b>').name, 'Alice');
  assert.equal(parseSingleAddress('"A\u00ad\u3164\ufe0fl\u061c" <a@b>').name, 'Al');
});

test('takes the symbols of proof out of display names: only the page draws them', () => {
  assert.equal(parseSingleAddress('"✔ 🔒 🛡 Dr Alice ✅" <m@evil.example>').name, 'Dr Alice');
});

test('keeps names and addresses to what a list can show', () => {
  assert.equal(parseSingleAddress(`"${'A'.repeat(100_000)}" <a@b>`).name.length, 256);
  assert.throws(() => parseSingleAddress(`${'a'.repeat(400)}@b`), { code: 'address-malformed' });
});

test('asks for one address where one is asked', () => {
  assert.throws(() => parseSingleAddress('a@b, c@d'), { code: 'address-not-single' });
});

test('compares without ASCII case and shows name and address together', () => {
  assert.ok(sameAddress('Alice@B.fr', 'alice@b.fr'));
  assert.ok(!sameAddress('alice@b.fr', 'alıce@b.fr'));
  assert.ok(!sameAddress('mark@b.fr', 'mar\u212a@b.fr'), 'the Kelvin sign is no k');
  assert.ok(sameAddress('zo\u00e9@b.fr', 'zoe\u0301@b.fr'));
  assert.equal(formatAddress({ name: 'A', address: 'a@b' }), 'A <a@b>');
});

test('reads hostile lengths in time', () => {
  for (const value of ['('.repeat(100_000), '"'.repeat(99_999), 'a,'.repeat(1_500), '<'.repeat(100_000), '@'.repeat(100_000)]) {
    try {
      parseAddressList(value);
    } catch (error) {
      assert.ok(error instanceof AddressError);
    }
  }
});
