/**
 * Signature algorithms: verifying with a public key by WebCrypto, and the identifiers we write.
 * @module
 */
import { CERTIFICATE_LIMITS, TAG, context, parseBer } from './ber.js';
import { NULL, encode, explicit, integer, oid, sequence } from './der.js';
import { DIGEST_LENGTHS } from './digest.js';
import { SignatureError, UnsupportedError, WeakAlgorithmError } from './errors.js';
import { concat, equal, fromBigInt, toBigInt, unshared } from './octets.js';
import { DIGEST, DIGEST_NAMES, DIGEST_OIDS, KEY_ALGORITHM, SIGNATURE } from './oids.js';
import { rsaPublicKeyInfo } from './public-key.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */
/** @typedef {import('./public-key.js').PublicKey} PublicKey */
/** @typedef {{scheme: 'rsa' | 'pss' | 'ecdsa' | 'ed25519', hash: string, saltLength?: number}} SignatureScheme */

/** @type {Readonly<Record<string, SignatureScheme>>} */
const SCHEMES = Object.freeze({
  [SIGNATURE.sha256WithRsa]: { scheme: 'rsa', hash: 'SHA-256' },
  [SIGNATURE.sha384WithRsa]: { scheme: 'rsa', hash: 'SHA-384' },
  [SIGNATURE.sha512WithRsa]: { scheme: 'rsa', hash: 'SHA-512' },
  [SIGNATURE.ecdsaWithSha256]: { scheme: 'ecdsa', hash: 'SHA-256' },
  [SIGNATURE.ecdsaWithSha384]: { scheme: 'ecdsa', hash: 'SHA-384' },
  [SIGNATURE.ecdsaWithSha512]: { scheme: 'ecdsa', hash: 'SHA-512' },
  [KEY_ALGORITHM.ed25519]: { scheme: 'ed25519', hash: 'SHA-512' },
});

/** @type {readonly string[]} */
const WEAK = Object.freeze([SIGNATURE.md5WithRsa, SIGNATURE.sha1WithRsa, SIGNATURE.ecdsaWithSha1, DIGEST.md5, DIGEST.sha1]);

/** @param {string} digestOid @returns {string} name, of a digest that still counts */
export function strongDigest(digestOid) {
  if (WEAK.includes(digestOid)) throw new WeakAlgorithmError('SHA-1 or MD5');
  const name = DIGEST_NAMES[digestOid];
  if (!name) throw new UnsupportedError('digest algorithm', digestOid);
  return name;
}

/**
 * @param {Element} algorithm AlgorithmIdentifier of a signature
 * @param {string} hash digest named beside it, for rsaEncryption and the like, which name none
 * @returns {SignatureScheme}
 */
export function readScheme(algorithm, hash) {
  const { oid: found, parameters } = algorithm.expect(TAG.SEQUENCE).algorithm();
  if (WEAK.includes(found)) throw new WeakAlgorithmError('SHA-1 or MD5');
  if (found === KEY_ALGORITHM.rsaEncryption && hash) return { scheme: 'rsa', hash };
  if (found === KEY_ALGORITHM.rsaPss) return readPss(parameters);
  const scheme = SCHEMES[found];
  if (!scheme) throw new UnsupportedError('signature algorithm', found);
  return scheme;
}

/** RSASSA-PSS-params (RFC 4055 §3.1); the defaults are SHA-1, hence weak. @param {Element | null} parameters @returns {SignatureScheme} */
function readPss(parameters) {
  const fields = parameters?.expect(TAG.SEQUENCE).cursor();
  const hash = fields?.optional(context(0))?.only();
  const mask = fields?.optional(context(1))?.only().expect(TAG.SEQUENCE).algorithm();
  const salt = fields?.optional(context(2))?.only();
  const trailer = fields?.optional(context(3))?.only();
  fields?.end();
  const name = strongDigest(hash?.expect(TAG.SEQUENCE).algorithm().oid ?? DIGEST.sha1);
  const maskHash = strongDigest(mask?.parameters?.expect(TAG.SEQUENCE).algorithm().oid ?? DIGEST.sha1);
  const usual = mask?.oid === KEY_ALGORITHM.mgf1 && maskHash === name && (trailer?.smallInteger() ?? 1) === 1;
  if (!usual) throw new UnsupportedError('PSS parameters', KEY_ALGORITHM.rsaPss);
  return { scheme: 'pss', hash: name, saltLength: salt?.smallInteger() ?? 20 };
}

