/**
 * SignerInfo (RFC 5652 §5.3): what one signer claims. Nothing here is verified.
 * @module
 */
import { readAttributes } from './attributes.js';
import { TAG, context } from './ber.js';
import { AttributesError } from './errors.js';
import { concat } from './octets.js';
import { readIdentifier } from './recipients.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */

export class SignerInfo {
  /** @type {Map<string, Element[]> | null} */
  #attributes = null;

  /** @param {Element} info */
  constructor(info) {
    const fields = info.expect(TAG.SEQUENCE).cursor();
    fields.take(TAG.INTEGER);
    /** Who signed, by name: a RecipientIdentifier has the same two forms. */
    this.sid = readIdentifier(fields.take());
    /** OID */
    this.digestAlgorithm = fields.take(TAG.SEQUENCE).cursor().take(TAG.OID).oid();
    this.signedAttrs = fields.optional(context(0));
    /** AlgorithmIdentifier */
    this.signatureAlgorithm = fields.take(TAG.SEQUENCE);
    this.signature = fields.take().octets();
    this.unsignedAttrs = fields.optional(context(1));
    fields.end();
  }

  /**
   * Signed attributes, values by OID.
   * @returns {Map<string, Element[]>}
   * @throws {AttributesError} there are none, or one is given twice
   */
  get attributes() {
    // Without signedAttrs, the signed attributes of one message pass as the content of another.
    if (!this.signedAttrs) throw new AttributesError('signed attributes are missing');
    this.#attributes ??= readAttributes(this.signedAttrs);
    return this.#attributes;
  }

  /**
   * What was signed: under SET OF, not under the implicit tag (RFC 5652 §5.4).
   * @returns {Bytes}
   */
  get signedBytes() {
    if (!this.signedAttrs || this.signedAttrs.indefinite) throw new AttributesError('signed attributes are not DER');
    return concat(Uint8Array.of(TAG.SET), this.signedAttrs.raw.subarray(1));
  }
}
