/**
 * Who puts a card into the reader while the mailbox is locked: on a ward the next person does. A socket of its own, since
 * the worker that held the keys is gone; it knows labels and pseudonyms, and opens nothing.
 */
import { BridgeClient } from '../bridge/client.js';
import { directly } from '../bridge/connection.js';

/** @typedef {import('../bridge/messages.js').Card} Card */

/** Events: `card` (detail: the card that was put in, where it is ready). */
export class CardWatch extends EventTarget {
  #client;

  /** @type {readonly string[] | null} */ #known;

  /** @param {{port?: number, ports: readonly number[], known: readonly string[] | null, client?: BridgeClient}} bridge known: the cards that lay there before; null: those that the first look finds */
  constructor({ port, ports, known, client = new BridgeClient({ port, find: directly({ ports }) }) }) {
    super();
    this.#client = client;
    this.#known = known;
    client.addEventListener('card.inserted', (event) => void this.#look([/** @type {CustomEvent} */ (event).detail.card]));
    client.addEventListener('connection', (event) => void (/** @type {CustomEvent} */ (event).detail === 'ready' && this.#begin()));
  }

  /** Failing to watch is no error: the person unlocks or logs in by hand. */
  async start() {
    await this.#client.connect().catch(() => {});
  }

  stop() {
    this.#client.close();
  }

  /** A card may have been put in while this was on its way. */
  async #begin() {
    await this.#client.call('card.subscribe').catch(() => {});
    await this.#look(null);
  }

  /** @param {string[] | null} names null: all that were not there before */
  async #look(names) {
    /** @type {{cards: Card[]}} */
    const { cards } = await this.#client.call('card.list').catch(() => ({ cards: [] }));
    const known = (this.#known ??= cards.map(({ card }) => card));
    const put = cards.filter(({ card, state }) => state === 'ready' && (names ? names.includes(card) : !known.includes(card)));
    for (const card of put) this.dispatchEvent(new CustomEvent('card', { detail: card }));
  }
}
