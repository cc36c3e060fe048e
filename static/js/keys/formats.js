/**
 * Pli's own structures (docs/FORMATS.md), in DER both ways.
 * @module
 */
import { STRICT_LIMITS, TAG, parseBer } from '../cms/ber.js';
import { encode, sequence } from '../cms/der.js';
import { EncodingError } from '../cms/errors.js';
import { concat, equal, uint32, utf8 } from '../cms/octets.js';
import { choiceOf, filled, fromDer, listOf, number, octets, optional, structure, text, time, toDer, version } from './structures.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {'reader' | 'sender' | 'manager' | 'owner'} Role */
/** @typedef {import('./agent.js').Identity} Identity */
/**
 * @typedef {object} MailboxKeys the secrets of one epoch
 * @property {Uint8Array} encryptionKey PKCS#8
 * @property {Uint8Array} signatureKey PKCS#8
 * @property {Uint8Array} storageKey 32 bytes
 * @property {EpochKeys[] | null} [earlier] what this holder may see beyond what the history of the epoch gives every member
 * @property {Uint8Array | null} [confidentialKey] 32 bytes, of an owner
 */
/** @typedef {{epoch: number, keys: Uint8Array}} EpochKeys keys: DER MailboxKeys without `earlier` */
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
 * @property {Uint8Array | null} [holderKey] SubjectPublicKeyInfo P-256 of a holder without card, DER
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
 * @property {LogKind} kind
 * @property {Uint8Array[]} grants SHA-256 of bodies
 * @property {Uint8Array[]} bindings SHA-256
 * @property {Uint8Array[] | null} [ends] SHA-256 of the bodies that end here
 * @property {Uint8Array | null} [subject] SHA-256 of the RecoveryPolicy (kind policy) or RecoveryRequest (kind recovery)
 */
/** @typedef {'genesis' | 'grant' | 'revoke' | 'rotate' | 'certChange' | 'recovery' | 'confirm' | 'policy'} LogKind */
/**
 * @typedef {object} RecoveryPolicy who together may open, and how much
 * @property {Uint8Array} mailboxId
 * @property {'officers' | 'breakGlass'} kind
 * @property {number} threshold
 * @property {Uint8Array} grantBody SHA-256 of the officer grant's body
 * @property {number} minutes of a session
 * @property {number} messages opened in it at most; 0: no limit
 * @property {ShareHolder[]} holders the one at position i holds the share of index i + 1
 */
/** @typedef {{reference: Uint8Array, idType: string, idValue: string, name: string, commitment: Uint8Array}} ShareHolder commitment: SHA-256 of DER Share */
/** @typedef {{mailboxId: Uint8Array, requestId: Uint8Array, requester: Holder, requestKey: Uint8Array, reason: string, time: Date}} RecoveryRequest */
/** @typedef {{mailboxId: Uint8Array, seq: number, head: Uint8Array, time: Date}} RestoreStatement the log ends with the entry `seq`, whose hash is `head` */

const ID = octets(16);
const HASH = octets(32);

/** prevHash of a genesis. */
export const NO_PREVIOUS = new Uint8Array(32);

const epochKeys = structure(/** @type {const} */ ({ epoch: number, keys: octets() }));

const mailboxKeys = structure(/** @type {const} */ ({
  version: version(1), encryptionKey: octets(), signatureKey: octets(), storageKey: octets(32),
  earlier: optional(0, listOf(epochKeys)), confidentialKey: optional(1, octets(32)),
}));

const holder = structure({
  kind: choiceOf(['card', 'passkey', 'recovery', 'officer', 'service']),
  reference: HASH, idType: text, idValue: text, name: text,
});

const grantBody = structure({
  version: version(1), grantId: ID, mailboxId: ID, address: text, epoch: number,
  encryptionSpki: HASH, signatureSpki: HASH, encryptionCertificate: HASH, signatureCertificate: HASH,
  holder, role: choiceOf(['reader', 'sender', 'manager', 'owner']), historyFromEpoch: number,
  notBefore: time, notAfter: optional(0, time), logSeq: number, prevLogHash: HASH, holderKey: optional(1, octets()),
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
  kind: choiceOf(['genesis', 'grant', 'revoke', 'rotate', 'certChange', 'recovery', 'confirm', 'policy']),
  grants: listOf(HASH), bindings: listOf(HASH), ends: optional(0, filled(listOf(HASH))), subject: optional(1, HASH),
});

const restoreStatement = structure({ version: version(1), mailboxId: ID, seq: number, head: HASH, time });

const recoveryPolicy = structure({
  version: version(1), mailboxId: ID, kind: choiceOf(['officers', 'breakGlass']), threshold: number, grantBody: HASH,
  minutes: number, messages: number,
  holders: listOf(structure({ reference: HASH, idType: text, idValue: text, name: text, commitment: HASH })),
});

const recoveryRequest = structure({
  version: version(1), mailboxId: ID, requestId: ID, requester: holder, requestKey: octets(), reason: text, time,
});

/** @template T @param {import('./structures.js').Type<any>} type @returns {import('./structures.js').Type<T>} */
const typed = (type) => type;

/** @type {import('./structures.js').Type<MailboxKeys>} */
const MAILBOX_KEYS = typed(mailboxKeys);
/** @type {import('./structures.js').Type<EpochKeys[]>} */
const HISTORY = typed(listOf(epochKeys));
/** @type {import('./structures.js').Type<GrantBody>} */
const GRANT_BODY = typed(grantBody);
/** @type {import('./structures.js').Type<Binding>} */
const BINDING = typed(binding);
/** @type {import('./structures.js').Type<LogEntry>} */
const LOG_ENTRY = typed(logEntry);
/** @type {import('./structures.js').Type<RecoveryPolicy>} */
const RECOVERY_POLICY = typed(recoveryPolicy);
/** @type {import('./structures.js').Type<RecoveryRequest>} */
const RECOVERY_REQUEST = typed(recoveryRequest);
/** @type {import('./structures.js').Type<RestoreStatement>} */
const RESTORE_STATEMENT = typed(restoreStatement);

/** @param {MailboxKeys} keys */
export const encodeMailboxKeys = (keys) => toDer(MAILBOX_KEYS, keys);
/** @param {Uint8Array} der */
export const decodeMailboxKeys = (der) => fromDer(MAILBOX_KEYS, der);
/** HistoryContent. @param {EpochKeys[]} epochs */
export const encodeHistory = (epochs) => toDer(HISTORY, epochs);
/** @param {Uint8Array} der */
export const decodeHistory = (der) => fromDer(HISTORY, der);
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
/** @param {RecoveryPolicy} policy */
export const encodeRecoveryPolicy = (policy) => toDer(RECOVERY_POLICY, policy);
/** @param {Uint8Array} der */
export const decodeRecoveryPolicy = (der) => fromDer(RECOVERY_POLICY, der);
/** @param {RecoveryRequest} request */
export const encodeRecoveryRequest = (request) => toDer(RECOVERY_REQUEST, request);
/** @param {Uint8Array} der */
export const decodeRecoveryRequest = (der) => fromDer(RECOVERY_REQUEST, der);
/** @param {Uint8Array} der */
export const decodeRestore = (der) => fromDer(RESTORE_STATEMENT, der);

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
