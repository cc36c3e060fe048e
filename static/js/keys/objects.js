/**
 * Sealed objects: drafts, packs, pins, settings under per-object keys derived from the storage key (docs/FORMATS.md,
 * *Sealed objects*). The additional data binds mailbox, class, identifier, epoch and version, so that the server can
 * neither swap two objects nor serve an old one unnoticed.
 */

/** @typedef {import('./agent.js').ObjectClass} ObjectClass */

/**
 * @typedef {object} ObjectContext what the additional data says
 * @property {ObjectClass} class
 * @property {string} mailboxId lower-case hex
 * @property {string} id
 * @property {number} epoch
 * @property {number} version
 */

const FORMAT = 1;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const utf8 = new TextEncoder();

/** The object is not what its name and version say, or was altered. */
export class ObjectRefused extends Error {
  code = 'object-refused';
}

/** The server offers a version older than one already seen. */
export class ObjectRolledBack extends ObjectRefused {
  code = 'object-rolled-back';
}

/**
 * HKDF info of an object key; whoever holds the storage key derives with it.
 * @param {ObjectClass} objectClass
 * @param {string} id
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function objectKeyInfo(objectClass, id) {
  return utf8.encode(`pli/v1/object/${objectClass}\0${id}`);
}

/**
 * An object key as this page uses it: AES-256-GCM, or HMAC for the class `cek` (the CEK-once table). Never extractable.
 * @param {ObjectClass} objectClass
 * @param {Uint8Array<ArrayBuffer>} raw 32 bytes
 * @returns {Promise<CryptoKey>}
 */
export function importObjectKey(objectClass, raw) {
  if (objectClass === 'cek') return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/**
 * @param {CryptoKey} key
 * @param {ObjectContext} context
 * @param {any} content serialised as JSON
 * @param {Uint8Array<ArrayBuffer>} [nonce] given only by test vectors
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function sealObject(key, context, content, nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))) {
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: additionalData(context) };
  const ciphertext = await crypto.subtle.encrypt(algorithm, key, utf8.encode(JSON.stringify(content)));
  return concatenate([Uint8Array.of(FORMAT), nonce, new Uint8Array(ciphertext)]);
}

/**
 * @param {CryptoKey} key
 * @param {ObjectContext} context as the server names the object; a lie fails the tag
 * @param {Uint8Array<ArrayBuffer>} sealed
 * @returns {Promise<any>}
 * @throws {ObjectRefused}
 */
export async function openObject(key, context, sealed) {
  if (sealed[0] !== FORMAT || sealed.length < 1 + NONCE_LENGTH + TAG_LENGTH) throw new ObjectRefused('Not a sealed object');
  const iv = sealed.subarray(1, 1 + NONCE_LENGTH);
  const algorithm = { name: 'AES-GCM', iv, additionalData: additionalData(context) };
  const content = await crypto.subtle.decrypt(algorithm, key, sealed.subarray(1 + NONCE_LENGTH)).catch(() => {
    throw new ObjectRefused('The sealed object does not open');
  });
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
}

/** Highest version seen of each object, so that an older one is refused. */
export class SeenVersions {
  /** @type {Map<string, number>} */ #seen;
  #remember;

  /**
   * @param {Record<string, number>} [seen] kept from earlier sessions
   * @param {(seen: Record<string, number>) => void} [remember] keeps them for later sessions
   */
  constructor(seen = {}, remember = () => {}) {
    this.#seen = new Map(Object.entries(seen));
    this.#remember = remember;
  }

  /**
   * @param {string} id
   * @param {number} version
   * @throws {ObjectRolledBack}
   */
  accept(id, version) {
    const seen = this.#seen.get(id) ?? 0;
    if (version < seen) throw new ObjectRolledBack(`Version ${version} of an object last seen at ${seen}`);
    if (version === seen) return;
    this.#seen.set(id, version);
    this.#remember(Object.fromEntries(this.#seen));
  }

  /** @param {string} id */
  forget(id) {
    this.#seen.delete(id);
    this.#remember(Object.fromEntries(this.#seen));
  }
}

/**
 * SEQUENCE { UTF8String "pli/v1/object", UTF8String class, OCTET STRING mailboxId, UTF8String id, INTEGER epoch, INTEGER version }
 * @param {ObjectContext} context
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function additionalData({ class: objectClass, mailboxId, id, epoch, version }) {
  return tagged(0x30, concatenate([
    tagged(0x0c, utf8.encode('pli/v1/object')),
    tagged(0x0c, utf8.encode(objectClass)),
    tagged(0x04, bytesFromHex(mailboxId)),
    tagged(0x0c, utf8.encode(id)),
    tagged(0x02, integer(epoch)),
    tagged(0x02, integer(version)),
  ]));
}

/**
 * @param {number} tag
 * @param {Uint8Array} value shorter than 64 KiB
 */
function tagged(tag, value) {
  const { length } = value;
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return concatenate([Uint8Array.from(head), value]);
}

/** Shortest two's complement of a natural number (X.690 §8.3). @param {number} value */
function integer(value) {
  const bytes = [value % 0x100];
  for (let rest = Math.floor(value / 0x100); rest > 0; rest = Math.floor(rest / 0x100)) bytes.unshift(rest % 0x100);
  return Uint8Array.from(bytes[0] < 0x80 ? bytes : [0, ...bytes]);
}

/** @param {string} hex */
function bytesFromHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** @param {Uint8Array[]} parts */
function concatenate(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((offset, part) => (whole.set(part, offset), offset + part.length), 0);
  return whole;
}
