/**
 * What a passkey session without a card may do to its own mailbox (docs/FORMATS.md, *Membership*): give the same person another
 * unlocker, end one, make the next epoch. The entry is signed by the mailbox's own key, which names nobody else.
 * @module
 */
import { sha256 } from '../cms/digest.js';
import { fromBase64, toHex } from '../cms/octets.js';
import { GrantRefused, Unsupported } from './errors.js';
import { encodeBinding, encodeGrantBody } from './formats.js';
import { buildGrant } from './grants.js';
import { historyFloor, keysFor, sealHistory, sharedHistory } from './history.js';
import { deriveHolderKey, deriveLoginKey, keyReference } from './holder-keys.js';
import { expired } from './members.js';
import { buildLogEntry } from './membership-log.js';
import { newSecret, writeCode } from './recovery-code.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./formats.js').LogEntry} LogEntry */
/** @typedef {import('./members.js').Membership} Membership */
/** @typedef {import('./genesis.js').MailboxCertificates} MailboxCertificates */
/** @typedef {import('./history.js').Keyring} Keyring */
/** @typedef {import('./agent.js').NewGrant} NewGrant */
/**
 * @typedef {object} Standing the mailbox as it is open here
 * @property {string} mailboxId
 * @property {string} address
 * @property {import('./opened-epochs.js').OpenedEpochs} keys
 * @property {MailboxCertificates} certificates
 */
/** @typedef {Pick<GrantBody, 'holder' | 'holderKey' | 'role' | 'historyFromEpoch' | 'notBefore' | 'notAfter'>} Right what one body gives, whatever the act */

/** @param {Membership} membership @throws {Unsupported} a card has signed this log, and only a card goes on with it */
export function requireOwnLog({ binding }) {
  if (binding.identity.level !== 'passkey') throw new Unsupported();
}

/**
 * @param {Standing} standing @param {Membership} membership @param {NewGrant[]} grants @param {string[]} ends base64 @param {Date} now
 * @returns {Promise<import('./agent.js').GrantAct>}
 */
export async function grantOwn(standing, membership, grants, ends, now) {
  const rights = await Promise.all(grants.map((grant) => rightOf(grant, membership, standing)));
  return addUnlockers(standing, membership, rights, ends, now);
}

/**
 * A code for who lost everything else. It is shown and checked by the page before the act is appended.
 * @param {Standing} standing @param {Membership} membership @param {Date} now
 * @returns {Promise<import('./agent.js').RecoveryAct>}
 */
export async function makeOwnRecovery(standing, membership, now) {
  const secret = newSecret();
  const { spki } = await deriveHolderKey('recovery', secret, membership.binding.mailboxId);
  const holder = { ...ownerOf(membership), kind: /** @type {const} */ ('recovery'), reference: await keyReference(spki) };
  const right = { ...ownRight(membership), holder, holderKey: spki, notBefore: now, notAfter: null };
  const { grants: [grant], logEntry, bodies } = await addUnlockers(standing, membership, [right], [], now);
  const { point: loginKey } = await deriveLoginKey(secret);
  const code = await writeCode(secret);
  secret.fill(0);
  return { grant, logEntry, bodies, loginKey, code };
}

/** @param {Standing} standing @param {Membership} membership @param {string[]} hashes base64 @param {Date} now */
export async function endOwn(standing, membership, hashes, now) {
  const entry = nextEntry(membership, { kind: 'revoke', ends: hashes.map(fromBase64) }, now);
  return { logEntry: await signEntry(entry, standing) };
}

/**
 * @param {Standing} standing
 * @param {import('./formats.js').MailboxKeys} next keys of the new epoch
 * @param {MailboxCertificates} certificates of the new epoch
 * @param {Membership} membership @param {string[]} ends base64 @param {Date} now
 * @returns {Promise<import('./agent.js').RotationAct>}
 */
export async function rotateOwn(standing, next, certificates, membership, ends, now) {
  const epoch = membership.epoch + 1;
  const place = { mailboxId: membership.binding.mailboxId, address: standing.address, epoch, ...(await hashesOf(certificates)) };
  const kept = membership.active.filter((one) => !expired(one, now) && !ends.some((hash) => toHex(fromBase64(hash)) === one.digest));
  const bodies = kept.filter(({ body }) => body.holderKey).map(({ body }) => newBody(place, membership, body));
  if (bodies.length === 0) throw new GrantRefused('key-invalid');
  const binding = encodeBinding({ ...place, notBefore: now, notAfter: certificates.encryption.notAfter, identity: membership.binding.identity });
  const act = { kind: /** @type {const} */ ('rotate'), grants: await hashed(bodies), bindings: [await sha256(binding)], ends: ends.map(fromBase64) };
  const floor = historyFloor(bodies);
  return standing.keys.kept.during(async (older) => {
    const ring = new Map([[epoch, next], ...older]);
    const grants = await Promise.all(bodies.map((body) => buildGrant(body, keysFor(ring, body, floor))));
    const history = await sealHistory(next.storageKey, { mailboxId: standing.mailboxId, epoch }, sharedHistory(ring, epoch, floor));
    const logEntry = await signEntry(nextEntry(membership, act, now), standing);
    return { grants, bodies: bodies.map(encodeGrantBody), binding, history, epoch, logEntry };
  });
}

