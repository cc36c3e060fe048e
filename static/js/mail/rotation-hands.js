/** The hands of a rotation (rotation.js) on an open mailbox: agent, server and objects do each step. */
import { fromBase64, toBase64 } from '../cms/octets.js';
import { carryOver } from './carry-over.js';
import { hashName } from './key-material.js';
import { CardMissing, cardOnly, settingsOf } from './new-grants.js';

/** @typedef {import('../keys/agent.js').Evidence} Evidence */
/** @typedef {import('../keys/agent.js').Membership} Membership */
/** @typedef {import('../keys/agent.js').NewGrant} NewGrant */
/** @typedef {import('./membership-means.js').MembershipMeans} MembershipMeans */
/** @typedef {import('./new-grants.js').Settings} Settings */

/**
 * The card of a member is not believed any more: revoked, or of an authority that has ended or says nothing. No keys are wrapped to it, and
 * nobody gets new ones while it stands among the members.
 */
export class HolderRefused extends Error {
  code = 'holder-refused';

  /** @param {{name: string, reason: string}[]} refused all of them; reason: a word of the bridge */
  constructor(refused) {
    super('A member’s card is not believed');
    const lasting = refused.filter(({ reason }) => reason !== 'revocation-unknown');
    const names = (/** @type {typeof refused} */ some) => [...new Set(some.map(({ name }) => name))];
    // What passes by itself is nothing to end; `waiting` are those of whom there is only that to say.
    this.data = {
      names: names(refused), reason: (lasting[0] ?? refused[0])?.reason ?? '',
      waiting: names(refused).filter((name) => !lasting.some((one) => one.name === name)),
    };
  }
}

/** Refusals of a rotation that say that a way in was lost since the list was read: its next reading leaves it out. */
const SINCE_READ = Object.freeze(['holder-blocked', 'holder-left']);

/** @param {MembershipMeans} means @param {NewGrant[]} grants that come with it @param {Settings[]} settings of theirs @returns {import('./rotation.js').Hands} */
export function rotationHands(means, grants, settings) {
  const { room, objects, epoch, adopt, lapsed } = means.places;
  return {
    look: () => look(means),
    certify: () => certify(means),
    give: (certified, evidence, membership, order) => give(means, certified, evidence, membership, order),
    append: async (act) => means.append(act, await rotationExtras(act, grants, settings)).then(() => true, (error) => {
      if (error.code === 'stateMismatch' || (!grants.length && SINCE_READ.includes(error.data?.reason))) return false;
      throw error;
    }),
    drop: (handle) => room.call('forget', [handle]),
    adopt: async ({ handle, encryptionCertificate }, act, before, { ends = [] }) => {
      const waited = await notCarried(before, ends, grants);
      if (waited.length) lapsed(waited);
      await adopt({ handle, epoch: act.epoch, encryptionCertificate });
    },
    carry: (tell) => carryOver(objects, epoch(), tell),
  };
}

/** Another manager, or an answer that was lost, may have left the log ahead of what is open here. @param {MembershipMeans} means */
async function look(means) {
  const { epoch, reopen } = means.places;
  const read = async () => {
    const { evidence } = await means.evidence();
    const membership = await means.agent('members', evidence);
    return { evidence, membership: { ...membership, keyChangeDue: membership.keyChangeDue || (await means.isKeyChangeDue()) } };
  };
  const seen = await read();
  if (seen.membership.epoch <= epoch()) return seen;
  await reopen();
  return read();
}

/** @param {MembershipMeans} means */
async function certify(means) {
  const { api, accountId, room } = means.places;
  const { address } = await room.call('opened');
  const { handle, encryptionRequest, signatureRequest } = await room.call('requestCertificates', [{ address }]);
  const requests = { encryptionRequest: toBase64(encryptionRequest), signatureRequest: toBase64(signatureRequest) };
  const answer = await means.proven(() => api.post('/keys/certify', { accountId, ...requests }));
  return { handle, encryptionCertificate: fromBase64(answer.encryptionCertificate), signatureCertificate: fromBase64(answer.signatureCertificate) };
}

/** @param {MembershipMeans} means @param {import('./rotation.js').Certified} certified @param {Evidence} evidence @param {Membership} membership @param {import('./rotation.js').RotationOrder} order */
async function give(means, { handle, encryptionCertificate, signatureCertificate }, evidence, { members }, { add, ends }) {
  const active = new Set(members.filter(({ state }) => state === 'active').map(({ bodyHash }) => bodyHash));
  const over = new Set([...(ends ?? []), ...(await gone(means)).filter((one) => active.has(one))]);
  const cards = members.filter(({ kind, state, notAfter, bodyHash }) =>
    kind === 'card' && state === 'active' && !over.has(bodyHash) && (!notAfter || Date.parse(notAfter) > Date.now()));
  const holders = await cardsOf(means, cards);
  return means.agent('rotate', {
    newHandle: handle, encryptionCertificate, signatureCertificate, evidence, holders: holders.map(cardOnly), ...means.card(),
    ...(add?.length && { add }), ...(over.size && { ends: [...over] }),
  }).catch((error) => Promise.reject(named(error, members)));
}

/** @param {MembershipMeans} means @param {Membership['members']} members @throws {CardMissing} with everybody whose card nobody knows */
async function cardsOf(means, members) {
  const found = await Promise.allSettled(members.map((member) => means.cardOf(member)));
  const failures = found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const other = failures.find(({ code }) => code !== 'card-unknown');
  if (other) throw other;
  if (failures.length) throw new CardMissing([...new Set(failures.flatMap(({ data }) => data.names))]);
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** The bridge names members by their grants alone; an older one names the first. @param {any} error @param {Membership['members']} members */
function named(error, members) {
  /** @type {{holder: string, reason: string}[]} */
  const refused = error.data?.refused ?? (error.data?.holder ? [error.data] : []);
  const people = refused.flatMap(({ holder, reason }) => members.filter(({ bodyHash }) => bodyHash === holder).map(({ name }) => ({ name, reason })));
  return people.length ? new HolderRefused(people) : error;
}

/**
 * Whom somebody proposed and nobody confirmed: a new epoch is for those with a right, and who makes it must not propose in another's place, or
 * one manager alone could confirm. @param {Membership} before @param {string[]} ends @param {NewGrant[]} grants that came with it
 */
async function notCarried({ members }, ends, grants) {
  const again = await Promise.all(grants.flatMap(({ holder }) => ('card' in holder ? [hashName(holder.card.certificate)] : [])));
  return members.filter(({ state, bodyHash, reference }) => state === 'pending' && !ends.includes(bodyHash) && !again.includes(reference));
}

/** Members of the log to whom the server gives nothing any more: a lost card, passkey or code, somebody who left. @param {MembershipMeans} means @returns {Promise<string[]>} body hashes */
async function gone(means) {
  const { list } = await means.call('Member/get', { ids: null }).catch(() => ({ list: [] }));
  return list.filter((/** @type {any} */ { state, endedAt }) => state === 'active' && endedAt).map((/** @type {any} */ { bodyHash }) => bodyHash);
}

/** @param {import('../keys/agent.js').RotationAct} act @param {NewGrant[]} wished @param {Settings[]} settings */
async function rotationExtras(act, wished, settings) {
  return { ...(act.history && { history: toBase64(act.history) }), ...(await settingsOf(act, wished, settings)) };
}
