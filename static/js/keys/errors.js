/**
 * What the keys modules refuse. Codes are those of docs/PROTOCOL.md, so that a page needs not know
 * whether a bridge or a vault in the browser refused.
 * @module
 */

export class KeyError extends Error {
  /** @param {string} code @param {{reason?: string, [name: string]: unknown}} [data] */
  constructor(code, data = {}) {
    super(data.reason ? `${code}: ${data.reason}` : code);
    this.name = new.target.name;
    this.code = code;
    this.data = data;
  }
}

/** The grant is not for this holder, or not what the log and the certificates say. */
export class GrantRefused extends KeyError {
  /** @param {string} reason `malformed`, `context`, `recipient-mismatch`, `sealed`, `key-invalid`, `spki-mismatch`, or one of ActRefused */
  constructor(reason) {
    super('GRANT_REFUSED', { reason });
  }
}

/** The membership log is not an extension of what is known. */
export class LogRefused extends KeyError {
  /** @param {'rollback' | 'fork' | 'gap' | 'signature' | 'restore'} reason */
  constructor(reason) {
    super('LOG_REFUSED', { reason });
  }
}

/** The operator states that it restored a backup, and the person has not agreed to forget what was seen since. */
export class RestoreUnconfirmed extends KeyError {
  /** @param {{statement: string, address: string, seq: number, restoredAt: string, lastAt: string}} data statement: what agreeing names; the log ends with the act `seq`, of `lastAt` */
  constructor(data) {
    super('RESTORE_UNCONFIRMED', data);
  }
}

/** An act that its signer may not do, or whose parts do not belong together (docs/FORMATS.md, *Replay*). */
export class ActRefused extends KeyError {
  /** @param {string} reason */
  constructor(reason) {
    super('GRANT_REFUSED', { reason });
  }
}

/** What only a card and a bridge can do, asked of a passkey session without them. */
export class Unsupported extends KeyError {
  /** @param {'card-needed'} [reason] */
  constructor(reason = 'card-needed') {
    super('UNSUPPORTED', { reason });
  }
}

/** No keys are open under that handle: never, or no more. */
export class HandleUnknown extends KeyError {
  constructor() {
    super('HANDLE_UNKNOWN');
  }
}

/** A certificate does not stand: `code` says why, as `certificates.validate` does. */
export class PathRefused extends KeyError {}
