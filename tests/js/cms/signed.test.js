import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { encode, explicit, integer, octetString, oid, sequence, setOf } from '../../../static/js/cms/der.js';
import { AttributesError, DigestMismatchError, LimitError, SignatureError, SignerMismatchError, WeakAlgorithmError } from '../../../static/js/cms/errors.js';
import { ATTRIBUTE, CONTENT_TYPE, DIGEST } from '../../../static/js/cms/oids.js';
import { importSigner } from '../../../static/js/cms/signature.js';
import { buildCertificatesOnly, buildSigned, parseSigned, signerCertificate, verifySigner } from '../../../static/js/cms/signed.js';
import { issue, openssl, put } from './openssl.js';

/** @typedef {import('../../../static/js/cms/signature.js').SignatureAlgorithm} SignatureAlgorithm */

const CONTENT = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nAvis médical.\r\n');
const AT = new Date('2026-11-21T22:00:00Z');
const rsa = issue('alice', 'rsa');
const p256 = issue('bob', 'P-256');
const p384 = issue('chloe', 'P-384');
const p521 = issue('denis', 'P-521');
const ed25519 = issue('emma', 'ed25519');
put('content', CONTENT);

/** @param {Uint8Array} cms @param {Uint8Array | null} [content] @param {number} [which] */
async function verify(cms, content = null, which = 0) {
  const signed = parseSigned(cms);
  const certificate = signerCertificate(signed, signed.signers[which]);
  assert.ok(certificate);
  return verifySigner(signed, signed.signers[which], content, certificate);
}

/** @param {string[]} options */
const sign = (...options) => openssl(['cms', '-sign', '-binary', '-in', 'content', '-outform', 'DER', ...options]);

/** @type {Record<string, string[]>} */
const OPENSSL = {
  RSA: ['-signer', 'alice.pem', '-inkey', 'alice.key'],
  'RSA SHA-512': ['-signer', 'alice.pem', '-inkey', 'alice.key', '-md', 'sha512'],
  PSS: ['-signer', 'alice.pem', '-inkey', 'alice.key', '-keyopt', 'rsa_padding_mode:pss'],
  'PSS with the longest salt': ['-signer', 'alice.pem', '-inkey', 'alice.key', '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:max'],
  'ECDSA P-256': ['-signer', 'bob.pem', '-inkey', 'bob.key'],
  'ECDSA P-384': ['-signer', 'chloe.pem', '-inkey', 'chloe.key', '-md', 'sha384'],
  'ECDSA P-521': ['-signer', 'denis.pem', '-inkey', 'denis.key', '-md', 'sha512'],
  'key identifier': ['-signer', 'bob.pem', '-inkey', 'bob.key', '-keyid'],
  'signingCertificateV2': ['-signer', 'bob.pem', '-inkey', 'bob.key', '-cades'],
};

for (const [name, options] of Object.entries(OPENSSL)) {
  test(`verifies ${name} of OpenSSL, opaque, detached and streamed [CO10]`, async () => {
    assert.ok((await verify(sign(...options, '-nodetach'))).signingTime);
    await verify(sign(...options), CONTENT);
    // OpenSSL 3.0 cannot stream a PSS signature.
    if (!name.startsWith('PSS')) await verify(sign(...options, '-nodetach', '-stream'));
    await assert.rejects(verify(sign(...options), CONTENT.slice(1)), DigestMismatchError);
  });
}

test('notices whether signingCertificateV2 was there', async () => {
  assert.equal((await verify(sign(...OPENSSL.RSA), CONTENT)).namesCertificate, false);
  assert.equal((await verify(sign(...OPENSSL.signingCertificateV2), CONTENT)).namesCertificate, true);
});

/** @type {[SignatureAlgorithm, typeof rsa][]} */
const WRITTEN = [['rsa-sha256', rsa], ['rsa-pss-sha256', rsa], ['ecdsa-sha256', p256], ['ecdsa-sha384', p384], ['ecdsa-sha512', p521], ['ed25519', ed25519]];

for (const [algorithm, { name, certificate, pkcs8 }] of WRITTEN) {
  for (const detached of [true, false]) {
    test(`writes ${algorithm}, ${detached ? 'detached' : 'opaque'}, for OpenSSL and itself [CO10]`, async () => {
      const cms = await buildSigned({
        content: CONTENT, detached, certificate, algorithm, sign: await importSigner(pkcs8, algorithm),
        signedAttributes: { signingTime: AT, capabilities: true, encryptionCertificate: certificate, extra: [{ type: '1.2.3.4', values: [encode(integer(7))] }] },
      });
      const detachedOptions = detached ? ['-content', 'content'] : [];
      const reading = ['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', `${name}.pem`, '-purpose', 'any', ...detachedOptions];
      // OpenSSL 3.0 has no Ed25519 in CMS.
      if (algorithm !== 'ed25519') assert.deepEqual(openssl(reading, cms), Buffer.from(CONTENT));
      const verified = await verify(cms, detached ? CONTENT : null);
      assert.deepEqual(verified.signingTime, AT);
      assert.equal(verified.namesCertificate, true);
      assert.equal(verified.attributes.get('1.2.3.4')?.[0].integer(), 7n);
      assert.ok(verified.attributes.has(ATTRIBUTE.smimeCapabilities) && verified.attributes.has(ATTRIBUTE.encrypKeyPref));
    });
  }
}

