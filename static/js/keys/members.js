/**
 * Who is a member of a mailbox, as its log says: the state that `replay` (membership.js) builds, entry by entry.
 * Twin: bridge/cms/members.py.
 * @module
 */
import { toHex } from '../cms/octets.js';
import { ActRefused } from './errors.js';

/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./formats.js').Binding} Binding */
/** @typedef {import('./formats.js').Holder} Holder */
/** @typedef {import('./formats.js').RecoveryPolicy} RecoveryPolicy */
/** @typedef {import('./agent.js').Role} Role */
/** @typedef {import('./agent.js').Identity} Identity */
/** @typedef {string} Person kind of identifier and identifier: a national one, or what stands in for it */
/**
 * @typedef {object} VerifiedEntry a log entry whose signer the caller believes; hashes in lower-case hex
 * @property {import('./formats.js').LogEntry} entry
 * @property {Uint8Array} hash
 * @property {Identity} signer whom the certificate proves; level passkey for the mailbox's own key
 * @property {string} signerSpki SHA-256
 * @property {string} signerCertificate SHA-256
 */
/**
 * @typedef {object} Member one grant body and what became of it; seq, since and by are of the act that first gave this right
 * @property {GrantBody} body
 * @property {string} digest SHA-256, hex
 * @property {Person} person
 * @property {number} seq
 * @property {Date} since
 * @property {Identity} by
 * @property {Person} proposer
 * @property {'active' | 'pending' | 'ended'} state pending: a manager or owner whom a second manager has yet to confirm
 */
/** @typedef {{role: Role, historyFrom: number, until: Date | null}} Rights the most that a person's grants in force give together */
/** @typedef {{policy: RecoveryPolicy, digest: string, seq: number, reference: string, releases: Map<string, ReadonlySet<Person>>}} LoggedPolicy releases: by request, who gave his share */
/**
 * @typedef {object} MembershipParts
 * @property {import('./membership-log.js').LogHead} head
 * @property {Date} time the latest that any entry states
 * @property {Person} owner
 * @property {string} ownerKey SHA-256 of the key of an owner without number, hex; '' else
 * @property {Map<number, Binding>} bindings by epoch
 * @property {Member[]} members all bodies ever listed, the oldest first
 * @property {Map<number, number>} floors from which epoch on all members of an epoch may read
 * @property {Map<string, LoggedPolicy>} policies by kind
 * @property {boolean} revoked somebody lost his right since the last rotation
 */

/** @type {readonly Role[]} */
const RANKS = Object.freeze(['reader', 'sender', 'manager', 'owner']);

/** @param {Role} role */
export const rank = (role) => RANKS.indexOf(role);

/** @param {Role} role */
export const manages = (role) => rank(role) >= rank('manager');

/** @param {{body: GrantBody}} member @param {Date} at */
export const expired = ({ body: { notAfter } }, at) => notAfter !== null && at > notAfter;

/** Whether a grant gives anything at that time. @param {Member} member @param {Date} at */
export const inForce = (member, at) => member.state === 'active' && member.body.notBefore <= at && !expired(member, at);

/** What a body's key is wrapped to: a card, a passkey, a code. @param {Holder} holder */
export const holderId = ({ kind, reference }) => `${kind} ${toHex(reference)}`;

/** A mailbox as its log shows it at `head`. */
export class Membership {
  /** @param {MembershipParts} parts */
  constructor({ head, time, owner, ownerKey, bindings, members, floors, policies, revoked }) {
    this.head = head;
    this.time = time;
    this.owner = owner;
    this.ownerKey = ownerKey;
    this.bindings = bindings;
    this.members = members;
    this.floors = floors;
    this.policies = policies;
    this.revoked = revoked;
  }

  /** @param {Partial<MembershipParts>} changes */
  with(changes) {
    return new Membership({ ...this, ...changes });
  }

  get epoch() {
    return Math.max(...this.bindings.keys());
  }

  /** Of the current epoch. */
  get binding() {
    return /** @type {Binding} */ (this.bindings.get(this.epoch));
  }

  /** The first epoch that the history of the current one holds. */
  get historyFloor() {
    return /** @type {number} */ (this.floors.get(this.epoch));
  }

  /** Neither pending nor ended; some may not have begun, or have expired. */
  get active() {
    return this.members.filter(({ state }) => state === 'active');
  }

  /** @param {Date} at */
  managers(at) {
    return new Set(this.active.filter((one) => inForce(one, at) && manages(one.body.role)).map(({ person }) => person));
  }

  /**
   * What a person may at that time, by all his unlockers together.
   * @param {Person} person @param {Date} at
   * @returns {Rights | null} null for one who may nothing
   */
  rights(person, at) {
    const bodies = this.active.filter((one) => one.person === person && inForce(one, at)).map(({ body }) => body);
    if (bodies.length === 0) return null;
    const ends = bodies.flatMap(({ notAfter }) => notAfter ?? []);
    return {
      role: bodies.map(({ role }) => role).sort((one, other) => rank(other) - rank(one))[0],
      historyFrom: Math.min(...bodies.map(({ historyFromEpoch }) => historyFromEpoch)),
      until: ends.length === bodies.length ? ends.reduce((one, other) => (one > other ? one : other)) : null,
    };
  }

  /** Whether somebody may still hold keys of the current epoch who has no right to them any more. @param {Date} at */
  keyChangeDue(at) {
    return this.revoked || [...this.policies.values()].some(isSpent) || this.active.some((one) => expired(one, at));
  }

  /** Whether the mailbox signature key of the current epoch signed, in a mailbox whose owner has no card. @param {VerifiedEntry} entry */
  signedByMailbox({ signerSpki }) {
    return this.binding.identity.level === 'passkey' && signerSpki === toHex(this.binding.signatureSpki);
  }

  /** The person whose card or, where that counts, whose mailbox signed. @param {VerifiedEntry} entry @returns {Person} */
  signer(entry) {
    const isOwner = this.signedByMailbox(entry) || entry.signerSpki === this.ownerKey;
    return isOwner ? this.owner : personOfSigner(entry);
  }

  /** @param {string} digest @returns {Member} @throws {ActRefused} not-active */
  current(digest) {
    const found = this.members.find((one) => one.digest === digest && one.state !== 'ended');
    if (!found) throw new ActRefused('not-active');
    return found;
  }
}

/** Whether enough shares were released that somebody holds the secret. @param {LoggedPolicy} logged */
export const isSpent = ({ policy, releases }) => [...releases.values()].some((released) => released.size >= policy.threshold);

/**
 * Whose unlocker this is: by national identifier; officers are nobody; a passkey or code without identifier is the owner's; any
 * other holder without one is known by his certificate alone.
 * @param {Holder} holder @param {Person | null} [owner]
 * @returns {Person}
 */
export function personOf({ kind, reference, idType, idValue }, owner = null) {
  if (kind === 'officer') return `officer ${toHex(reference)}`;
  if (idValue) return `${idType} ${idValue}`;
  if (owner !== null && (kind === 'passkey' || kind === 'recovery')) return owner;
  return `certificate ${toHex(reference)}`;
}

/** By national identifier, if a card proves it; else by certificate. @param {VerifiedEntry} entry @returns {Person} */
export function personOfSigner({ signer, signerCertificate }) {
  return signer.idValue && signer.level !== 'passkey' ? `${signer.idType} ${signer.idValue}` : `certificate ${signerCertificate}`;
}
