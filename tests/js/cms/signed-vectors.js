/**
 * Makes `tests/vectors/signed/signed.json`: `node tests/js/cms/signed-vectors.js`. Every SignedData is
 * put together by hand from an honest signer's key, so that exactly one thing is wrong with it.
 * @module
 */
import { constants, createHash, createPrivateKey, sign as signWith } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { NULL, element, encode, enumerated, explicit, integer, octetString, oid, sequence, setOf } from '../../../static/js/cms/der.js';
import { concat, toBase64, utf8 } from '../../../static/js/cms/octets.js';
import { ATTRIBUTE, CONTENT_TYPE, DIGEST, KEY_ALGORITHM, SIGNATURE } from '../../../static/js/cms/oids.js';
import { issue } from './openssl.js';
import { toBer } from './to-ber.js';

/** @typedef {ReturnType<typeof issue>} Person */
/** @typedef {import('../../../static/js/cms/der.js').Part} Part */

const CONTENT = utf8('Content-Type: text/plain\r\n\r\nBonjour.\r\n');
const OTHER_TYPE = '1.2.840.113549.1.9.16.1.4';
const people = { rsa: issue('alice', 'rsa'), ec: issue('bob', 'P-256'), ed25519: issue('emma', 'ed25519'), small: issue('samuel', 'rsa1024'), cube: issue('camille', 'rsa-e3'), pss: issue('paula', 'rsa-pss') };

/** @param {string} name @param {Uint8Array} bytes */
const hash = (name, bytes) => new Uint8Array(createHash(name).update(bytes).digest());

/** @param {string} type @param {...Part} values */
const attribute = (type, ...values) => encode(sequence(oid(type), setOf(values)));

/** @param {string} [type] @param {Uint8Array} [content] @param {string} [digest] */
const honest = (type = CONTENT_TYPE.data, content = CONTENT, digest = 'sha256') => [
  attribute(ATTRIBUTE.contentType, oid(type)), attribute(ATTRIBUTE.messageDigest, octetString(hash(digest, content))),
];

/** ESSCertID and ESSCertIDv2 (RFC 2634 §5.4.1, RFC 5035 §4). @param {string} type @param {...Part} id */
const signingCertificate = (type, ...id) => attribute(type, sequence(sequence(sequence(...id))));

/** In the order given, under any tag. @param {number} tag @param {Uint8Array[]} attributes */
const asGiven = (tag, attributes) => encode(element(tag, ...attributes));

/** @param {string} id @param {boolean} [parameters] NULL */
const algorithm = (id, parameters = false) => sequence(oid(id), ...(parameters ? [NULL] : []));

/** RSASSA-PSS-params. @param {{mask?: string, salt?: number, saltType?: typeof enumerated, trailer?: number}} options */
function pssAlgorithm({ mask = DIGEST.sha256, salt = 32, saltType = integer, trailer }) {
  const generation = sequence(oid(KEY_ALGORITHM.mgf1), algorithm(mask, true));
  const fields = [explicit(0, algorithm(DIGEST.sha256, true)), explicit(1, generation), explicit(2, saltType(salt))];
  if (trailer) fields.push(explicit(3, integer(trailer)));
  return sequence(oid(KEY_ALGORITHM.rsaPss), sequence(...fields));
}

/** @param {Person} person @param {string} digest @param {Uint8Array} signed @param {object} [options] of the key */
function signature({ pkcs8 }, digest, signed, options = {}) {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  return new Uint8Array(signWith(digest || null, signed, { key, ...options }));
}

/**
 * @typedef {object} Parts
 * @property {Person} [person]
 * @property {Uint8Array[]} [attributes] sorted as DER has them, for `sent` and `signed`
 * @property {Uint8Array | null} [sent] the `[0]` field; null leaves it out
 * @property {Uint8Array} [signed] what is signed
 * @property {string} [digest] OID of digestAlgorithm
 * @property {Part} [scheme] signatureAlgorithm
 * @property {(signed: Uint8Array) => Uint8Array} [sign]
 * @property {string} [contentType]
 * @property {Uint8Array} [content]
 */

