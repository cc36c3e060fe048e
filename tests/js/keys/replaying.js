/**
 * Logs as tests/vectors/membership/membership.json holds them, replayed: shared by the vectors' test and the comparison with Python.
 * @module
 */
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromBase64, fromHex, toBase64, toHex } from '../../../static/js/cms/octets.js';
import { LogRefused } from '../../../static/js/keys/errors.js';
import { isSpent } from '../../../static/js/keys/members.js';
import { replay } from '../../../static/js/keys/membership.js';
import { verifyLogEntry } from '../../../static/js/keys/membership-log.js';

/** The logs of one file. */
export class Logs {
  /** @param {any} file */
  constructor(file) {
    this.file = file;
    this.signers = new Map(file.signers.map((/** @type {any} */ { certificate, identity }) => [certificate, identity]));
    /** Each entry once, however many logs hold it. @type {Map<number, Promise<any>>} */
    this.verified = new Map();
  }

  /** @param {any} vector */
  async replayed({ entries, bodies, bindings }) {
    const all = await Promise.all(entries.map((/** @type {number} */ place) => this.entryAt(place)));
    const ders = (/** @type {'bodies' | 'bindings'} */ list, /** @type {number[]} */ places) => places.map((place) => fromBase64(this.file[list][place]));
    return replay(all, ders('bodies', bodies), ders('bindings', bindings));
  }

  /** @param {number} place */
  entryAt(place) {
    const known = this.verified.get(place) ?? this.verify(this.file.entries[place]);
    this.verified.set(place, known);
    return known;
  }

  /** @param {string} der base64 @returns {Promise<import('../../../static/js/keys/members.js').VerifiedEntry>} */
  async verify(der) {
    const { entry, hash, signer } = await verifyLogEntry(fromBase64(der));
    const certificate = await sha256(signer.der);
    const identity = this.signers.get(toBase64(certificate));
    if (!identity) throw new LogRefused('signature');
    return { entry, hash, signer: identity, signerSpki: toHex(await sha256(signer.spki)), signerCertificate: toHex(certificate) };
  }
}

/** @param {string} person */
const asPair = (person) => [person.slice(0, person.indexOf(' ')), person.slice(person.indexOf(' ') + 1)];
/** @param {string} hex */
const base64Of = (hex) => toBase64(fromHex(hex));

/** What a vector says of a log that stands. @param {import('../../../static/js/keys/members.js').Membership} membership @param {Date} at */
export function described(membership, at) {
  return {
    logSeq: membership.head.seq, logHead: toBase64(membership.head.hash), epoch: membership.epoch, historyFloor: membership.historyFloor,
    keyChangeDue: membership.keyChangeDue(at),
    members: membership.members.map(({ digest, person, body, state, seq, by }) => ({ bodyHash: base64Of(digest), person: asPair(person), role: body.role, state, seq, by: by.name })),
    managers: [...membership.managers(at)].map(asPair).sort(),
    policies: [...membership.policies.values()].map((one) => ({ kind: one.policy.kind, hash: base64Of(one.digest), spent: isSpent(one) })),
  };
}
