/** Who a new grant is for, and what it says. */
import { fromBase64, toBase64 } from '../cms/octets.js';
import { decodeGrant, decodeGrantBody } from '../keys/formats.js';
import { hashName } from './key-material.js';

/** @typedef {import('../keys/agent.js').CardHolder} CardHolder */
/** @typedef {import('../keys/agent.js').Member} Member */
/** @typedef {import('../keys/agent.js').NewGrant} NewGrant */
/** @typedef {import('./membership-acts.js').DelegationOrder} DelegationOrder */
/** @typedef {import('./membership-acts.js').PersonName} PersonName */
/** @typedef {import('./membership-acts.js').Profile} Profile */
/** @typedef {CardHolder & PersonName} CardPerson somebody whose card has proved what it can do */
/** @typedef {{profile?: Profile, folders?: string[]}} Settings what the server alone keeps of a member */

/** No card of these people is known here. */
export class CardMissing extends Error {
  code = 'card-unknown';

  /** @param {string[]} names */
  constructor(names) {
    super('No card is known');
    this.data = { names };
  }
}

export const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** @param {{notAfter: string | null}} right */
export const ending = ({ notAfter }) => (notAfter ? { notAfter } : {});

/** @param {CardPerson} holder @param {Pick<DelegationOrder, 'role' | 'notBefore' | 'notAfter' | 'history'> & {confidential?: boolean}} order @returns {NewGrant} */
export function grantTo(holder, { role, notBefore, notAfter, history, confidential }) {
  return { holder: { card: cardOnly(holder) }, role, notBefore, ...(notAfter && { notAfter }), history, ...(confidential && { confidential }) };
}

/** @param {CardHolder} holder @returns {CardHolder} */
export const cardOnly = ({ certificate, chain, proof }) => ({ certificate, chain, ...(proof && { proof }) });

/** @param {any} answer of Directory/card @returns {CardPerson | null} */
export function cardPerson({ card }) {
  if (!card) return null;
  const { name, idType, idValue, certificate, chain, proof } = card;
  return { name, idType, idValue, certificate: fromBase64(certificate), chain: chain.map(fromBase64), ...(proof && { proof: fromBase64(proof) }) };
}

/** @param {Pick<Member, 'historyFromEpoch'>} member @returns {'all'|'now'} */
export const historyOf = ({ historyFromEpoch }) => (historyFromEpoch === 1 ? 'all' : 'now');

/**
 * What the server alone keeps of each new member, by the body that his card's grant has now.
 * @param {{grants: Uint8Array[]}} act @param {NewGrant[]} wished @param {Settings[]} settings of those wished, in their order
 */
export async function settingsOf({ grants }, wished, settings) {
  const bodies = grants.map((grant) => decodeGrant(grant).body);
  const named = new Map(await Promise.all(bodies.map(async (body) => /** @type {const} */ ([toBase64(decodeGrantBody(body).holder.reference), await hashName(body)]))));
  const memberships = await Promise.all(wished.map(async ({ holder }, index) => {
    const { profile = 'member', folders = [] } = settings[index] ?? {};
    const bodyHash = 'card' in holder ? named.get(await hashName(holder.card.certificate)) : undefined;
    return bodyHash ? [{ bodyHash, profile, folders }] : [];
  }));
  return memberships.flat().length ? { memberships: memberships.flat() } : {};
}