/** @param {Standing} standing @param {Membership} membership @param {Right[]} rights @param {string[]} ends @param {Date} now */
async function addUnlockers(standing, membership, rights, ends, now) {
  const { mailboxId, encryptionSpki, signatureSpki } = membership.binding;
  const place = { mailboxId, address: standing.address, epoch: membership.epoch, ...(await hashesOf(standing.certificates)), encryptionSpki, signatureSpki };
  const bodies = rights.map((right) => newBody(place, membership, right));
  const act = { kind: /** @type {const} */ ('grant'), grants: await hashed(bodies), ends: ends.map(fromBase64) };
  return standing.keys.kept.during(async (ring) => {
    const grants = await Promise.all(bodies.map((body) => buildGrant(body, keysFor(ring, body, membership.historyFloor))));
    return { grants, bodies: bodies.map(encodeGrantBody), logEntry: await signEntry(nextEntry(membership, act, now), standing) };
  });
}

/** @param {NewGrant} grant @param {Membership} membership @param {Standing} standing @returns {Promise<Right>} */
async function rightOf({ holder, role, notBefore, notAfter, history }, membership, standing) {
  if (!('passkey' in holder)) throw new Unsupported();
  const { credentialId, prf, name } = holder.passkey;
  const { spki } = await deriveHolderKey('passkey', prf, membership.binding.mailboxId);
  prf.fill(0);
  const own = ownRight(membership);
  return {
    holder: { ...ownerOf(membership), kind: 'passkey', reference: await sha256(credentialId), name }, holderKey: spki, role,
    historyFromEpoch: history === 'all' ? own.historyFromEpoch : standing.keys.epoch,
    notBefore: new Date(notBefore), notAfter: notAfter ? new Date(notAfter) : null,
  };
}

/** @param {Membership} membership */
function ownRight({ owner, active }) {
  const own = active.filter(({ person }) => person === owner).map(({ body }) => body);
  return { role: /** @type {const} */ ('owner'), historyFromEpoch: Math.min(...own.map(({ historyFromEpoch }) => historyFromEpoch)) };
}

/** @param {Membership} membership */
function ownerOf({ binding: { identity: { idType, idValue, name } } }) {
  return { idType, idValue, name };
}

/** @param {Omit<GrantBody, keyof Right | 'grantId' | 'logSeq' | 'prevLogHash'>} place @param {Membership} membership @param {Right} right @returns {GrantBody} */
function newBody(place, { head }, { holder, holderKey, role, historyFromEpoch, notBefore, notAfter }) {
  return {
    ...place, grantId: crypto.getRandomValues(new Uint8Array(16)), holder, holderKey, role, historyFromEpoch, notBefore, notAfter,
    logSeq: head.seq + 1, prevLogHash: head.hash,
  };
}

/** @param {MailboxCertificates} certificates */
async function hashesOf({ encryption, signature }) {
  const [encryptionSpki, signatureSpki, encryptionCertificate, signatureCertificate] =
    await Promise.all([encryption.spki, signature.spki, encryption.der, signature.der].map(sha256));
  return { encryptionSpki, signatureSpki, encryptionCertificate, signatureCertificate };
}

/** @param {GrantBody[]} bodies */
const hashed = (bodies) => Promise.all(bodies.map((body) => sha256(encodeGrantBody(body))));

/** @param {Membership} membership @param {Pick<LogEntry, 'kind'> & Partial<LogEntry>} act @param {Date} now @returns {LogEntry} */
function nextEntry({ head, binding: { mailboxId, address } }, { kind, grants = [], bindings = [], ends }, now) {
  return { mailboxId, address, seq: head.seq + 1, prevHash: head.hash, time: now, kind, grants, bindings, ends: ends?.length ? ends : null };
}

/** The mailbox key of the epoch in force signs, also the entry that makes the next. @param {LogEntry} entry @param {Standing} standing */
function signEntry(entry, { certificates: { signature, chain }, keys }) {
  return buildLogEntry(entry, { certificate: signature, sign: keys.current.sign, chain });
}

