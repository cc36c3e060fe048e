/** What every act on a mailbox's members stands on: the log as it is, the agent that signs, the server that appends. */
import { toBase64 } from '../cms/octets.js';
import { evidenceOf, readKeyMaterial } from './key-material.js';
import { CardMissing, cardPerson } from './new-grants.js';

/** @typedef {import('../keys/agent.js').Evidence} Evidence */
/** @typedef {import('../keys/agent.js').Member} Member */
/** @typedef {import('./new-grants.js').CardPerson} CardPerson */

/**
 * @typedef {object} Places
 * @property {import('./api.js').Api} api
 * @property {string} accountId
 * @property {Pick<import('./workroom.js').Workroom, 'call'>} room with the mailbox open in it
 * @property {import('./sealed.js').SealedObjects} objects
 * @property {() => number} epoch of the open mailbox
 * @property {() => string | undefined} card pseudonym of the one that signs
 * @property {() => Promise<void>} prove the person shows the card once more, because the server asks for a fresh proof
 * @property {() => Promise<void>} reopen the mailbox under the newest grant
 * @property {(renewed: import('./open-mailboxes.js').RenewedKeys) => Promise<void>} adopt what a new epoch changes in the open mailbox
 * @property {(members: import('./membership-acts.js').MemberRow[]) => void} changed
 * @property {(members: Member[]) => void} lapsed they waited for a confirmation when a new epoch was made, and have to be proposed again
 * @property {(milliseconds: number) => Promise<void>} [wait] what a test replaces
 */

/** Waits before the very same entry is handed in again, milliseconds: the server answers it as it did. */
const AGAIN_AFTER = Object.freeze([300, 1_000, 3_000]);
const ANSWER_LOST = Object.freeze(['offline', 'server-error']);
const STEP_UP = Object.freeze(['stepUpRequired', 'step-up-required']);

/** The mailbox's places, as acts and rotations use them. */
export class MembershipMeans {
  /** @param {Places} places */
  constructor(places) {
    this.places = places;
  }

  /** With the grants of the person who is here. */
  async evidence() {
    const { api, accountId } = this.places;
    const material = await readKeyMaterial(api, accountId);
    return { evidence: evidenceOf(material), grants: material.grants };
  }

  /** Whether the server asks for a new key: what was blocked, or who left, stands in no log yet. */
  async isKeyChangeDue() {
    const { keyChangeDue = false } = await this.call('Member/get', { ids: [] }).catch(() => ({}));
    return keyChangeDue;
  }

  /** The same entry again is answered as before, so that a lost answer costs nothing. @param {{grants?: Uint8Array[], logEntry: Uint8Array, binding?: Uint8Array}} act @param {object} extras */
  async append({ grants = [], logEntry, binding }, extras) {
    const args = { logEntry: toBase64(logEntry), grants: grants.map(toBase64), bindings: binding ? [toBase64(binding)] : [], ...extras };
    for (const wait of AGAIN_AFTER) {
      try {
        return await this.call('Membership/append', args);
      } catch (error) {
        if (!ANSWER_LOST.includes(/** @type {any} */ (error).code)) throw error;
        await (this.places.wait ?? pause)(wait);
      }
    }
    return this.call('Membership/append', args);
  }

  /** @param {Pick<Member, 'reference' | 'name'>} member @returns {Promise<CardPerson>} the very card that holds the grant */
  async cardOf({ reference, name }) {
    const found = cardPerson(await this.call('Directory/card', { reference }));
    if (!found) throw new CardMissing([name]);
    return found;
  }

  /** What names the signing card to the agent. @returns {{card?: string}} */
  card() {
    const card = this.places.card();
    return card ? { card } : {};
  }

  /** A verb of the agent on the open mailbox. @param {string} verb @param {...any} values @returns {Promise<any>} */
  agent(verb, ...values) {
    return this.places.room.call('act', [verb, values]);
  }

  /** A verb that needs no open mailbox. @param {'proveCard'|'requestRecovery'|'releaseShare'} verb @param {...any} values @returns {Promise<any>} */
  ask(verb, ...values) {
    return this.places.room.call('ask', [verb, values]);
  }

  /** @param {string} method @param {object} args */
  call(method, args) {
    const { api, accountId } = this.places;
    return this.proven(() => api.call(method, { accountId, ...args }));
  }

  /** The server may ask who is there once more before it goes on. @template T @param {() => Promise<T>} call @returns {Promise<T>} */
  async proven(call) {
    return call().catch(async (error) => {
      if (!STEP_UP.includes(error.code)) throw error;
      await this.places.prove();
      return call();
    });
  }
}

/** @param {number} milliseconds @returns {Promise<void>} */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
