/** A membership as callers of a key agent see it: names, roles and dates in words and base64, as docs/PROTOCOL.md has them. */
import { fromHex, toBase64 } from '../cms/octets.js';
import { isSpent } from './members.js';

/** @param {import('./members.js').Membership} membership @param {Date} now @returns {import('./agent.js').Membership} */
export function describeMembership(membership, now) {
  const { head, epoch, members, policies } = membership;
  return {
    logSeq: head.seq, logHead: toBase64(head.hash), epoch, members: members.map(describeMember),
    policies: [...policies.values()].map(describePolicy), keyChangeDue: membership.keyChangeDue(now),
  };
}

/** @param {import('./members.js').Member} member @returns {import('./agent.js').Member} */
export function describeMember({ body, digest, state, since, by }) {
  const { holder: { kind, reference, idType, idValue, name }, role, notBefore, notAfter, historyFromEpoch } = body;
  return {
    bodyHash: base64Of(digest), kind, reference: toBase64(reference), idType, idValue, name, role,
    notBefore: rfc3339(notBefore), notAfter: notAfter && rfc3339(notAfter), historyFromEpoch, state, since: rfc3339(since), by: { idType: by.idType, idValue: by.idValue, name: by.name },
  };
}

/** @param {import('./members.js').LoggedPolicy} logged */
function describePolicy(logged) {
  const { policy: { kind, threshold, minutes, messages, holders }, digest } = logged;
  const named = holders.map(({ idType, idValue, name }) => ({ idType, idValue, name }));
  return { digest: base64Of(digest), kind, threshold, minutes, messages, holders: named, spent: isSpent(logged) };
}

/** @param {string} hex */
const base64Of = (hex) => toBase64(fromHex(hex));

/** @param {Date} date */
export const rfc3339 = (date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
