/**
 * Replaying a membership log: who is a member, from the signed entries alone (docs/FORMATS.md, *Membership*). A server's tables
 * are a cache of this; nothing is ever wrapped for anybody whom the replay does not show. Twin: bridge/cms/membership.py.
 * @module
 */
import { sha256 } from '../cms/digest.js';
import { equal, toHex } from '../cms/octets.js';
import { applyAct, checkShape } from './act-rules.js';
import { ActRefused, GrantRefused, KeyError } from './errors.js';
import { NO_PREVIOUS, decodeBinding, decodeGrantBody, decodeRecoveryPolicy } from './formats.js';
import { checkHolderKey } from './holder-keys.js';
import { Membership, personOf } from './members.js';
import { verifyChain } from './membership-log.js';

/** @typedef {import('./members.js').VerifiedEntry} VerifiedEntry */
/** @typedef {import('./act-rules.js').Act} Act */
/** @typedef {Map<string, Uint8Array>} Named DER by SHA-256 in hex */

/**
 * The membership at the last entry, after the rules of every act from the genesis on, or from `known` on.
 * @param {VerifiedEntry[]} entries
 * @param {Uint8Array[]} bodies grant bodies and recovery policies that the entries name, in any order; what none names counts for nothing
 * @param {Uint8Array[]} bindings
 * @param {Membership | null} [known]
 * @returns {Promise<Membership>}
 * @throws {LogRefused | ActRefused | GrantRefused} ActRefused also where a body or binding is missing
 */
export async function replay(entries, bodies, bindings, known = null) {
  verifyChain(entries, known?.head ?? null);
  const hashed = await Promise.all([...bodies, ...bindings].map(async (der) => /** @type {const} */ ([toHex(await sha256(der)), der])));
  const named = new Map(hashed);
  let membership = known;
  for (const entry of entries) {
    if (!membership) membership = genesis(await actOf(entry, named));
    else if (entry.entry.seq > membership.head.seq) membership = applyAct(membership, await actOf(entry, named));
  }
  if (!membership) throw new ActRefused('not-genesis');
  return membership;
}

/** @param {VerifiedEntry} entry @param {Named} named @returns {Promise<Act>} */
async function actOf(entry, named) {
  const { kind, grants, bindings, subject } = entry.entry;
  checkShape(entry.entry);
  const begins = kind === 'confirm' ? [] : grants.map(toHex); // what is confirmed began earlier
  const [binding] = bindings.map(toHex);
  const listed = begins.map((digest) => ({ digest, body: read(decodeGrantBody, found(named, digest, 'body-missing')) }));
  for (const { body } of listed) await checkHolderKey(body);
  return {
    entry,
    grants: listed,
    binding: binding ? read(decodeBinding, found(named, binding, 'binding-missing')) : null,
    policy: kind === 'policy' ? policyOf(toHex(subject ?? new Uint8Array()), named) : null,
  };
}

/** @param {string} digest @param {Named} named */
function policyOf(digest, named) {
  const policy = read(decodeRecoveryPolicy, found(named, digest, 'body-missing'));
  const references = policy.holders.map(({ reference }) => toHex(reference));
  const met = policy.threshold >= 1 && policy.threshold <= references.length && references.length <= 255;
  const sound = met && new Set(references).size === references.length && policy.minutes > 0;
  if (!sound) throw new KeyError('SHARE_REFUSED', { reason: 'malformed' });
  return { policy, digest };
}

/** @param {Named} named @param {string} digest @param {string} reason */
function found(named, digest, reason) {
  const der = named.get(digest);
  if (!der) throw new ActRefused(reason);
  return der;
}

/** @template T @param {(der: Uint8Array) => T} decode @param {Uint8Array} der @returns {T} */
function read(decode, der) {
  try {
    return decode(der);
  } catch {
    throw decode === decodeRecoveryPolicy ? new KeyError('SHARE_REFUSED', { reason: 'malformed' }) : new GrantRefused('malformed');
  }
}

/** @param {Act} act */
function genesis(act) {
  const { entry, grants: [{ body, digest }], binding } = act;
  if (!binding) throw new ActRefused('binding-missing');
  checkGenesis(entry, body, binding);
  if (body.historyFromEpoch > body.epoch) throw new ActRefused('rotation-needed');
  const owner = personOf(body.holder);
  const { signer, entry: { seq, time }, hash } = entry;
  const knownByKey = signer.level !== 'passkey' && !signer.idValue;
  return new Membership({
    head: { seq, hash }, time, owner, ownerKey: knownByKey ? entry.signerSpki : '', bindings: new Map([[binding.epoch, binding]]),
    members: [{ body, digest, person: owner, seq, since: time, by: signer, proposer: owner, state: 'active' }],
    floors: new Map([[binding.epoch, binding.epoch]]), policies: new Map(), revoked: false,
  });
}

/** @param {VerifiedEntry} verified @param {import('./formats.js').GrantBody} body @param {import('./formats.js').Binding} binding */
function checkGenesis(verified, body, binding) {
  const { entry } = verified;
  if (entry.kind !== 'genesis' || entry.seq !== 0 || !equal(entry.prevHash, NO_PREVIOUS)) throw new ActRefused('not-genesis');
  const sameMailbox = [body, binding].every((one) => equal(one.mailboxId, entry.mailboxId) && one.address === entry.address);
  const samePlace = body.epoch === binding.epoch && body.logSeq === 0 && equal(body.prevLogHash, NO_PREVIOUS);
  if (!sameMailbox || !samePlace) throw new ActRefused('mailbox-mismatch');
  const sameKeys = equal(body.encryptionSpki, binding.encryptionSpki) && equal(body.signatureSpki, binding.signatureSpki);
  if (!sameKeys || equal(body.encryptionSpki, body.signatureSpki)) throw new ActRefused('certificate-mismatch');
  const { holder, role } = body;
  if (role !== 'owner' || !['card', 'passkey'].includes(holder.kind)) throw new ActRefused('holder-not-owner');
  checkOwner(verified, holder, binding);
}

/** A card vouches for its own holder; without a card the mailbox's own signature key does, and proves no more. @param {VerifiedEntry} verified @param {import('./formats.js').Holder} holder @param {import('./formats.js').Binding} binding */
function checkOwner({ signer, signerSpki }, holder, { identity, signatureSpki }) {
  const passkey = identity.level === 'passkey';
  const named = holder.idType === identity.idType && holder.idValue === identity.idValue && (holder.kind === 'passkey') === passkey;
  const byMailbox = signerSpki === toHex(signatureSpki);
  const sameSigner = signer.level === identity.level && signer.idType === identity.idType && signer.idValue === identity.idValue;
  if (!named || (passkey ? !byMailbox : byMailbox || !sameSigner)) throw new ActRefused('identity-mismatch');
}