test('signs by key identifier, with a chain', async () => {
  const cms = await buildSigned({
    content: CONTENT, certificate: p256.certificate, chain: [rsa.certificate.der], sid: 'subjectKeyIdentifier',
    sign: await importSigner(p256.pkcs8, 'ecdsa-sha256'),
  });
  openssl(['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', 'bob.pem', '-purpose', 'any'], cms);
  assert.equal(parseSigned(cms).certificates.length, 2);
  await verify(cms);
});

test('verifies each of several signers', async () => {
  const cms = sign('-nodetach', '-signer', 'alice.pem', '-inkey', 'alice.key', '-signer', 'bob.pem', '-inkey', 'bob.key');
  assert.equal(parseSigned(cms).signers.length, 2);
  await verify(cms, null, 0);
  await verify(cms, null, 1);
});

test('reads certs-only messages, and writes them for OpenSSL', () => {
  const own = buildCertificatesOnly([rsa.certificate.der, p256.certificate.der]);
  assert.equal(parseSigned(own).signers.length, 0);
  assert.match(openssl(['pkcs7', '-inform', 'DER', '-print_certs', '-noout'], own).toString(), /CN = bob/);
  const theirs = openssl(['crl2pkcs7', '-nocrl', '-certfile', 'alice.pem', '-outform', 'DER']);
  assert.equal(parseCertificate(parseSigned(theirs).certificates[0]).commonName, 'alice');
});

test('refuses signed attributes passed off as content, as OpenSSL does not [N21]', async () => {
  const genuine = parseSigned(sign(...OPENSSL.RSA, '-nodetach'));
  const [signer] = genuine.signers;
  const info = sequence(
    integer(1), sequence(rsa.certificate.issuer.der, rsa.certificate.serialNumberDer), sequence(oid(DIGEST.sha256)),
    signer.signatureAlgorithm.raw, octetString(signer.signature));
  const forged = encode(sequence(oid(CONTENT_TYPE.signedData), explicit(0, sequence(
    integer(1), setOf([sequence(oid(DIGEST.sha256))]), sequence(oid(CONTENT_TYPE.data), explicit(0, octetString(signer.signedBytes[0]))),
    setOf([rsa.certificate.der], 0xa0), setOf([info])))));
  // OpenSSL lets it pass, which is why the rule is ours to keep.
  openssl(['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', 'alice.pem', '-purpose', 'any'], forged);
  await assert.rejects(verify(forged), AttributesError);
});

test('refuses a signature without signed attributes [N22]', async () => {
  await assert.rejects(verify(sign(...OPENSSL.RSA, '-nodetach', '-noattr')), AttributesError);
});

test('refuses a certificate other than the one named', async () => {
  const cms = sign(...OPENSSL.signingCertificateV2);
  const signed = parseSigned(cms);
  await assert.rejects(verifySigner(signed, signed.signers[0], CONTENT, rsa.certificate), SignerMismatchError);
  // Same issuer, serial and key, other bytes: only signingCertificateV2 tells them apart.
  const twin = parseCertificate(openssl(['x509', '-in', 'bob.pem', '-outform', 'DER']));
  const altered = { ...twin, der: twin.der.map((octet, i) => (i === twin.der.length - 1 ? octet ^ 1 : octet)) };
  await assert.rejects(verifySigner(signed, signed.signers[0], CONTENT, altered), SignerMismatchError);
});

test('refuses an altered signature', async () => {
  for (const options of [OPENSSL.RSA, OPENSSL.PSS, OPENSSL['ECDSA P-256']]) {
    const cms = sign(...options);
    cms[cms.length - 3] ^= 1;
    await assert.rejects(verify(cms, CONTENT), SignatureError);
  }
});

test('tells weak algorithms from broken signatures [N31]', async () => {
  issue('small', 'rsa1024');
  await assert.rejects(verify(sign('-signer', 'small.pem', '-inkey', 'small.key'), CONTENT), WeakAlgorithmError);
  await assert.rejects(verify(sign(...OPENSSL.RSA, '-md', 'sha1'), CONTENT), WeakAlgorithmError);
  await assert.rejects(verify(sign(...OPENSSL.RSA, '-md', 'md5'), CONTENT), WeakAlgorithmError);
});

test('refuses opaque content that differs from the content beside it', async () => {
  await assert.rejects(verify(sign(...OPENSSL.RSA, '-nodetach'), CONTENT.slice(1)), DigestMismatchError);
});

test('refuses more signers than anybody needs', () => {
  const nothing = encode(integer(0));
  const many = encode(sequence(oid(CONTENT_TYPE.signedData), explicit(0, sequence(
    integer(1), setOf([]), sequence(oid(CONTENT_TYPE.data)), setOf(Array.from({ length: 65 }, () => nothing))))));
  assert.throws(() => parseSigned(many), LimitError);
});
