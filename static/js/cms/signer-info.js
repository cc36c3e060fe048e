/**
 * SignerInfo (RFC 5652 §5.3): what one signer claims. Nothing here is verified.
 * @module
 */
import { readAttributes } from './attributes.js';
import { TAG, context } from './ber.js';
import { canonical, element, encode, setOf } from './der.js';
import { AttributesError } from './errors.js';
import { equal } from './octets.js';
import { readIdentifier } from './recipients.js';

/** @typedef {import('./octets.js').Bytes} Bytes */
/** @typedef {import('./ber.js').Element} Element */

export class SignerInfo {
  /** @type {Map<string, Element[]> | null} */
  #attributes = null;

  /** @param {Element} info */
  constructor(info) {
    const fields = info.expect(TAG.SEQUENCE).cursor();
    fields.take(TAG.INTEGER).integer();
    /** Who signed, by name: a RecipientIdentifier has the same two forms. */
    this.sid = readIdentifier(fields.take());
    /** OID */
    this.digestAlgorithm = fields.take(TAG.SEQUENCE).algorithm().oid;
    this.signedAttrs = fields.optional(context(0));
    /** AlgorithmIdentifier */
    this.signatureAlgorithm = fields.take(TAG.SEQUENCE);
    this.signature = fields.take(TAG.OCTET_STRING, TAG.CONSTRUCTED_OCTETS).octets();
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
   * What may have been signed, under SET OF and not under the implicit tag: the DER of the set
   * (RFC 5652 §5.4), and, where they were sent otherwise, the attributes as they were sent: some
   * programs sign those.
   * @returns {Bytes[]} one or two
   */
  get signedBytes() {
    if (!this.signedAttrs) throw new AttributesError('signed attributes are missing');
    const attributes = this.signedAttrs.children;
    const ordered = encode(setOf(attributes.map(canonical)));
    const received = encode(element(TAG.SET, ...attributes.map(({ raw }) => raw)));
    return equal(ordered, received) ? [ordered] : [ordered, received];
  }
}
