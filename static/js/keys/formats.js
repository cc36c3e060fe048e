/**
 * Pli's own structures (docs/FORMATS.md), in DER both ways.
 * @module
 */
import { STRICT_LIMITS, TAG, parseBer } from '../cms/ber.js';
import { encode, sequence } from '../cms/der.js';
import { EncodingError } from '../cms/errors.js';
import { concat, equal, uint32, utf8 } from '../cms/octets.js';
import { choiceOf, fromDer, listOf, number, octets, optional, structure, text, time, toDer, version } from './structures.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {'reader' | 'sender' | 'manager' | 'owner'} Role */
/** @typedef {import('./agent.js').Identity} Identity */
/** @typedef {{encryptionKey: Uint8Array, signatureKey: Uint8Array, storageKey: Uint8Array}} MailboxKeys PKCS#8, PKCS#8, 32 bytes */
/** @typedef {{kind: 'card' | 'passkey' | 'recovery' | 'officer' | 'service', reference: Uint8Array, idType: string, idValue: string, name: string}} Holder */
/**
 * @typedef {object} GrantBody
 * @property {Uint8Array} grantId
 * @property {Uint8Array} mailboxId
 * @property {string} address
 * @property {number} epoch
 * @property {Uint8Array} encryptionSpki SHA-256
 * @property {Uint8Array} signatureSpki SHA-256
 * @property {Uint8Array} encryptionCertificate SHA-256
 * @property {Uint8Array} signatureCertificate SHA-256
 * @property {Holder} holder
 * @property {Role} role
 * @property {number} historyFromEpoch
 * @property {Date} notBefore
 * @property {Date | null} notAfter
 * @property {number} logSeq
 * @property {Uint8Array} prevLogHash
 */
/**
 * @typedef {object} Binding
 * @property {Uint8Array} mailboxId
 * @property {string} address
 * @property {number} epoch
 * @property {Uint8Array} encryptionSpki SHA-256
 * @property {Uint8Array} signatureSpki SHA-256
 * @property {Date} notBefore
 * @property {Date} notAfter
 * @property {Identity} identity
 */
/**
 * @typedef {object} LogEntry
 * @property {Uint8Array} mailboxId
 * @property {string} address
 * @property {number} seq
 * @property {Uint8Array} prevHash
 * @property {Date} time
 * @property {'genesis' | 'grant' | 'revoke' | 'rotate' | 'certChange' | 'recovery'} kind
 * @property {Uint8Array[]} grants SHA-256 of bodies
 * @property {Uint8Array[]} bindings SHA-256
 */

const ID = octets(16);
const HASH = octets(32);

/** prevHash of a genesis. */
export const NO_PREVIOUS = new Uint8Array(32);

const mailboxKeys = structure(/** @type {const} */ ({
  version: version(1), encryptionKey: octets(), signatureKey: octets(), storageKey: octets(32),
}));

const holder = structure({
  kind: choiceOf(['card', 'passkey', 'recovery', 'officer', 'service']),
  reference: HASH, idType: text, idValue: text, name: text,
});

const grantBody = structure({
  version: version(1), grantId: ID, mailboxId: ID, address: text, epoch: number,
  encryptionSpki: HASH, signatureSpki: HASH, encryptionCertificate: HASH, signatureCertificate: HASH,
  holder, role: choiceOf(['reader', 'sender', 'manager', 'owner']), historyFromEpoch: number,
  notBefore: time, notAfter: optional(0, time), logSeq: number, prevLogHash: HASH,
});

const identity = structure({
  level: choiceOf(['card', 'software', 'passkey']), idType: text, idValue: text, name: text, profession: text,
});

const binding = structure({
  version: version(1), mailboxId: ID, address: text, epoch: number, encryptionSpki: HASH, signatureSpki: HASH,
  notBefore: time, notAfter: time, identity,
});

const logEntry = structure({
  version: version(1), mailboxId: ID, address: text, seq: number, prevHash: HASH, time,
  kind: choiceOf(['genesis', 'grant', 'revoke', 'rotate', 'certChange', 'recovery']),
  grants: listOf(HASH), bindings: listOf(HASH),
});

/** @template T @param {import('./structures.js').Type<any>} type @returns {import('./structures.js').Type<T>} */
const typed = (type) => type;

/** @type {import('./structures.js').Type<MailboxKeys>} */
const MAILBOX_KEYS = typed(mailboxKeys);
/** @type {import('./structures.js').Type<GrantBody>} */
const GRANT_BODY = typed(grantBody);
/** @type {import('./structures.js').Type<Binding>} */
const BINDING = typed(binding);
/** @type {import('./structures.js').Type<LogEntry>} */
const LOG_ENTRY = typed(logEntry);

/** @param {MailboxKeys} keys */
export const encodeMailboxKeys = (keys) => toDer(MAILBOX_KEYS, keys);
/** @param {Uint8Array} der */
export const decodeMailboxKeys = (der) => fromDer(MAILBOX_KEYS, der);
/** @param {GrantBody} body */
export const encodeGrantBody = (body) => toDer(GRANT_BODY, body);
/** @param {Uint8Array} der */
export const decodeGrantBody = (der) => fromDer(GRANT_BODY, der);
/** @param {Binding} value */
export const encodeBinding = (value) => toDer(BINDING, value);
/** @param {Uint8Array} der */
export const decodeBinding = (der) => fromDer(BINDING, der);
/** @param {LogEntry} entry */
export const encodeLogEntry = (entry) => toDer(LOG_ENTRY, entry);
/** @param {Uint8Array} der */
export const decodeLogEntry = (der) => fromDer(LOG_ENTRY, der);

/** @param {Uint8Array} body DER @param {Uint8Array} sealed ContentInfo @returns {Bytes} Grant */
export const encodeGrant = (body, sealed) => encode(sequence(body, sealed));

/** @param {Uint8Array} der @returns {{body: Bytes, sealed: Bytes}} DER of the GrantBody, and the ContentInfo */
export function decodeGrant(der) {
  const fields = parseBer(der, STRICT_LIMITS).expect(TAG.SEQUENCE).cursor();
  const [body, sealed] = [fields.take(TAG.SEQUENCE).raw, fields.take(TAG.SEQUENCE).raw];
  fields.end();
  if (!equal(encodeGrant(body, sealed), der)) throw new EncodingError('not DER');
  return { body, sealed };
}

/** HKDF salt of a passkey's key-encryption key. @param {Uint8Array} mailboxId @param {number} epoch */
export const prfSalt = (mailboxId, epoch) => concat(mailboxId, uint32(epoch));

/** HKDF info of a passkey's key-encryption key. */
export const PRF_INFO = utf8('pli/v1/prf-kek');