/** @param {Parts} parts @returns {Uint8Array} */
function signedData({
  person = people.ec, attributes = honest(), sent = encode(setOf(attributes, 0xa0)), signed = encode(setOf(attributes)),
  digest = DIGEST.sha256, scheme = algorithm(SIGNATURE.ecdsaWithSha256), sign = (bytes) => signature(person, 'sha256', bytes),
  contentType = CONTENT_TYPE.data, content = CONTENT,
}) {
  const { issuer, serialNumberDer, der } = person.certificate;
  const info = sequence(
    integer(1), sequence(issuer.der, serialNumberDer), algorithm(digest), ...(sent ? [sent] : []), scheme, octetString(sign(signed)));
  return encode(sequence(oid(CONTENT_TYPE.signedData), explicit(0, sequence(
    integer(contentType === CONTENT_TYPE.data ? 1 : 3), setOf([algorithm(digest)]), sequence(oid(contentType), explicit(0, octetString(content))),
    setOf([der], 0xa0), setOf([info])))));
}

const rsaScheme = { person: people.rsa, scheme: algorithm(SIGNATURE.sha256WithRsa, true) };
/** @param {Parameters<typeof pssAlgorithm>[0]} options @param {Person} [person] @returns {Parts} */
const pss = (options, person = people.rsa) => ({
  person, scheme: pssAlgorithm(options),
  sign: (signed) => signature(person, 'sha256', signed, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: options.salt ?? 32 }),
});

/** The longer first, then by octets: not the order of DER. */
const reversed = honest().sort((a, b) => b.length - a.length);
const withExtra = (/** @type {Uint8Array[]} */ ...extra) => ({ attributes: [...honest(), ...extra] });
const certificate = people.ec.certificate.der;

/** Ecdsa-Sig-Value with an overlong length: BER, not DER. @param {Uint8Array} der */
const overlong = (der) => concat(Uint8Array.of(0x30, 0x81), der.subarray(1));

