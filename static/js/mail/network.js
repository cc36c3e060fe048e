/** The establishment that this person administers: who is there, its inboxes and its rules. Nothing of what anybody writes or reads. */
import { proved } from './trace.js';

/** @typedef {'second-way'|'passkey-only'|'card-ended'|'card-ends'} Lack */
/**
 * @typedef {object} Colleague
 * @property {string} id
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
}

/** What changes of what stands. @param {Rules} before @param {Rules} after @returns {Partial<Rules>} */
export const changed = (before, after) => Object.fromEntries(RULES.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));

/** Whom a rule would lock out: who opens a mailbox with a passkey and has no card. @param {readonly Colleague[]} people */
export const lockedOut = (people) => people.filter(({ state, lacks }) => state === 'joined' && lacks.includes('passkey-only'));

/** Those for whom something is still to be done. @param {Colleague} person */
export const isReady = ({ state, lacks }) => state === 'left' || (state === 'joined' && lacks.length === 0);
