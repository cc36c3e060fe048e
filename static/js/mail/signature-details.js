/** What the details panel says of one signature that holds. */

/** @typedef {import('../keys/agent.js').Verdict} Verdict */
/** @typedef {import('../cms/public-key.js').PublicKey} PublicKey */

/**
 * @typedef {object} SignatureDetails
 * @property {string} algorithm of the signature, such as `RSA-PSS 3072`, `ECDSA P-256`
 * @property {string} digest such as `SHA-256`
 * @property {string | null} signedAt RFC 3339, as the signer claims
 * @property {'good' | 'unchecked' | 'unknown' | 'revoked'} revocation unchecked: no list was asked; unknown: none answered
 * @property {string | null} revocationChecked RFC 3339, when the list that answered was made
 * @property {string} validFrom RFC 3339
 * @property {string} validTo RFC 3339
 * @property {string} authority who vouches; '' where nobody does
 * @property {Uint8Array} certificate DER
 */

/**
 * @param {import('./verifying.js').Verified} proof
 * @param {Verdict | null} verdict on its certificate; null where nothing can check it
 * @returns {SignatureDetails}
 */
export function signatureDetails({ verified, scheme }, verdict) {
  const { certificate, signingTime, digestName } = verified;
  return {
    algorithm: algorithmName(scheme, certificate.publicKey), digest: digestName,
    signedAt: signingTime?.toISOString() ?? null,
    revocation: revocationOf(verdict), revocationChecked: verdict?.revocationChecked ?? null,
    validFrom: certificate.notBefore.toISOString(), validTo: certificate.notAfter.toISOString(),
    authority: verdict?.authority ?? '', certificate: certificate.der,
  };
}

/** @param {Verdict | null} verdict @returns {SignatureDetails['revocation']} */
function revocationOf(verdict) {
  if (verdict?.error === 'certificate-revoked') return 'revoked';
  if (verdict?.error === 'revocation-unknown') return 'unknown';
  return verdict?.revocation ?? 'unchecked';
}

/** @param {string} scheme @param {PublicKey} key */
function algorithmName(scheme, key) {
  if (key.type === 'rsa') return `${scheme === 'pss' ? 'RSA-PSS' : 'RSA'} ${key.bits}`;
  return key.type === 'ec' ? `ECDSA ${key.curve}` : 'Ed25519';
}
