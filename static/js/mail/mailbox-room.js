/**
 * The way of one mailbox into the crypto worker, where several may be open. It names the mailbox each time: what is asked late (by a timer,
 * or after an upload during which another one came to be shown) is sealed, signed and packed with its own keys, or refused, never with
 * those of the one that is shown by then.
 */

/** @typedef {import('./workroom.js').Workroom} Workroom */

/** What is asked of the key agent itself, for no open mailbox. */
const OF_THE_AGENT = Object.freeze(['ask', 'forget', 'requestCertificates']);

export class MailboxRoom {
  #room;
  #mailboxId;

  /** @param {Pick<Workroom, 'call'>} room @param {string} mailboxId */
  constructor(room, mailboxId) {
    this.#room = room;
    this.#mailboxId = mailboxId;
  }

  /** @type {Workroom['call']} */
  call(method, values = [], options) {
    if (OF_THE_AGENT.includes(method)) return this.#room.call(method, values, options);
    return this.#room.call('within', [this.#mailboxId, method, values], options);
  }
}
