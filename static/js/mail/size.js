/**
 * How much a message weighs where its limit counts: as the RFC 5322 bytes that leave (DESIGN §6, *Limits*). What is
 * attached is written in base64 as a part, and the encrypted whole in base64 once more.
 */

/** Bytes of one whole message. */
export const MAX_MESSAGE = 50_000_000;

/** The signature with the certificates of card and mailbox. */
const SIGNATURE = 32_768;
/** One RecipientInfo: names of an issuer, a serial number and a key encrypted by RSA-4096; and the address outside. */
const RECIPIENT = 1_200;
/** Fields, boundaries and what else does not grow with the content. */
const FIELDS = 4_096;

/** The message is over the limit; `data` names its size and the limit, in bytes. */
export class MessageTooLarge extends Error {
  name = 'MessageTooLarge';
  code = 'message-too-large';

  /** @param {number} size */
  constructor(size) {
    super('message-too-large');
    this.data = { size, limit: MAX_MESSAGE };
  }
}

/** Bytes of base64 in lines of 76 characters (RFC 2045 §6.8). @param {number} bytes */
const base64Size = (bytes) => Math.ceil(bytes / 3) * 4 + Math.ceil(bytes / 57) * 2;

/**
 * @param {number} payload bytes of the MIME entity that is signed
 * @param {number} recipients of one CMS
 * @returns {number} bytes of the message that leaves, at most
 */
export function wireSize(payload, recipients) {
  return FIELDS + recipients * RECIPIENT + base64Size(payload + base64Size(SIGNATURE) + recipients * RECIPIENT);
}

/**
 * The same of a message not yet serialised, so that nothing is copied for one that cannot leave.
 * @param {{text: string, attachments: {bytes: {length: number}}[]}} draft
 * @param {number} [recipients]
 * @returns {number} bytes
 */
export function draftSize({ text, attachments }, recipients = 1) {
  const files = attachments.reduce((sum, { bytes }) => sum + base64Size(bytes.length) + 1_024, 0);
  return wireSize(text.length + files, recipients);
}

/** @param {number} size @throws {MessageTooLarge} */
export function refuseLarge(size) {
  if (size > MAX_MESSAGE) throw new MessageTooLarge(size);
}
