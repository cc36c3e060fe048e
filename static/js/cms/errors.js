/**
 * The tree of errors of the CMS modules. `code` is stable; messages are English, for logs, and
 * never hold content, keys or names read from a message.
 * @module
 */

/** Root of all errors raised by `cms/`. */
export class CmsError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = new.target.name;
    /** Stable, machine readable. */
    this.code = code;
  }
}

/** The bytes are not the structure they should be. */
export class EncodingError extends CmsError {
  /** @param {string} message */
  constructor(message) {
    super('encoding', message);
  }
}

/** The structure is larger or deeper than we accept to read. */
export class LimitError extends CmsError {
  /** @param {string} message */
  constructor(message) {
    super('limit', message);
  }
}

/** Well formed, with an algorithm or an option that is not read or not written here. */
export class UnsupportedError extends CmsError {
  /** @param {string} message @param {string} [oid] the algorithm met */
  constructor(message, oid = '') {
    super('unsupported-algorithm', message);
    this.oid = oid;
  }
}

/**
 * The one failure to decrypt: wrong key, wrong padding, wrong tag or wrong label look alike, so that
 * nobody learns which it was (Efail, Bleichenbacher).
 */
export class DecryptionError extends CmsError {
  constructor() {
    super('decryption-failed', 'the content could not be decrypted');
  }
}

/** The signature does not count as a signature. */
export class SignatureError extends CmsError {
  /** @param {string} message @param {string} [code] */
  constructor(message, code = 'signature-invalid') {
    super(code, message);
  }
}

/** messageDigest differs from the content. */
export class DigestMismatchError extends SignatureError {
  constructor() {
    super('the content is not the one that was signed', 'digest-mismatch');
  }
}

/** signedAttrs are missing, doubled, or contradict the SignedData (RFC 5652 §5.3, §11). */
export class AttributesError extends SignatureError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'attributes-refused');
  }
}

/** The certificate is not the one the signer named (sid, signingCertificateV2). */
export class SignerMismatchError extends SignatureError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'signer-mismatch');
  }
}

/** SHA-1, MD5, RSA below 2048 bits or of a small exponent: it may verify and proves nothing any more. */
export class WeakAlgorithmError extends SignatureError {
  /** @param {string} message */
  constructor(message) {
    super(message, 'weak-algorithm');
  }
}

/** A certificate that cannot be used for what was asked. */
export class CertificateError extends CmsError {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(code, message);
  }
}
