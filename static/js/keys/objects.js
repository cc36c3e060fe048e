/**
 * Sealed objects: drafts, packs, pins, settings under per-object keys derived from the storage key (docs/FORMATS.md,
 * *Sealed objects*). The additional data binds mailbox, class, identifier, epoch and version, so that the server can
 * neither swap two objects nor serve an old one unnoticed.
 */

import { encode, integer, octetString, sequence, utf8String } from '../cms/der.js';
import { concat, fromHex, utf8 } from '../cms/octets.js';

/** @typedef {import('./agent.js').ObjectClass} ObjectClass */

/**
 * @typedef {object} ObjectContext what the additional data says
 * @property {ObjectClass | 'history'} class
 * @property {string} mailboxId lower-case hex
 * @property {string} id
 * @property {number} epoch
 * @property {number} version
 */

const FORMAT = 1;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

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
 * @param {ObjectClass | 'history'} objectClass
 * @param {string} id
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function objectKeyInfo(objectClass, id) {
  return utf8(`pli/v1/object/${objectClass}\0${id}`);
}

/**
 * An object key as this page uses it: AES-256-GCM, or HMAC for the class `cek` (the CEK-once table). Never extractable.
 * @param {ObjectClass | 'history'} objectClass
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
export const sealObject = (key, context, content, nonce) => sealOctets(key, context, utf8(JSON.stringify(content)), nonce);

/**
 * @param {CryptoKey} key
 * @param {ObjectContext} context
 * @param {Uint8Array<ArrayBuffer>} content
 * @param {Uint8Array<ArrayBuffer>} [nonce]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function sealOctets(key, context, content, nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))) {
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: additionalData(context) };
  const ciphertext = await crypto.subtle.encrypt(algorithm, key, content);
  return concat(Uint8Array.of(FORMAT), nonce, new Uint8Array(ciphertext));
}

/**
 * @param {CryptoKey} key
 * @param {ObjectContext} context as the server names the object; a lie fails the tag
 * @param {Uint8Array<ArrayBuffer>} sealed
 * @returns {Promise<any>}
 * @throws {ObjectRefused}
 */
export async function openObject(key, context, sealed) {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await openOctets(key, context, sealed)));
}

/**
 * @param {CryptoKey} key
 * @param {ObjectContext} context
 * @param {Uint8Array<ArrayBuffer>} sealed
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {ObjectRefused}
 */
export async function openOctets(key, context, sealed) {
  if (sealed[0] !== FORMAT || sealed.length < 1 + NONCE_LENGTH + TAG_LENGTH) throw new ObjectRefused('Not a sealed object');
  const iv = sealed.subarray(1, 1 + NONCE_LENGTH);
  const algorithm = { name: 'AES-GCM', iv, additionalData: additionalData(context) };
  const content = await crypto.subtle.decrypt(algorithm, key, sealed.subarray(1 + NONCE_LENGTH)).catch(() => {
    throw new ObjectRefused('The sealed object does not open');
  });
  return new Uint8Array(content);
}

/** Highest version seen of each object, so that an older one is refused. */
export class SeenVersions {
  /** @type {Map<string, number>} */ #seen;
  #remember;

  /**
   * @param {Record<string, number>} [seen] kept from earlier sessions
   * @param {(id: string, version: number | null) => void} [remember] keeps one for later sessions; null: it is no more
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
    this.#remember(id, version);
  }

  /** @param {string} id */
  forget(id) {
    this.#seen.delete(id);
    this.#remember(id, null);
  }
}

/**
 * SEQUENCE { UTF8String "pli/v1/object", UTF8String class, OCTET STRING mailboxId, UTF8String id, INTEGER epoch, INTEGER version }
 * @param {ObjectContext} context
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function additionalData({ class: objectClass, mailboxId, id, epoch, version }) {
  return encode(
    sequence(
      utf8String('pli/v1/object'),
      utf8String(objectClass),
      octetString(fromHex(mailboxId)),
      utf8String(id),
      integer(epoch),
      integer(version),
    ),
  );
}