/**
 * Verifies `signature` over `signed`.
 * @param {{spki: Bytes, publicKey: PublicKey}} holder @param {SignatureScheme} scheme @param {Uint8Array} signature @param {Uint8Array} signed
 * @returns {Promise<void>}
 * @throws {SignatureError} it does not verify, or the key is of another kind
 * @throws {WeakAlgorithmError} RSA below 2048 bits, or of an exponent below 65537
 */
export async function verifySignature({ spki, publicKey }, scheme, signature, signed) {
  const { importing, verifying, form } = plan(publicKey, scheme);
  const key = await importVerifier(spki, publicKey, importing);
  const genuine = await crypto.subtle.verify(verifying, key, unshared(form(signature)), unshared(signed)).catch(() => false);
  if (!genuine) throw new SignatureError('the signature does not verify');
}

/** @param {Bytes} spki @param {PublicKey} publicKey @param {RsaHashedImportParams | EcKeyImportParams | {name: string}} importing */
async function importVerifier(spki, publicKey, importing) {
  // WebCrypto knows RSA keys under one identifier only.
  const known = publicKey.type === 'rsa' && publicKey.pssOnly ? rsaPublicKeyInfo(publicKey) : spki;
  return crypto.subtle.importKey('spki', known, importing, false, ['verify']).catch((error) => {
    if (error?.name === 'NotSupportedError') throw new UnsupportedError('signature algorithm of this platform');
    throw new SignatureError('the public key is not a key');
  });
}

/** How WebCrypto verifies it. @param {PublicKey} key @param {SignatureScheme} scheme */
function plan(key, { scheme, hash, saltLength = 0 }) {
  const asIs = (/** @type {Uint8Array} */ signature) => signature;
  if (key.type === 'rsa' && (scheme === 'rsa' || scheme === 'pss')) {
    if (key.bits < 2048 || key.exponent < 65537n) throw new WeakAlgorithmError('RSA below 2048 bits, or of a small exponent');
    if (key.pssOnly && scheme !== 'pss') throw new SignatureError('the key is for PSS only');
    const name = scheme === 'rsa' ? 'RSASSA-PKCS1-v1_5' : 'RSA-PSS';
    return { importing: { name, hash }, verifying: { name, saltLength }, form: asIs };
  }
  if (key.type === 'ec' && scheme === 'ecdsa' && key.curve in COORDINATE_LENGTHS) {
    const importing = { name: 'ECDSA', namedCurve: key.curve };
    return { importing, verifying: { name: 'ECDSA', hash }, form: (/** @type {Uint8Array} */ der) => ecdsaFromDer(der, key.curve) };
  }
  if (key.type === 'ed25519' && scheme === 'ed25519') return { importing: { name: 'Ed25519' }, verifying: { name: 'Ed25519' }, form: asIs };
  throw new SignatureError('the key is not of the kind the signature says');
}

/** @type {Readonly<Record<string, number>>} */
const COORDINATE_LENGTHS = Object.freeze({ 'P-256': 32, 'P-384': 48, 'P-521': 66 });

/**
 * Ecdsa-Sig-Value (RFC 3279 §2.2.3), in DER, to r ‖ s.
 * @param {Uint8Array} der @param {string} curve @returns {Bytes}
 * @throws {SignatureError} another encoding: one signature has one, or a signed message had two hashes
 */
export function ecdsaFromDer(der, curve) {
  const raw = readEcdsa(der, COORDINATE_LENGTHS[curve]);
  if (!raw || !equal(ecdsaToDer(raw), der)) throw new SignatureError('the ECDSA signature is not DER');
  return raw;
}

/** @param {Uint8Array} der @param {number} length of a coordinate @returns {Bytes | null} */
function readEcdsa(der, length) {
  try {
    const fields = parseBer(der, CERTIFICATE_LIMITS).cursor();
    const numbers = [fields.take(TAG.INTEGER).integer(), fields.take(TAG.INTEGER).integer()];
    const inRange = numbers.every((number) => number > 0n && number < 1n << BigInt(8 * length));
    return inRange ? concat(...numbers.map((number) => fromBigInt(number, length))) : null;
  } catch {
    return null;
  }
}

