/**
 * By what a delegate signs for a mailbox (docs/FORMATS.md, *For a mailbox*): a membership-log entry and the grant body
 * it lists. `bridge/cms/delegation.py` is its twin; tests/vectors/delegation runs on both.
 */
import { STRICT_LIMITS, TAG, parseBer } from '../cms/ber.js';
import { sha256 } from '../cms/digest.js';
import { equal } from '../cms/octets.js';
import { decodeGrantBody } from '../keys/formats.js';
import { lists, verifyLogEntry } from '../keys/membership-log.js';
import { sameAddress } from '../mime/address.js';

/** @typedef {import('../keys/formats.js').GrantBody} GrantBody */
/** @typedef {import('../keys/membership-log.js').SignedEntry} SignedEntry */
/** @typedef {SignedEntry & {body: GrantBody}} ReadDelegation the entry's signature holds and lists the body */
/** @typedef {Pick<import('../keys/agent.js').Identity, 'idType' | 'idValue'>} Person */

/** Why a delegation does not hold. */
export class DelegationRefused extends Error {
  /** @param {'malformed' | 'grant-not-listed' | 'mailbox-mismatch' | 'address-mismatch' | 'key-mismatch' | 'holder-mismatch' | 'role' | 'outside-dates' | 'granter-mismatch'} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const VERSION = 1n;
/** @type {ReadonlySet<string>} */
const SENDING = new Set(['sender', 'manager', 'owner']);

/**
 * @param {Uint8Array} der the value of id-pli-aa-delegation
 * @returns {Promise<ReadDelegation>}
 * @throws {DelegationRefused | import('../keys/errors.js').LogRefused}
 */
export async function readDelegation(der) {
  const { logEntry, grantBody } = decode(der);
  const body = decodeBody(grantBody);
  const signed = await verifyLogEntry(logEntry);
  const { entry } = signed;
  if (!lists(entry.grants, await sha256(grantBody))) throw new DelegationRefused('grant-not-listed');
  const sameMailbox = equal(body.mailboxId, entry.mailboxId) && body.address === entry.address;
  if (!sameMailbox || body.logSeq !== entry.seq || !equal(body.prevLogHash, entry.prevHash)) throw new DelegationRefused('mailbox-mismatch');
  return { ...signed, body };
}

/** @param {Uint8Array} der */
function decode(der) {
  try {
    const fields = parseBer(der, STRICT_LIMITS).expect(TAG.SEQUENCE).cursor();
    if (fields.take(TAG.INTEGER).integer() !== VERSION) throw new DelegationRefused('malformed');
    const [logEntry, grantBody] = [fields.take(TAG.OCTET_STRING).value, fields.take(TAG.OCTET_STRING).value];
    fields.end();
    return { logEntry, grantBody };
  } catch {
    throw new DelegationRefused('malformed');
  }
}

/** @param {Uint8Array} der */
function decodeBody(der) {
  try {
    return decodeGrantBody(der);
  } catch {
    throw new DelegationRefused('malformed');
  }
}

/**
 * What a signed message says, for its delegation to answer.
 * @typedef {object} Asked
 * @property {string} address From
 * @property {Date | null} signingTime of the mailbox SignerInfo
 * @property {Uint8Array} signatureSpki SHA-256 of the mailbox certificate's key
 * @property {Person} card whom the card's signature proves
 * @property {Person} granter whom the path of the log entry's signer proves; never one of level passkey
 * @property {Person[]} granters whom the directory names for the address: its owner, and who manages it
 */

/** @param {ReadDelegation} delegation @param {Asked} asked @throws {DelegationRefused} */
export function checkDelegation({ body }, asked) {
  if (!sameAddress(body.address, asked.address)) throw new DelegationRefused('address-mismatch');
  if (!equal(body.signatureSpki, asked.signatureSpki)) throw new DelegationRefused('key-mismatch');
  if (body.holder.kind !== 'card' || !samePerson(body.holder, asked.card)) throw new DelegationRefused('holder-mismatch');
  if (!SENDING.has(body.role)) throw new DelegationRefused('role');
  if (!withinDates(body, asked.signingTime)) throw new DelegationRefused('outside-dates');
  if (!asked.granters.some((one) => samePerson(asked.granter, one))) throw new DelegationRefused('granter-mismatch');
}

/** @param {GrantBody} body @param {Date | null} signingTime */
function withinDates({ notBefore, notAfter }, signingTime) {
  return signingTime !== null && signingTime >= notBefore && (notAfter === null || signingTime <= notAfter);
}

/** @param {Person} one @param {Person} other */
const samePerson = (one, other) => one.idValue !== '' && one.idType === other.idType && one.idValue === other.idValue;
