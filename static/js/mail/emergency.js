/**
 * Opening a mailbox by the holders of its shares, officers or colleagues in an emergency (DESIGN §4.10): who may be asked, asking,
 * giving a share, and what the requester opens with. Who asks or gives need not be a member of that mailbox.
 */
import { sha256 } from '../cms/digest.js';
import { fromBase64, toBase64 } from '../cms/octets.js';
import { outcome } from './api.js';

/** @typedef {import('../keys/agent.js').OfficerUnlock} OfficerUnlock */
/**
 * @typedef {object} Way a policy by which somebody may ask
 * @property {string} id
 * @property {string} mailboxId
 * @property {string} address
 * @property {'officers'|'breakGlass'} kind
 * @property {number} threshold shares that open it
 * @property {number} minutes
 * @property {number} messages 0: no limit
 * @property {{name: string, idType: string, idValue: string}[]} holders
 * @property {string} policy DER, base64
 */
/**
 * @typedef {object} RecoveryRequest
 * @property {string} id
 * @property {string} accountId of the mailbox asked for
 * @property {string} address
 * @property {string} policyId
 * @property {string} requesterName
 * @property {string} requesterRppsNumber
 * @property {boolean} mine
 * @property {string} request base64
 * @property {string} reason
 * @property {string} createdAt
 * @property {number} released
 * @property {string[]} releases
 * @property {string | null} openedAt
 * @property {string | null} closesAt
 * @property {string | null} endedAt
 * @property {number} messageLimit 0: none
 * @property {number} messagesOpened
 */
/** @typedef {{policyId: string, policy: string, share: string, spent: boolean}} HeldShare */

/** This person holds no share that fits the request. */
export class NoShare extends Error {
  code = 'no-share';
}

/** How the server asks for a fresh proof. */
const STEP_UP = Object.freeze(['stepUpRequired', 'step-up-required']);

export class Emergency {
  #places;

  /** @param {{api: Pick<import('./api.js').Api, 'call' | 'revocation'>, accountId: string, room: Pick<import('./workroom.js').Workroom, 'call'>, card: () => string, prove: () => Promise<void>}} places card: pseudonym of the one that signs */
  constructor(places) {
    this.#places = places;
  }

  /** @param {string} address @returns {Promise<Way[]>} none where this person may not ask */
  async ways(address) {
    const { list } = await this.#call('RecoveryPolicy/get', { address });
    return list;
  }

  /** Signed by the card; the owner and the holders hear of it at once. @param {Way} way @param {string} reason @returns {Promise<string>} id of the request */
  async ask({ address, mailboxId, policy }, reason) {
    const order = { address, mailboxId, policy: fromBase64(policy), reason, card: this.#places.card() };
    const { request } = await this.#places.room.call('ask', ['requestRecovery', [order]]);
    const answer = await this.#call('RecoveryRequest/set', { accountId: mailboxId, create: { asked: { request: toBase64(request) } } });
    return outcome(answer, 'created', 'asked').id;
  }

  /** @returns {Promise<RecoveryRequest[]>} one's own, those to one's shares, those about mailboxes one manages; newest first */
  async requests() {
    const { list } = await this.#call('RecoveryRequest/get', { ids: null });
    return list;
  }

  /** One's share for one request: a prompt of the card program names who asks, why and for which mailbox. @param {RecoveryRequest} request */
  async release({ id, accountId, policyId, request }) {
    const { list, evidence } = await this.#call('Share/get', { accountId });
    const held = list.find((/** @type {HeldShare} */ share) => share.policyId === policyId && !share.spent);
    if (!held) throw new NoShare('No share fits');
    const revocation = await this.#places.api.revocation();
    const order = { card: this.#places.card(), share: fromBase64(held.share), request: fromBase64(request), policy: fromBase64(held.policy), evidence: proofOf(evidence, revocation) };
    const { logEntry, release } = await this.#places.room.call('ask', ['releaseShare', [order]]);
    await this.#call('Membership/append', { accountId, logEntry: toBase64(logEntry), grants: [], bindings: [], release: { requestId: id, release: toBase64(release) } });
  }

  /** Enough shares are there: the server lets this person read for a while. @param {RecoveryRequest} request @returns {Promise<OfficerUnlock>} what opens the mailbox */
  async begin({ id, accountId, address, policyId, releases, openedAt }) {
    const policy = await (openedAt ? this.#usedPolicy(accountId, policyId) : this.#policy(address, policyId));
    if (!policy) throw new NoShare('The policy is over');
    if (!openedAt) outcome(await this.#call('RecoveryRequest/set', { accountId, update: { [id]: { state: 'open' } } }), 'updated', id);
    return { requestId: id, policy: fromBase64(policy), releases: releases.map(fromBase64) };
  }

  /** @param {string} address @param {string} policyId */
  async #policy(address, policyId) {
    return (await this.ways(address)).find(({ id }) => id === policyId)?.policy;
  }

  /** Nobody may ask by it any more; the log of the mailbox, which is readable now, still holds it. @param {string} accountId @param {string} policyId @returns {Promise<string | undefined>} */
  async #usedPolicy(accountId, policyId) {
    const { list } = await this.#call('MembershipLog/get', { accountId });
    /** @type {string[]} */
    const bodies = list.flatMap((/** @type {any} */ entry) => entry.bodies ?? []);
    const names = await Promise.all(bodies.map((body) => sha256(fromBase64(body)).then(toBase64)));
    return bodies[names.indexOf(policyId)];
  }

  /** @param {RecoveryRequest} request */
  async close({ id, accountId }) {
    outcome(await this.#call('RecoveryRequest/set', { accountId, update: { [id]: { state: 'closed' } } }), 'updated', id);
  }

  /** The server may ask who is there once more before it goes on. @param {string} method @param {object} args @returns {Promise<any>} */
  async #call(method, args) {
    const { api, accountId, prove } = this.#places;
    const call = async () => checkedSet(await api.call(method, { accountId, ...args }));
    return call().catch(async (error) => {
      if (!STEP_UP.includes(error.code)) throw error;
      await prove();
      return call();
    });
  }
}

/** A fresh proof may be asked for one object alone. @param {any} answer @returns {any} */
function checkedSet(answer) {
  const refused = Object.values({ ...answer.notCreated, ...answer.notUpdated });
  const wanted = refused.find(({ type }) => STEP_UP.includes(type));
  if (wanted) throw Object.assign(new Error('Who is there?'), { code: wanted.type });
  return answer;
}

/** @param {{logEntries: string[], bodies: string[], bindings: string[], chain: string[]}} evidence @param {import('../keys/agent.js').Revocation} revocation @returns {import('../keys/agent.js').Evidence} */
function proofOf({ logEntries, bodies, bindings, chain }, { crls, ocsps }) {
  return { logEntries: logEntries.map(fromBase64), bodies: bodies.map(fromBase64), bindings: bindings.map(fromBase64), chain: chain.map(fromBase64), crls, ocsps };
}

/** @param {RecoveryRequest} request @param {number} threshold */
export const enough = ({ released }, threshold) => released >= threshold;

/** What is over is kept in the trace, not on the screen. @param {RecoveryRequest} request @param {Date} now */
export const pending = ({ endedAt, closesAt }, now) => !endedAt && (!closesAt || Date.parse(closesAt) > now.getTime());
