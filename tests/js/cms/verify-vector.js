/**
 * Verifies a vector of `tests/vectors/signed`, in Node and in Chromium alike: nothing of either is used.
 * @module
 */
import * as errors from '../../../static/js/cms/errors.js';
import { fromBase64 } from '../../../static/js/cms/octets.js';
import { parseSigned, signerCertificate, verifySigner } from '../../../static/js/cms/signed.js';

/** @type {Map<Function, string>} exactly this class */
const OUTCOMES = new Map([
  [errors.AttributesError, 'attributes'], [errors.DigestMismatchError, 'digest'], [errors.SignatureError, 'signature'],
  [errors.SignerMismatchError, 'signer'], [errors.WeakAlgorithmError, 'weak'], [errors.UnsupportedError, 'unsupported'],
  [errors.EncodingError, 'encoding'],
]);

/** @param {{cms: string}} vector @returns {Promise<string>} its outcome */
export async function verifyVector({ cms }) {
  const signed = parseSigned(fromBase64(cms));
  const certificate = signerCertificate(signed, signed.signers[0]);
  if (!certificate) return 'no certificate';
  return verifySigner(signed, signed.signers[0], null, certificate)
    .then(() => 'ok', (error) => OUTCOMES.get(error.constructor) ?? `crashed: ${error}`);
}

/** @param {{cms: string}[]} vectors */
export const verifyVectors = (vectors) => Promise.all(vectors.map(verifyVector));
