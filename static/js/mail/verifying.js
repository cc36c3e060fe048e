/**
 * Whether the signatures of a message hold over its octets. Who the signers are is another question, asked of the
 * agent meanwhile. The octets are hashed once for each digest, however many signatures cover them.
 */
import { ATTRIBUTE } from '../cms/oids.js';
import { CmsError } from '../cms/errors.js';
import { digest } from '../cms/digest.js';
import { readScheme } from '../cms/signature.js';
import { verifySigner } from '../cms/signed.js';
import { canonicalLines } from '../mime/bytes.js';
import { isReadable } from './statement.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/signed.js').Signed} Signed */
/** @typedef {import('../cms/signed.js').Signer} SignerInfo */
/** @typedef {import('../cms/signed.js').VerifiedSigner} VerifiedSigner */
/** @typedef {import('./statement.js').Statement} Statement */
/** @typedef {{verified: VerifiedSigner, scheme: string}} Verified scheme: of cms/signature.js */
/** @typedef {Verified & {statement: Statement, card: Verified | 'invalid' | null}} Proof a signature that holds, by a certificate nobody has vouched for */
/** @typedef {(name: string, bytes: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>} Hashing */

/**
 * @param {Statement[]} statements
 * @param {Uint8Array} content the octets they should cover
 * @returns {Promise<{proofs: Proof[], covered: Uint8Array} | {failure: string}>} covered: the octets as they were signed; or the
 *   code of the first failure
 */
export async function verifyAll(statements, content) {
  const hashing = hashedOnce();
  const first = await tryAll(statements, content, hashing);
  if (!('failure' in first) || first.failure !== 'digest-mismatch' || statements[0].signed.content) return first;
  // A relay may have turned CRLF into LF; the canonical form is what was signed then.
  const canonical = canonicalLines(content);
  return canonical === content ? first : tryAll(statements, canonical, hashing);
}

/** @returns {Hashing} */
function hashedOnce() {
  /** @type {Map<string, {bytes: Uint8Array, hash: ReturnType<Hashing>}>} */
  const known = new Map();
  return (name, bytes) => {
    const earlier = known.get(name);
    if (earlier?.bytes === bytes) return earlier.hash;
    const hash = digest(name, bytes);
    known.set(name, { bytes, hash });
    return hash;
  };
}

/** @param {Statement[]} statements @param {Uint8Array} content @param {Hashing} hashing @returns {Promise<{proofs: Proof[], covered: Uint8Array} | {failure: string}>} */
async function tryAll(statements, content, hashing) {
  try {
    return { proofs: await Promise.all(statements.map((statement) => verifyOne(statement, content, hashing))), covered: content };
  } catch (error) {
    return { failure: error instanceof CmsError ? error.code : 'signature-invalid' };
  }
}

/** @param {Statement} statement @param {Uint8Array} content @param {Hashing} hashing @returns {Promise<Proof>} */
async function verifyOne(statement, content, hashing) {
  const [signature, card] = await Promise.all([
    verify(statement, content, hashing),
    statement.card ? verifyCard(statement, content, hashing) : null,
  ]);
  return { ...signature, statement, card };
}

/** @param {{signed: Signed, signerInfo: SignerInfo, certificate: Certificate}} signer @param {Uint8Array} content @param {Hashing} hashing @returns {Promise<Verified>} */
async function verify({ signed, signerInfo, certificate }, content, hashing) {
  // Content enclosed in a signature is what is shown, or the signature is of something else.
  const beside = signed.content === content ? null : content;
  const verified = await verifySigner(signed, signerInfo, beside, certificate, hashing);
  return { verified, scheme: readScheme(signerInfo.signatureAlgorithm, verified.digestName).scheme };
}

/**
 * The card's own signature covers the same octets and names its certificate by signingCertificateV2.
 * @param {Statement} statement @param {Uint8Array} content @param {Hashing} hashing
 * @returns {Promise<Verified | 'invalid'>}
 */
async function verifyCard({ card }, content, hashing) {
  if (!isReadable(card)) return 'invalid';
  try {
    const verified = await verify(card, content, hashing);
    return verified.verified.attributes.has(ATTRIBUTE.signingCertificateV2) ? verified : 'invalid';
  } catch {
    return 'invalid';
  }
}
