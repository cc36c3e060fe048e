import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certifies, parseCertificate, personOf } from '../../../static/js/cms/certificate.js';
import { CmsError } from '../../../static/js/cms/errors.js';
import { toHex } from '../../../static/js/cms/octets.js';
import { SIGNATURE } from '../../../static/js/cms/oids.js';
import { issue, issueX25519, openssl, put } from './openssl.js';

/** @param {string} subject lines of an OpenSSL distinguished name @param {string} [extensions] */
function self(subject, extensions = '') {
  put('self.cnf', `[req]\nprompt=no\nutf8=yes\nstring_mask=utf8only\nx509_extensions=ext\ndistinguished_name=dn\n[dn]\n${subject}\n[ext]\n${extensions}\n`);
  openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'self.key', '-config', 'self.cnf', '-days', '2', '-out', 'self.pem']);
  return new Uint8Array(openssl(['x509', '-in', 'self.pem', '-outform', 'DER']));
}

test('reads the person of a French card, whose name is one set [CO4]', () => {
  const certificate = parseCertificate(self('C=FR\ntitle=Médecin\nCN=899700218896\n+SN=MARTIN\n+GN=Hélène', 'keyUsage=critical,nonRepudiation'));
  assert.equal(certificate.rpps, '99700218896');
  assert.deepEqual(personOf(certificate), { idType: 'RPPS', idValue: '99700218896', name: 'Hélène MARTIN', profession: 'Médecin' });
  assert.deepEqual([...certificate.keyUsage], ['nonRepudiation']);
  assert.deepEqual(certificate.emails, []);
});

test('takes no RPPS from a number that is none', () => {
  for (const name of ['899700218897', '099700218896', '99700218896', '89970021889', 'CPAT0001']) {
    assert.equal(parseCertificate(self(`CN=${name}`)).rpps, '');
  }
});

test('reads usages, addresses, key identifier and constraints', () => {
  const certificate = parseCertificate(self('CN=alice', [
    'keyUsage=critical,keyEncipherment,digitalSignature', 'extendedKeyUsage=emailProtection,clientAuth,1.2.3.4',
    'subjectAltName=email:Alice@Pli.example,email:a@b.example,DNS:pli.example', 'basicConstraints=critical,CA:true,pathlen:1',
    'subjectKeyIdentifier=0102030405',
  ].join('\n')));
  assert.deepEqual([...certificate.keyUsage].sort(), ['digitalSignature', 'keyEncipherment']);
  assert.deepEqual([...certificate.extKeyUsage], ['emailProtection', 'clientAuth', '1.2.3.4']);
  assert.deepEqual(certificate.emails, ['Alice@Pli.example', 'a@b.example']);
  assert.ok(certifies(certificate, 'alice@pli.example') && !certifies(certificate, 'alice@pli.exampl'));
  assert.deepEqual([certificate.certificationAuthority, certificate.pathLength], [true, 1]);
  assert.equal(toHex(certificate.subjectKeyIdentifier ?? new Uint8Array()), '0102030405');
});

test('falls back on the address in the subject only where there is no other', () => {
  const old = parseCertificate(self('CN=alice\nemailAddress=alice@old.example'));
  assert.deepEqual(old.emails, ['alice@old.example']);
  const both = parseCertificate(self('CN=alice\nemailAddress=alice@old.example', 'subjectAltName=email:alice@new.example'));
  assert.deepEqual(both.emails, ['alice@new.example']);
});

test('reads an old certificate, without extensions, signed with SHA-1', () => {
  openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024', '-out', 'old.key']);
  put('old.cnf', '[req]\nprompt=no\nstring_mask=pkix\ndistinguished_name=dn\n[dn]\nC=FR\nO=Hôpital\nCN=Dr Renée\n');
  openssl(['req', '-new', '-key', 'old.key', '-config', 'old.cnf', '-out', 'old.csr']);
  openssl(['x509', '-req', '-sha1', '-in', 'old.csr', '-signkey', 'old.key', '-days', '2', '-out', 'old.pem']);
  const certificate = parseCertificate(new Uint8Array(openssl(['x509', '-in', 'old.pem', '-outform', 'DER'])));
  assert.equal(certificate.extensions.size, 0);
  assert.deepEqual([certificate.keyUsage.size, certificate.emails, certificate.certificationAuthority], [0, [], false]);
  assert.equal(/** @type {any} */ (certificate.publicKey).bits, 1024);
  assert.equal(certificate.signatureAlgorithm, SIGNATURE.sha1WithRsa);
});

test('knows the kinds of keys', () => {
  const kinds = Object.fromEntries(['rsa', 'P-256', 'P-384', 'P-521', 'ed25519'].map((kind) => [kind, issue(kind.toLowerCase(), kind).certificate.publicKey]));
  assert.deepEqual([kinds.rsa.type, /** @type {any} */ (kinds.rsa).bits], ['rsa', 2048]);
  for (const curve of ['P-256', 'P-384', 'P-521']) assert.equal(/** @type {any} */ (kinds[curve]).curve, curve);
  assert.equal(kinds.ed25519.type, 'ed25519');
  assert.equal(issueX25519('xavier').certificate.publicKey.type, 'x25519');
  assert.equal(/** @type {any} */ (issue('paula', 'rsa-pss').certificate.publicKey).pssOnly, true);
});

test('refuses every truncation with a typed error', () => {
  const der = self('CN=alice', 'subjectAltName=email:alice@pli.example');
  for (let length = 0; length < der.length; length += 7) assert.throws(() => parseCertificate(der.subarray(0, length)), CmsError);
  for (let at = 0; at < der.length; at++) {
    const altered = der.slice();
    altered[at] ^= 0xff;
    try {
      parseCertificate(altered);
    } catch (error) {
      assert.ok(error instanceof CmsError, `${at}: ${error}`);
    }
  }
});

test('an internationalised name says only what no other can: an ASCII address there is none [N33]', () => {
  const named = (/** @type {string} */ address) => parseCertificate(
    self('CN=a', `subjectAltName=@names\n[names]\nemail=mallory@b.example\notherName=1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:${address}`));
  assert.deepEqual(named('alice@b.example').emails, ['mallory@b.example']);
  assert.deepEqual(named('zoé@b.example').emails, ['mallory@b.example', 'zoé@b.example']);
  assert.ok(!certifies(named('mar\u212aé@b.example'), 'markÉ@b.example'));
  assert.ok(!certifies(named('é\u212a@b.example'), 'ék@b.example'), 'the Kelvin sign is no k');
});
