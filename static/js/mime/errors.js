/** Errors of the MIME modules. Their text never holds message content; `code` is stable. */

export class MimeError extends Error {
  /**
   * @param {string} code stable, e.g. `too-many-parts`, `address-malformed`
   * @param {string} [message] English, for logs
   */
  constructor(code, message = code) {
    super(message);
    this.name = 'MimeError';
    this.code = code;
  }
}

/** A size, count or depth over DESIGN §6: nothing of the message is shown. */
export class LimitError extends MimeError {}

/** An address or address list that RFC 5322 forbids, or that two programs could read in two ways. */
export class AddressError extends MimeError {}
