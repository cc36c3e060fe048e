/** What the person's card still does for this page without another PIN, as the bridge counts it. */
import { lastCard } from './workroom.js';

/** Uses are counted by the bridge; the page looks at them now and then. */
const LOOK_EVERY = 60_000;

/** @typedef {{usesLeft: number, until: string}} Grant until: RFC 3339 */

/** Events: `change`. */
export class CardGrant extends EventTarget {
  /** @type {Grant | null} */ current = null;
  /** The cards that were there; null: not looked yet. @type {string[] | null} */ present = null;
  /** @type {ReturnType<typeof setInterval>} */ #looking;
  #room;

  /** @param {EventTarget & {call: (method: string) => Promise<any>}} room */
  constructor(room) {
    super();
    this.#room = room;
    for (const event of ['cards', 'grant-ended']) room.addEventListener(event, () => void this.look());
    this.#looking = setInterval(() => void this.look(), LOOK_EVERY);
    void this.look();
  }

  async look() {
    const { cards } = await this.#room.call('cards').catch(() => ({ cards: [] }));
    this.present = cards.map((/** @type {{card: string}} */ { card }) => card);
    const own = cards.find((/** @type {{card: string}} */ { card }) => card === lastCard());
    this.current = own?.session ?? null;
    this.dispatchEvent(new Event('change'));
  }

  stop() {
    clearInterval(this.#looking);
  }
}