/** r ‖ s to Ecdsa-Sig-Value. @param {Uint8Array} raw @returns {Bytes} */
export function ecdsaToDer(raw) {
  const half = raw.length / 2;
  return encode(sequence(integer(toBigInt(raw.subarray(0, half))), integer(toBigInt(raw.subarray(half)))));
}

/**
 * Signature algorithms we write: `digest` is that of the content.
 * @typedef {'rsa-sha256' | 'rsa-pss-sha256' | 'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512' | 'ed25519'} SignatureAlgorithm
 */
/** @type {Readonly<Record<SignatureAlgorithm, {hash: string, identifier: Bytes}>>} */
export const SIGNATURE_ALGORITHMS = Object.freeze({
  'rsa-sha256': { hash: 'SHA-256', identifier: encode(sequence(oid(SIGNATURE.sha256WithRsa), NULL)) },
  'rsa-pss-sha256': { hash: 'SHA-256', identifier: pssIdentifier('SHA-256') },
  'ecdsa-sha256': { hash: 'SHA-256', identifier: encode(sequence(oid(SIGNATURE.ecdsaWithSha256))) },
  'ecdsa-sha384': { hash: 'SHA-384', identifier: encode(sequence(oid(SIGNATURE.ecdsaWithSha384))) },
  'ecdsa-sha512': { hash: 'SHA-512', identifier: encode(sequence(oid(SIGNATURE.ecdsaWithSha512))) },
  ed25519: { hash: 'SHA-512', identifier: encode(sequence(oid(KEY_ALGORITHM.ed25519))) },
});

/** @param {string} hash */
function pssIdentifier(hash) {
  const digest = sequence(oid(DIGEST_OIDS[hash]), NULL);
  const mask = sequence(oid(KEY_ALGORITHM.mgf1), digest);
  return encode(sequence(oid(KEY_ALGORITHM.rsaPss), sequence(explicit(0, digest), explicit(1, mask), explicit(2, integer(DIGEST_LENGTHS[hash])))));
}

/** The algorithm we write for a key. @param {PublicKey} key @returns {SignatureAlgorithm} */
export function algorithmFor(key) {
  if (key.type === 'rsa') return 'rsa-sha256';
  if (key.type === 'ed25519') return 'ed25519';
  const byCurve = /** @type {Record<string, SignatureAlgorithm>} */ ({ 'P-256': 'ecdsa-sha256', 'P-384': 'ecdsa-sha384', 'P-521': 'ecdsa-sha512' });
  const found = key.type === 'ec' ? byCurve[key.curve] : undefined;
  if (!found) throw new UnsupportedError('signature key');
  return found;
}

/**
 * Imports a PKCS#8 key as a signing function for `buildSigned`.
 * @param {Uint8Array} pkcs8 @param {SignatureAlgorithm} algorithm
 * @returns {Promise<(tbs: Uint8Array) => Promise<Bytes>>}
 */
export async function importSigner(pkcs8, algorithm) {
  const { importing, signing, form } = signingPlan(algorithm);
  const key = await crypto.subtle.importKey('pkcs8', unshared(pkcs8), importing, false, ['sign']);
  return async (tbs) => form(new Uint8Array(await crypto.subtle.sign(signing, key, unshared(tbs))));
}

/** @param {SignatureAlgorithm} algorithm */
function signingPlan(algorithm) {
  const { hash } = SIGNATURE_ALGORITHMS[algorithm];
  const asIs = (/** @type {Bytes} */ signature) => signature;
  if (algorithm === 'ed25519') return { importing: { name: 'Ed25519' }, signing: { name: 'Ed25519' }, form: asIs };
  if (algorithm.startsWith('ecdsa')) {
    const namedCurve = { 'SHA-256': 'P-256', 'SHA-384': 'P-384', 'SHA-512': 'P-521' }[hash] ?? '';
    return { importing: { name: 'ECDSA', namedCurve }, signing: { name: 'ECDSA', hash }, form: ecdsaToDer };
  }
  const name = algorithm === 'rsa-sha256' ? 'RSASSA-PKCS1-v1_5' : 'RSA-PSS';
  return { importing: { name, hash }, signing: { name, saltLength: DIGEST_LENGTHS[hash] }, form: asIs };
}
