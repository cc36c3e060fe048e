/**
 * What an open mailbox does about its keys by itself (DESIGN §4.6): where somebody's right has ended, a manager's visit makes
 * the next epoch; what an interrupted one left is carried over; and a key that somebody else made is followed.
 */
import { MembershipActs } from './membership-acts.js';

/** @typedef {import('./membership-acts.js').RenewedKeys} RenewedKeys */
/** @typedef {import('../keys/agent.js').OpenedMailbox} OpenedMailbox */

/**
 * @typedef {object} Surroundings
 * @property {import('./api.js').Api} api
 * @property {string} accountId
 * @property {Pick<import('./workroom.js').Workroom, 'call'>} room with the mailbox open in it
 * @property {import('./furniture.js').Furniture} parts
 * @property {Pick<import('./entrance.js').Opened, 'epoch' | 'role' | 'level' | 'keyChangeDue' | 'bridge'>} opened
 * @property {() => string | undefined} card that signs
 * @property {() => Promise<import('./entrance.js').Opened>} reopen the mailbox by its newest grant
 * @property {() => Promise<void>} prove who is there, once more
 */

/** The mailbox has a new key, which the next unlocking opens. */
class KeyRenewed extends Error {
  code = 'key-renewed';
}

/** Events: `members` (detail: MemberRow[]), `rotation` (detail: a step, or {failed}), `lapsed` (detail: Member[] who waited for a confirmation when the key changed), `renewed` (detail: {role, keyChangeDue}), `failure` (detail: what failed). */
export class KeyCare extends EventTarget {
  #around;
  /** @type {Promise<void> | null} */ #reopening = null;

  /** @param {Surroundings} around */
  constructor(around) {
    super();
    this.#around = around;
    this.epoch = around.opened.epoch;
    const { api, accountId, room, parts: { objects }, card, prove } = around;
    this.acts = new MembershipActs({
      api, accountId, room, objects, card, prove,
      epoch: () => this.epoch,
      reopen: () => this.#reopen(),
      adopt: (renewed) => this.#adopt(renewed),
      changed: (members) => this.#tell('members', members),
      lapsed: (members) => this.#tell('lapsed', members),
    });
  }

  /** What is due at an opening. A failure is said and tried again at the next one. */
  async keep() {
    const { opened: { role, level, keyChangeDue } } = this.#around;
    if (level !== 'full' || !['manager', 'owner'].includes(role)) return;
    try {
      if (keyChangeDue || (await this.acts.isKeyChangeDue())) await this.acts.rotate({ onlyIfDue: true }, (progress) => this.#tell('rotation', progress));
      else if (this.epoch > 1) await this.acts.carryOver();
    } catch (error) {
      this.#tell('rotation', { failed: error });
    }
  }

  /** A message lies under a key made meanwhile. A card opens it by itself; a passkey is asked for at a click. */
  async follow() {
    if (this.#reopening) return;
    this.#reopening = this.#around.opened.bridge ? this.#reopen() : Promise.reject(new KeyRenewed('A new key was made'));
    await this.#reopening.catch((error) => this.#tell('failure', error));
    if (this.#around.opened.bridge) this.#reopening = null;
  }

  async #reopen() {
    const { epoch, role, keyChangeDue } = await this.#around.reopen();
    this.#take(epoch, { role, keyChangeDue });
  }

  /** @param {RenewedKeys} renewed */
  async #adopt(renewed) {
    await this.#around.room.call('renew', [renewed]);
    this.#take(renewed.epoch, { role: this.#around.opened.role, keyChangeDue: false });
  }

  /** @param {number} epoch @param {{role: import('../keys/agent.js').Role, keyChangeDue: boolean}} detail */
  #take(epoch, detail) {
    this.epoch = epoch;
    this.#around.parts.list.follow(epoch);
    this.#tell('renewed', detail);
  }

  /** @param {string} event @param {any} detail */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