/** @type {[string, string, Parts][]} name, outcome, parts */
const CASES = [
  ['attributes in order', 'ok', {}],
  ['attributes out of order, signed in order', 'ok', { sent: asGiven(0xa0, reversed) }],
  ['attributes out of order, signed as sent', 'ok', { sent: asGiven(0xa0, reversed), signed: asGiven(0x31, reversed) }],
  ['attributes in BER, signed in DER', 'ok', { sent: toBer(encode(setOf(honest(), 0xa0))) }],
  ['an attribute nobody knows, with two values', 'ok', withExtra(attribute('1.2.3.4', integer(1), integer(2)))],
  ['another content type', 'ok', { contentType: OTHER_TYPE, attributes: honest(OTHER_TYPE) }],
  ['an attribute twice [N24]', 'attributes', { attributes: [...honest(), honest()[1]] }],
  ['two messageDigest attributes, one of them right [N24]', 'attributes', { attributes: [...honest(), attribute(ATTRIBUTE.messageDigest, octetString(new Uint8Array(32)))] }],
  ['messageDigest with two values', 'attributes', { attributes: [honest()[0], attribute(ATTRIBUTE.messageDigest, octetString(hash('sha256', CONTENT)), octetString(new Uint8Array(32)))] }],
  ['messageDigest without a value', 'attributes', { attributes: [honest()[0], attribute(ATTRIBUTE.messageDigest)] }],
  ['smimeCapabilities with two values', 'attributes', withExtra(attribute(ATTRIBUTE.smimeCapabilities, sequence(), sequence(algorithm('1.2.3'))))],
  ['no messageDigest', 'attributes', { attributes: honest().slice(0, 1) }],
  ['no contentType', 'attributes', { attributes: honest().slice(1) }],
  ['the contentType of something else', 'attributes', { attributes: honest(OTHER_TYPE) }],
  ['no signed attributes, id-data [N22]', 'attributes', { sent: null, signed: CONTENT }],
  ['an empty set of signed attributes', 'attributes', { attributes: [] }],
  ['signed attributes passed off as content [N21]', 'attributes', { sent: null, content: encode(setOf(honest())) }],
  ['the digest of another content', 'digest', { attributes: honest(CONTENT_TYPE.data, utf8('other')) }],
  ['attributes altered after they were signed', 'signature', { signed: encode(setOf(honest().slice(1))) }],
  ['signingCertificateV2 of this certificate', 'ok', withExtra(signingCertificate(ATTRIBUTE.signingCertificateV2, octetString(hash('sha256', certificate))))],
  ['signingCertificateV2 with SHA-384', 'ok', withExtra(signingCertificate(ATTRIBUTE.signingCertificateV2, algorithm(DIGEST.sha384), octetString(hash('sha384', certificate))))],
  ['signingCertificateV2 of another certificate', 'signer', withExtra(signingCertificate(ATTRIBUTE.signingCertificateV2, octetString(new Uint8Array(32))))],
  ['signingCertificate of this certificate', 'ok', withExtra(signingCertificate(ATTRIBUTE.signingCertificate, octetString(hash('sha1', certificate))))],
  ['signingCertificate of another certificate', 'signer', withExtra(signingCertificate(ATTRIBUTE.signingCertificate, octetString(new Uint8Array(20))))],
  ['SHA-1 as digest [N31]', 'weak', { digest: DIGEST.sha1, attributes: honest(CONTENT_TYPE.data, CONTENT, 'sha1'), scheme: algorithm(SIGNATURE.ecdsaWithSha1), sign: (signed) => signature(people.ec, 'sha1', signed) }],
  ['SHA-1 in the signature alone [N31]', 'weak', { scheme: algorithm(SIGNATURE.ecdsaWithSha1), sign: (signed) => signature(people.ec, 'sha1', signed) }],
  ['MD5 as digest [N31]', 'weak', { ...rsaScheme, digest: DIGEST.md5, attributes: honest(CONTENT_TYPE.data, CONTENT, 'md5'), scheme: algorithm(SIGNATURE.md5WithRsa, true), sign: (signed) => signature(people.rsa, 'md5', signed) }],
  ['RSA of 1,024 bits [N31]', 'weak', { person: people.small, scheme: algorithm(SIGNATURE.sha256WithRsa, true) }],
  ['RSA with the exponent 3 [N31]', 'weak', { person: people.cube, scheme: algorithm(SIGNATURE.sha256WithRsa, true) }],
  ['two digest algorithms', 'attributes', { scheme: algorithm(SIGNATURE.ecdsaWithSha512), sign: (signed) => signature(people.ec, 'sha512', signed) }],
  ['RSA under rsaEncryption', 'ok', { ...rsaScheme, scheme: algorithm(KEY_ALGORITHM.rsaEncryption, true) }],
  ['RSA under sha256WithRSAEncryption', 'ok', rsaScheme],
  ['PSS', 'ok', pss({})],
  ['PSS with a salt of 20 octets', 'ok', pss({ salt: 20 })],
  ['PSS with the trailer field written', 'ok', pss({ trailer: 1 })],
  ['PSS with another trailer field', 'unsupported', pss({ trailer: 2 })],
  ['PSS with another salt than it says', 'signature', { ...pss({}), scheme: pssAlgorithm({ salt: 20 }) }],
  ['PSS with its salt as an ENUMERATED', 'encoding', pss({ saltType: enumerated })],
  ['PSS of a key for PSS only', 'ok', pss({}, people.pss)],
  ['PSS with SHA-1 in the mask', 'weak', pss({ mask: DIGEST.sha1 })],
  ['PSS with SHA-512 in the mask', 'unsupported', pss({ mask: DIGEST.sha512 })],
  ['Ed25519', 'ok', { person: people.ed25519, digest: DIGEST.sha512, attributes: honest(CONTENT_TYPE.data, CONTENT, 'sha512'), scheme: algorithm(KEY_ALGORITHM.ed25519), sign: (signed) => signature(people.ed25519, '', signed) }],
  ['an RSA signature under an ECDSA identifier', 'signature', { person: people.rsa }],
  ['an ECDSA signature in BER', 'signature', { sign: (signed) => overlong(signature(people.ec, 'sha256', signed)) }],
  ['an empty signature', 'signature', { sign: () => new Uint8Array() }],
  ['a signature algorithm nobody knows', 'unsupported', { scheme: algorithm('1.2.3.4') }],
];

const file = new URL('../../vectors/signed/signed.json', import.meta.url);
const vectors = CASES.map(([name, expect, parts]) => ({ name, expect, cms: toBase64(signedData(parts)) }));
mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ vectors }, null, 1)}\n`);
