/**
 * A small path check for a vault without a bridge: issuer signatures, dates, CA flags and key usages
 * up to an anchor the page was given. No revocation and no policies; certificates with a critical
 * extension we do not read are refused (RFC 5280 §6.1). A bridge does the whole of RFC 5280.
 * @module
 */
import { CERTIFICATE_LIMITS, parseBer } from '../cms/ber.js';
import { equal } from '../cms/octets.js';
import { EXTENSION } from '../cms/oids.js';
import { readScheme, verifySignature } from '../cms/signature.js';
import { WeakAlgorithmError } from '../cms/errors.js';
import { PathRefused } from './errors.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {'encrypt' | 'message-signature' | 'card-signature' | 'card-authentication'} Purpose */
/** @typedef {'health-card' | 'operator' | 'mail'} AnchorPurpose */
/** @typedef {{certificate: Certificate, purposes: AnchorPurpose[]}} Anchor */

const MAX_LENGTH = 6;
/** Signatures looked at for one path: a chain made of look-alikes must not cost more. */
const MAX_SIGNATURES = 40;

/** @type {Readonly<Record<Purpose, readonly AnchorPurpose[]>>} */
const ANCHORS_FOR = Object.freeze({
  encrypt: ['operator', 'mail'],
  'message-signature': ['operator', 'mail', 'health-card'],
  'card-signature': ['health-card'],
  'card-authentication': ['health-card'],
});

/** @type {ReadonlySet<string>} */
const READ_EXTENSIONS = new Set([
  EXTENSION.subjectKeyIdentifier, EXTENSION.keyUsage, EXTENSION.subjectAltName, EXTENSION.basicConstraints,
  EXTENSION.extKeyUsage, EXTENSION.certificatePolicies,
]);

/**
 * @param {Certificate} certificate
 * @param {{chain: Certificate[], anchors: Anchor[], purpose: Purpose, at: Date}} options chain: intermediates, in any order, not trusted
 * @returns {Promise<Anchor>} the anchor that vouches
 * @throws {PathRefused} certificate-expired, certificate-not-yet-valid, certificate-untrusted, wrong-key-usage, weak-algorithm
 */
export async function checkPath(certificate, options) {
  return (await findPath(certificate, options)).anchor;
}

/**
 * Whose key signed a certificate. Only of this authority is it certain that it stands above: anybody can certify its name and key, and so
 * put himself over it.
 * @param {Certificate} certificate @param {Parameters<typeof checkPath>[1]} options
 * @returns {Promise<Certificate>}
 * @throws {PathRefused} as checkPath
 */
export async function issuerOf(certificate, options) {
  return (await findPath(certificate, options)).issuer;
}

/** @typedef {{issuer: Certificate, anchor: Anchor}} Path */

/** @param {Certificate} certificate @param {Parameters<typeof checkPath>[1]} options @returns {Promise<Path>} @throws {PathRefused} */
async function findPath(certificate, { chain, anchors, purpose, at }) {
  checkUsage(certificate, purpose);
  checkDates(certificate, at);
  checkExtensions(certificate);
  const trusted = anchors.filter(({ purposes }) => purposes.some((each) => ANCHORS_FOR[purpose].includes(each)));
  const path = await climb(certificate, { chain, anchors: trusted, purpose, at, signatures: 0 }, 0);
  if (!path) throw new PathRefused('certificate-untrusted');
  return path;
}

/** @typedef {{chain: Certificate[], anchors: Anchor[], purpose: Purpose, at: Date, signatures: number}} Search signatures: looked at so far */

/** @param {Certificate} certificate @param {Search} search @param {number} below intermediates so far @returns {Promise<Path | null>} */
async function climb(certificate, search, below) {
  for (const anchor of search.anchors) {
    if (await isIssuer(anchor.certificate, certificate, search, below)) return { issuer: anchor.certificate, anchor };
  }
  for (const issuer of below < MAX_LENGTH ? search.chain : []) {
    if (equal(issuer.der, certificate.der) || !(await isIssuer(issuer, certificate, search, below))) continue;
    const path = await climb(issuer, search, below + 1);
    if (path) return { ...path, issuer };
  }
  return null;
}

/** @param {Certificate} issuer @param {Certificate} certificate @param {Search} search @param {number} below */
async function isIssuer(issuer, certificate, search, below) {
  if (!equal(issuer.subject.der, certificate.issuer.der)) return false;
  const authority = issuer.certificationAuthority && issuer.pathLength >= below && issuer.keyUsage.has('keyCertSign');
  const mayIssue = authority && (!isOfMail(search.purpose) || speaksOfMail(issuer.extKeyUsage));
  if (!mayIssue || search.at < issuer.notBefore || search.at > issuer.notAfter || !readsExtensions(issuer)) return false;
  if (++search.signatures > MAX_SIGNATURES) throw new PathRefused('certificate-untrusted');
  return isSignedBy(certificate, issuer);
}

/** @param {Certificate} certificate @param {Certificate} issuer @returns {Promise<boolean>} @throws {PathRefused} weak-algorithm */
async function isSignedBy(certificate, issuer) {
  try {
    const scheme = readScheme(parseBer(certificate.signatureAlgorithmDer, CERTIFICATE_LIMITS), '');
    await verifySignature(issuer, scheme, certificate.signature, certificate.tbs);
    return true;
  } catch (error) {
    if (error instanceof WeakAlgorithmError) throw new PathRefused('weak-algorithm');
    return false;
  }
}

/** @param {Certificate} certificate @param {Purpose} purpose */
function checkUsage({ keyUsage, extKeyUsage, publicKey }, purpose) {
  if (!allows(keyUsage, extKeyUsage, purpose)) throw new PathRefused('wrong-key-usage');
  if (publicKey.type === 'rsa' && publicKey.bits < 2048) throw new PathRefused('weak-algorithm');
}

/** @param {Purpose} purpose */
const isOfMail = (purpose) => purpose === 'encrypt' || purpose === 'message-signature';

/** @param {Set<string>} extended also of an authority: one of web servers vouches for no address */
const speaksOfMail = (extended) => extended.size === 0 || extended.has('emailProtection') || extended.has('anyExtendedKeyUsage');

/** @param {Set<string>} usage @param {Set<string>} extended @param {Purpose} purpose */
function allows(usage, extended, purpose) {
  const mail = speaksOfMail(extended);
  const any = usage.size === 0;
  if (purpose === 'encrypt') return mail && (any || usage.has('keyEncipherment') || usage.has('keyAgreement'));
  if (purpose === 'message-signature') return mail && (any || usage.has('digitalSignature') || usage.has('nonRepudiation'));
  if (purpose === 'card-signature') return usage.has('nonRepudiation');
  return usage.has('digitalSignature') && !usage.has('nonRepudiation') && (extended.has('clientAuth') || extended.has('smartcardLogon'));
}

/** @param {Certificate} certificate @param {Date} at */
function checkDates({ notBefore, notAfter }, at) {
  if (at < notBefore) throw new PathRefused('certificate-not-yet-valid');
  if (at > notAfter) throw new PathRefused('certificate-expired');
}

/** @param {Certificate} certificate */
function checkExtensions(certificate) {
  if (!readsExtensions(certificate)) throw new PathRefused('certificate-untrusted');
}

/** @param {Certificate} certificate */
function readsExtensions({ extensions }) {
  // Name constraints bind whether or not they are marked critical, as they must be (RFC 5280 §4.2.1.10).
  return !extensions.has(EXTENSION.nameConstraints) && [...extensions].every(([oid, { critical }]) => !critical || READ_EXTENSIONS.has(oid));
}
