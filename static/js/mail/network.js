/** The establishment that this person administers: who is there, its inboxes and its rules. Nothing of what anybody writes or reads. */
import { proved } from './trace.js';

/** @typedef {'second-way'|'passkey-only'|'card-ended'|'card-ends'} Lack */
/**
 * @typedef {object} Colleague
 * @property {string} id
 * @property {string | null} personId null: never here
 * @property {string} name
 * @property {string} rppsNumber
 * @property {string} address
 * @property {boolean} administrator
 * @property {'invited'|'refused'|'joined'|'left'} state refused: the card of this number bears another name
 * @property {Lack[]} lacks what is missing for the day a way in fails
 * @property {string | null} cardEnds RFC 3339
 * @property {{address: string, role: string}[]} inboxes in which the list wants this person
 *
 * @typedef {object} NetworkInbox
 * @property {string} id
 * @property {string} address
 * @property {string} name
 * @property {string} kind
 * @property {boolean} open
 * @property {string[]} managers of one that is awaited: who is to open it
 * @property {number} members
 *
 * @typedef {object} Rules
 * @property {boolean} cardRequired
 * @property {boolean} noBridgeAllowed
 * @property {boolean} recoveryRequired
 * @property {number} delegationDaysMax 0: no limit
 * @property {number} retentionDays 0: no limit
 * @property {boolean} membersOpenServices
 * @property {boolean} listedOnly
 *
 * @typedef {{address: 'keep'|'redirect'|'refuse', redirectTo: string, anyway: boolean}} Departure what becomes of mail to the person's address; anyway: though a shared inbox loses its only owner
 *
 * @typedef {{id: string, name: string, domain: string, timeZone: string, people: Colleague[], inboxes: NetworkInbox[]} & Rules} Tenant
 */

/** @type {readonly (keyof Rules)[]} */
export const RULES = Object.freeze(['cardRequired', 'noBridgeAllowed', 'recoveryRequired', 'membersOpenServices', 'listedOnly', 'delegationDaysMax', 'retentionDays']);

export class Network {
  #api;
  #accountId;
  #prove;

  /** @param {{api: Pick<import('./api.js').Api, 'call'>, accountId: string, prove: () => Promise<unknown>}} sources */
  constructor({ api, accountId, prove }) {
    this.#api = api;
    this.#accountId = accountId;
    this.#prove = prove;
  }

  /** @returns {Promise<Tenant | null>} null: this person administers none */
  async read() {
    const { list } = await this.#api.call('Tenant/get', { accountId: this.#accountId, ids: null });
    return list[0] ?? null;
  }

  /** Everybody of the establishment is told. @param {string} id @param {Partial<Rules>} rules */
  async set(id, rules) {
    const { notUpdated } = await proved(this.#prove, () => this.#api.call('Tenant/set', { accountId: this.#accountId, update: { [id]: rules } }));
    if (notUpdated?.[id]) throw Object.assign(new Error('Rules not set'), { code: 'rules-refused' });
  }

  /**
   * Somebody leaves the establishment: no card, passkey or code of that person logs in any more.
   * @param {string} personId
   * @param {Departure} how
   * @returns {Promise<string[]>} addresses of the shared inboxes that person alone owns, where that stands in the way; nothing has ended then
   */
  async letGo(personId, { address, redirectTo, anyway }) {
    const wish = { personId, address, ...(address === 'redirect' && { redirectTo }), ...(anyway && { anyway }) };
    try {
      await proved(this.#prove, () => this.#api.call('Person/offboard', wish));
      return [];
    } catch (error) {
      const { code, data } = /** @type {any} */ (error);
      if (code === 'successorNeeded') return data.addresses;
      throw code in DEPARTURE_REFUSED ? Object.assign(new Error('Not let go'), { code: DEPARTURE_REFUSED[code] }) : error;
    }
  }
}

/** @type {Record<string, string>} */
const DEPARTURE_REFUSED = { notFound: 'departure-refused', invalidArguments: 'redirect-refused' };

/** What changes of what stands. @param {Rules} before @param {Rules} after @returns {Partial<Rules>} */
export const changed = (before, after) => Object.fromEntries(RULES.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));

/** Whom a rule would lock out: who opens a mailbox with a passkey and has no card. @param {readonly Colleague[]} people */
export const lockedOut = (people) => people.filter(({ state, lacks }) => state === 'joined' && lacks.includes('passkey-only'));

/** Who may be let go here: one who came, and nobody lets himself go. @param {Colleague} person @param {string} own RPPS number of who looks, '' for none */
export const mayLeave = ({ state, personId, rppsNumber }, own) => state === 'joined' && Boolean(personId) && !(own && rppsNumber === own);

/** Those for whom something is still to be done. @param {Colleague} person */
export const isReady = ({ state, lacks }) => state === 'left' || (state === 'joined' && lacks.length === 0);
