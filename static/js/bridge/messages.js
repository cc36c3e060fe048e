/** Names and limits of `pli-bridge.1`, as docs/PROTOCOL.md gives them. */

export const SUBPROTOCOL = 'pli-bridge.1';
export const PORTS = Object.freeze([28610, 28611, 28612, 28613, 28614, 28615, 28616, 28617]);

/** What a bridge must at least be for this page. */
export const OLDEST_BRIDGE = '0.1.0';

/** One websocket frame, in bytes. */
export const FRAME_LIMIT = 64 * 1024;
/** Bytes of one blob.put: 60,000 base64 characters, which leaves room for the JSON around them. */
export const BLOB_CHUNK = 45_000;
/** Base64 characters of parameters that stay inside a call; longer ones travel as blobs. */
export const INLINE_LIMIT = 48_000;
/** Items of one key.unwrap, storage.keys and certificates.validate. */
export const UNWRAP_ITEMS = 64;
export const STORAGE_KEYS = 256;
export const VALIDATE_ITEMS = 64;
/** Messages of one message.sign. */
export const SIGN_MESSAGES = 50;

/** JSON-RPC codes and the names the page works with. @type {Readonly<Record<number, string>>} */
export const ERROR_NAMES = Object.freeze({
  [-32700]: 'PARSE_ERROR',
  [-32600]: 'INVALID_REQUEST',
  [-32601]: 'METHOD_NOT_FOUND',
  [-32602]: 'INVALID_PARAMS',
  [-32603]: 'INTERNAL_ERROR',
  [-32001]: 'NOT_PAIRED',
  [-32003]: 'BUSY',
  [-32004]: 'RATE_LIMITED',
  [-32010]: 'NO_READER',
  [-32011]: 'NO_CARD',
  [-32012]: 'CARD_REMOVED',
  [-32013]: 'CARD_UNSUPPORTED',
  [-32014]: 'CARD_IN_USE',
  [-32020]: 'USER_CANCELLED',
  [-32021]: 'PIN_INCORRECT',
  [-32022]: 'PIN_LOCKED',
  [-32023]: 'PIN_LAST_TRY',
  [-32024]: 'PIN_TIMEOUT',
  [-32025]: 'PIN_REFUSED',
  [-32026]: 'PROMPT_MISSING',
  [-32030]: 'KEY_USE_DENIED',
  [-32031]: 'ALG_UNSUPPORTED',
  [-32032]: 'RECIPIENT_MISMATCH',
  [-32040]: 'MODULE_CRASHED',
  [-32041]: 'MODULE_MISSING',
  [-32050]: 'HANDLE_UNKNOWN',
  [-32051]: 'GRANT_REFUSED',
  [-32052]: 'LOG_REFUSED',
  [-32053]: 'BLOB_UNKNOWN',
  [-32054]: 'BLOB_TOO_LARGE',
  [-32055]: 'SHARE_REFUSED',
});

/** What the page itself finds out, beside the names above. */
export const CONNECTION_ERRORS = Object.freeze({
  ABSENT: 'bridge-absent',
  LOST: 'bridge-lost',
  /** The browser was told no. */ BLOCKED: 'bridge-blocked',
  /** Somebody answers, and tells this page nothing. */ REFUSED: 'bridge-refused',
  /** A bridge that speaks no protocol of ours. */ OLD: 'bridge-old',
  /** A bridge answers, and this browser was never paired with it, or it forgot. */ NOT_PAIRED: 'bridge-not-paired',
  /** A bridge answers that is not the one this browser was paired with. */ CHANGED: 'bridge-changed',
  /** A person said no, here or at the bridge. */ PAIRING_REFUSED: 'pairing-refused',
  /** This browser keeps no key for a page. */ NO_STORAGE: 'bridge-no-storage',
  /** The browser shows no relay window. */ POPUP_BLOCKED: 'relay-blocked',
  /** The person closed it. */ WINDOW_CLOSED: 'relay-closed',
});

/**
 * @typedef {object} Reader
 * @property {string} id
 * @property {string} name
 * @property {boolean} pinpad
 * @property {'absent'|'present'|'in-use'|'unsupported'} [card]
 * @property {string} [process] who may hold the card that is in use
 */

/**
 * @typedef {object} BridgeStatus
 * @property {string} version
 * @property {string} protocol
 * @property {Reader[]} readers
 * @property {{id: string, state: string}[]} modules
 * @property {'running'|'stopped'|'missing'|'starting'|null} [pcsc] the system's card service
 * @property {{handle: string, address: string, until: string|null}[]} mailboxes
 */

/**
 * @typedef {object} CardKey
 * @property {string} key
 * @property {'authentication'|'signature'|'encryption'} use
 * @property {string[]} algorithms
 * @property {string} spki256 base64
 * @property {boolean} always the card asks a PIN for each use
 */

/**
 * @typedef {object} Card
 * @property {string} card pseudonym for this origin
 * @property {string} reader
 * @property {string} label
 * @property {'ready'|'pin-locked'|'last-try'|'unsupported'} state
 * @property {number|null} tries
 * @property {CardKey[]} keys
 * @property {{usesLeft: number, until: string} | null} [session] what this page may still do without another PIN; until: RFC 3339
 */

/**
 * @typedef {object} AuthToken a Web eID authentication token
 * @property {string} unverifiedCertificate
 * @property {string} algorithm
 * @property {string} signature
 * @property {string} format
 * @property {string} appVersion
 */

/** The bridge refused, or is not there. `code` is a name of the tables above. */
export class BridgeError extends Error {
  name = 'BridgeError';

  /**
   * @param {string} code
   * @param {string} [message] English, for logs
   * @param {Record<string, any>} [data] members of the answer, such as `tries` or `retryAfter`
   */
  constructor(code, message = code, data = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/**
 * @param {{code: number, message?: string, data?: Record<string, any>}} error the JSON-RPC error object
 * @returns {BridgeError}
 */
export function bridgeError({ code, message, data = {} }) {
  const name = ERROR_NAMES[code] ?? (typeof data.name === 'string' ? data.name : 'INTERNAL_ERROR');
  return new BridgeError(name, message, data);
}
