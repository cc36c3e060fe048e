/** What the server keeps of a mailbox's keys and of its membership, read in one go and given to whoever proves or opens something with it. */
import { fromBase64, toBase64 } from '../cms/octets.js';
import { agreedStatement } from './restored.js';

/** @typedef {import('../keys/agent.js').Evidence} Evidence */
/** @typedef {import('../keys/agent.js').SealedMailbox} SealedMailbox */
/** @typedef {{epoch: number, encryptionCertificate: string, signatureCertificate: string, chain: string[], binding: string, state: string, history?: string | null}} KeyRecord of one epoch */
/** @typedef {{id: string, bodyHash?: string, epoch: number, holderKind: string, holderReference: string, grant: string}} GrantRecord */
/** @typedef {{seq: number, entry: string, bodies?: string[], bindings?: string[]}} LogRecord */

/**
 * @typedef {object} KeyMaterial
 * @property {GrantRecord[]} grants of the person who asks
 * @property {KeyRecord[]} keys
 * @property {LogRecord[]} log
 * @property {import('../keys/agent.js').Revocation} revocation
 * @property {string | null} restore what the operator states after it put back a backup, base64
 */

/** @param {import('./api.js').Api} api @param {string} accountId @returns {Promise<KeyMaterial>} */
export async function readKeyMaterial(api, accountId) {
  const [{ list: grants }, { list: keys }, { list: log, restore = null }, revocation] = await Promise.all([
    api.call('Grant/get', { accountId, ids: null }),
    api.call('MailboxKey/get', { accountId, ids: null }),
    api.call('MembershipLog/get', { accountId }),
    api.revocation(),
  ]);
  return { grants, keys, log, revocation, restore };
}

/** @param {KeyMaterial} material @returns {Evidence} */
export function evidenceOf({ keys, log, revocation: { crls, ocsps } }) {
  return {
    logEntries: log.map(({ entry }) => fromBase64(entry)),
    bodies: distinct(log.flatMap(({ bodies = [] }) => bodies)),
    bindings: distinct([...log.flatMap(({ bindings = [] }) => bindings), ...keys.map(({ binding }) => binding)]),
    chain: distinct(keys.flatMap(({ chain }) => chain)),
    crls, ocsps,
  };
}

/**
 * @param {GrantRecord} grant @param {KeyMaterial} material @param {import('../keys/agent.js').Unlock} unlock
 * @returns {SealedMailbox | null} null: its epoch is not here any more
 */
export function sealedMailbox(grant, material, unlock) {
  const key = material.keys.find(({ epoch, state }) => epoch === grant.epoch && state !== 'pending');
  if (!key) return null;
  const { logEntries, bodies, bindings, crls } = evidenceOf(material);
  return {
    grant: fromBase64(grant.grant), logEntries, bindings, chain: key.chain.map(fromBase64), crls, unlock,
    encryptionCertificate: fromBase64(key.encryptionCertificate),
    signatureCertificate: fromBase64(key.signatureCertificate),
    // A log of one entry lists the own grant alone.
    ...(logEntries.length > 1 && { bodies }),
    ...(key.history && { history: fromBase64(key.history) }),
    ...(material.restore && { restore: fromBase64(material.restore), ...(agreedStatement() && { restoreAgreed: agreedStatement() }) }),
    ...olderOf(grant, material.grants),
  };
}

/**
 * The server keeps an owner's older grants until an owner rotates. The oldest of them holds all that the others lack: it is the
 * last that an owner made.
 * @param {GrantRecord} newest @param {GrantRecord[]} grants
 */
function olderOf({ epoch, holderKind, holderReference }, grants) {
  const older = grants.filter((each) => each.epoch < epoch && each.holderKind === holderKind && each.holderReference === holderReference);
  const [oldest] = older.sort((one, other) => one.epoch - other.epoch);
  return oldest ? { older: fromBase64(oldest.grant) } : {};
}

/** Encryption certificates of every epoch, as senders may still use them. @param {KeyRecord[]} keys */
export const certificatesOf = (keys) => keys.filter(({ state }) => state !== 'pending')
  .map(({ epoch, encryptionCertificate }) => ({ epoch, certificate: fromBase64(encryptionCertificate) }));

/** @param {string[]} values base64 @returns {Uint8Array[]} each once */
const distinct = (values) => [...new Set(values.filter(Boolean))].map(fromBase64);

/** SHA-256 in base64, as acts name grant bodies. @param {Uint8Array} der @returns {Promise<string>} */
export async function hashName(der) {
  return toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {Uint8Array<ArrayBuffer>} */ (der))));
}
