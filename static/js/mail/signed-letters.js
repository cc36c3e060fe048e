/** Letters that were signed in one consent, inside the crypto worker, until each is made ready to leave. */
import { composeOrder, finishOrder, signOrders } from './preparing.js';

/** @typedef {import('./opened-mailbox.js').OpenedMailbox} OpenedMailbox */
/** @typedef {import('./preparing.js').Order} Order */

export class SignedLetters {
  /** @type {Map<number, {mailbox: OpenedMailbox, composed: import('./preparing.js').Composed, signature: Uint8Array}>} by their place in the list */
  #waiting = new Map();

  /**
   * All of them or none: the list is what the person agrees to. One that was signed before is forgotten.
   * @param {OpenedMailbox} mailbox
   * @param {Order[]} orders
   */
  async sign(mailbox, orders) {
    this.#waiting.clear();
    const composed = orders.map((order) => composeOrder(mailbox, order));
    const signatures = await signOrders(mailbox, composed, { listed: true });
    composed.forEach((each, place) => this.#waiting.set(place, { mailbox, composed: each, signature: signatures[place] }));
  }

  /**
   * @param {number} place in the list
   * @param {{progress: (value: any) => void, signal?: AbortSignal}} context
   * @returns {Promise<import('./preparing.js').Prepared>} once: a letter leaves no second time on the same signature
   */
  async finish(place, context) {
    const waiting = this.#waiting.get(place);
    if (!waiting) throw new NotSigned('No letter of this place was signed');
    this.#waiting.delete(place);
    return finishOrder(waiting.mailbox, waiting.composed, waiting.signature, context);
  }
}

class NotSigned extends Error {
  code = 'not-signed';
}
