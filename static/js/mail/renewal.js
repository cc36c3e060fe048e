/** A renewed card takes the place of the old one, in one act that the new card signs (DESIGN §4.1). */

/** @typedef {import('./membership-acts.js').MemberRow} MemberRow */
/** @typedef {{idType: string, idValue: string}} Numbered */

/**
 * @param {Pick<import('./membership-acts.js').MembershipActs, 'read' | 'renewCard' | 'addCard'>} acts of the mailbox as something else opened it
 * @param {Pick<import('./unlockers.js').Unlockers, 'list'>} unlockers
 * @param {string} card pseudonym of the new one
 * @param {{rppsNumber: string} | null} person whose card it is
 */
export async function takePlace(acts, unlockers, card, person) {
  const owner = person?.rppsNumber ? { idType: 'RPPS', idValue: person.rppsNumber } : null;
  const members = await acts.read();
  const old = replaced(members, await unlockers.list(members, owner), owner);
  if (old) await acts.renewCard(card, old);
  else await acts.addCard(card, ownRole(members));
}

/**
 * The grant of the person's card that ends first; none where all of them are blocked already.
 * @param {readonly MemberRow[]} members @param {readonly import('./unlockers.js').Unlocker[]} unlockers @param {Numbered | null} owner
 * @returns {MemberRow | null}
 */
export function replaced(members, unlockers, owner) {
  const cards = members.filter((member) => member.kind === 'card' && member.state === 'active' && isOwn(member, owner));
  const ends = new Map(unlockers.map(({ bodyHash, expiresAt }) => [bodyHash, Date.parse(expiresAt ?? '') || Infinity]));
  const soonest = [...cards].sort((one, other) => (ends.get(one.bodyHash) ?? Infinity) - (ends.get(other.bodyHash) ?? Infinity));
  return soonest[0] ?? null;
}

/** @param {MemberRow} member @param {Numbered | null} owner */
const isOwn = (member, owner) => member.own || (owner !== null && member.idType === owner.idType && member.idValue === owner.idValue);

/** @param {readonly MemberRow[]} members */
const ownRole = (members) => members.find(({ own, state }) => own && state === 'active')?.role ?? 'owner';

