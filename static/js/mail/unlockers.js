/**
 * What a person logs in and opens with: cards, passkeys, the printed code, the officers. The server knows the credentials, the
 * signed log says what each of them opens.
 */
import { outcome } from './api.js';

/** @typedef {import('./membership-acts.js').MemberRow} MemberRow */
/** @typedef {'card'|'passkey'|'recovery'|'officer'} UnlockerKind */
/**
 * @typedef {object} Unlocker
 * @property {string} id of the credential; '' for officers, who are nobody's credential
 * @property {UnlockerKind} kind
 * @property {string} name as the person called it
 * @property {string} reference base64, as grants name it
 * @property {string | null} bodyHash of the grant in the open mailbox; null: it opens this mailbox no more, or not yet
 * @property {string | null} createdAt RFC 3339
 * @property {string | null} lastUsedAt
 * @property {string | null} expiresAt of a card
 * @property {boolean} blocked
 * @property {boolean} current what this session was logged in with
 */
/** @typedef {'ready'|'alone'|'none'} Readiness alone: with the one that is left lost, the mailbox stays closed */

const DAY = 86_400_000;
/** Days before a card's end at which its holder is reminded. */
const REMINDERS = Object.freeze([7, 30, 90]);
/** @type {readonly UnlockerKind[]} */
const ORDER = Object.freeze(['card', 'passkey', 'recovery', 'officer']);

/** The person's own credentials, whatever mailbox is open. */
export class Unlockers {
  #api;
  #accountId;
  #prove;

  /** @param {Pick<import('./api.js').Api, 'call'>} api @param {string} accountId @param {() => Promise<void>} prove who is there, once more */
  constructor(api, accountId, prove) {
    this.#api = api;
    this.#accountId = accountId;
    this.#prove = prove;
  }

  /** @param {readonly MemberRow[]} members of the open mailbox @param {Pick<import('../keys/agent.js').Identity, 'idType' | 'idValue'> | null} owner whose credentials these are; null where nobody says
   * @returns {Promise<Unlocker[]>} */
  async list(members, owner = null) {
    const { list } = await this.#api.call('Credential/get', { accountId: this.#accountId, ids: null });
    return joined(list, members, owner);
  }

  /** @param {string} id @param {string} name */
  async rename(id, name) {
    outcome(await this.#api.call('Credential/set', { accountId: this.#accountId, update: { [id]: { name } } }), 'updated', id);
  }

  /** It logs in nowhere and opens nothing from now on; the keys it held are marked to be changed. @param {string} id */
  async block(id) {
    const block = () => this.#api.call('Credential/set', { accountId: this.#accountId, destroy: [id] });
    const answer = await block().catch(async (error) => {
      if (error.code !== 'stepUpRequired') throw error;
      await this.#prove();
      return block();
    });
    if (!answer.destroyed?.includes(id)) outcome(answer, 'destroyed', id);
  }
}

/**
 * @param {readonly any[]} credentials of Credential/get
 * @param {readonly MemberRow[]} members
 * @param {Pick<import('../keys/agent.js').Identity, 'idType' | 'idValue'> | null} owner
 * @returns {Unlocker[]} those in use first, by kind
 */
export function joined(credentials, members, owner = null) {
  const active = members.filter(({ state }) => state === 'active');
  const opening = new Map(active.map(({ reference, bodyHash }) => [reference, bodyHash]));
  const own = credentials.map(({ id, kind, name, reference, grantReference, createdAt, lastUsedAt, expiresAt, blockedAt, current }) => ({
    id, kind, name, reference: grantReference ?? reference, bodyHash: opening.get(grantReference ?? reference) ?? null,
    createdAt, lastUsedAt, expiresAt, blocked: Boolean(blockedAt), current,
  }));
  const named = new Set(own.map(({ reference }) => reference));
  const others = active.filter((member) => !named.has(member.reference) && belongs(member, owner));
  return [...own, ...others.map(uncredited)].sort((one, other) => rank(one) - rank(other) || ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
}

/** Officers open for everybody; a further card may never have logged in. @param {MemberRow} member @param {Pick<import('../keys/agent.js').Identity, 'idType' | 'idValue'> | null} owner */
function belongs({ kind, own, idType, idValue }, owner) {
  return kind === 'officer' || (kind !== 'service' && (own || (owner !== null && idValue !== '' && idType === owner.idType && idValue === owner.idValue)));
}

/** @param {MemberRow} member @returns {Unlocker} */
function uncredited({ kind, reference, bodyHash, since, notAfter }) {
  return { id: '', kind: /** @type {UnlockerKind} */ (kind), name: '', reference, bodyHash, createdAt: since, lastUsedAt: null, expiresAt: kind === 'card' ? notAfter : null, blocked: false, current: false };
}

/** @param {Unlocker} unlocker */
const rank = ({ blocked, bodyHash }) => (blocked ? 2 : bodyHash === null ? 1 : 0);

/** A card that has ended opens nothing at the next login. @param {readonly Unlocker[]} unlockers @param {Date} now */
export function usable(unlockers, now) {
  return unlockers.filter(({ blocked, bodyHash, expiresAt }) => !blocked && bodyHash !== null && (!expiresAt || Date.parse(expiresAt) > now.getTime()));
}

/** Ready for the day one of them fails: with two. @param {readonly Unlocker[]} unlockers @param {Date} now @returns {Readiness} */
export function readiness(unlockers, now) {
  const { length } = usable(unlockers, now);
  return length >= 2 ? 'ready' : length === 1 ? 'alone' : 'none';
}

/** A proved card of the person that opens nothing yet: it may take the place of another. @param {readonly Unlocker[]} unlockers @param {Date} now */
export const waitingCards = (unlockers, now) =>
  unlockers.filter(({ kind, bodyHash, blocked, expiresAt }) => kind === 'card' && bodyHash === null && !blocked && (!expiresAt || Date.parse(expiresAt) > now.getTime()));

/**
 * The card that ends soonest among those in use, where it is time to say so.
 * @param {readonly Unlocker[]} unlockers @param {Date} now
 * @returns {{unlocker: Unlocker, days: number, step: number} | null} step: 90, 30 or 7, so that a reminder put aside comes back
 */
export function expiring(unlockers, now) {
  const ending = unlockers.filter(({ kind, blocked, bodyHash, expiresAt }) => kind === 'card' && !blocked && bodyHash !== null && expiresAt)
    .map((unlocker) => ({ unlocker, days: Math.floor((Date.parse(unlocker.expiresAt ?? '') - now.getTime()) / DAY) }))
    .sort((one, other) => one.days - other.days);
  const soonest = ending[0];
  const step = soonest && REMINDERS.find((days) => soonest.days < days);
  return soonest && step ? { ...soonest, step } : null;
}
