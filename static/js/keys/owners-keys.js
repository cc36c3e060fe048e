/**
 * What an owner's older grant holds and a newer one may not: the confidential keys of the epochs before another's rotation.
 * Somebody who is not an owner cannot pass those keys on (docs/FORMATS.md, *Membership*); the server then keeps the owners' older
 * grants until one of them rotates. Twin: bridge/owners_keys.py.
 * @module
 */
import { equal, toHex } from '../cms/octets.js';
import { GrantRefused } from './errors.js';
import { openGrant, parseGrant } from './grants.js';
import { ringOf } from './history.js';

/**
 * @param {Uint8Array} der
 * @param {object} beside
 * @param {import('./grants.js').Grant} beside.newest
 * @param {import('./members.js').Membership} beside.membership
 * @param {import('./grants.js').CardlessUnlock} beside.unlock
 * @param {import('./history.js').Keyring} beside.ring older epochs that the newest grant opens: completed here
 * @throws {GrantRefused} not-older: of somebody else, of another mailbox, or not listed
 */
export async function completeByOlder(der, { newest, membership, unlock, ring }) {
  const older = await parseGrant(der);
  if (!isOlder(older, newest) || !membership.members.some(({ digest }) => digest === toHex(older.bodyHash))) throw new GrantRefused('not-older');
  const keys = await openGrant(older, unlock);
  const kept = new Map([[older.body.epoch, keys], ...(keys.earlier ? ringOf(keys.earlier) : [])]);
  for (const [epoch, { confidentialKey }] of kept) {
    const known = ring.get(epoch);
    if (known && confidentialKey && !known.confidentialKey) ring.set(epoch, { ...known, confidentialKey });
  }
}

/** @param {import('./grants.js').Grant} older @param {import('./grants.js').Grant} newest */
function isOlder({ body: older }, { body: newest }) {
  const owned = older.role === 'owner' && newest.role === 'owner' && newest.holder.kind !== 'officer';
  const one = equal(older.mailboxId, newest.mailboxId) && older.holder.kind === newest.holder.kind && equal(older.holder.reference, newest.holder.reference);
  return owned && one && older.epoch < newest.epoch;
}
