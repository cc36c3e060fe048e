/**
 * What stands between a person and an open mailbox: the workers, the ways in, and the card in the reader. The workers start
 * when first needed; dismissing them wipes whatever they held.
 */
import { usualWay } from '../bridge/way.js';
import { CardGrant } from './card-grant.js';
import { lastCard, lastEntrance, lastPort, Workroom } from './workroom.js';

/** @typedef {import('../bridge/messages.js').Card} Card */

/** How long a bridge that is going away may take to confirm, milliseconds. */
const LOCKING_GRACE = 300;
/** What the workers say and the pages hear in the same words. */
const PASSED_ON = ['pairing', 'cards', 'export-wanted'];

/**
 * @typedef {object} Surroundings
 * @property {() => readonly number[]} ports where the server lets its pages look for a bridge
 * @property {() => boolean} locked whether the page shows a locked mailbox
 * @property {ConstructorParameters<typeof Workroom>[1]} answers what the workers ask about a sender
 */

/**
 * Events: `bridge` (detail: a ConnectionState), `pairing` (detail: {digits}), `cards`, `export-wanted` (detail: {mailbox}),
 * `grant`, `grant-ended` (detail: {reason}), `session-ended` (detail: {reason}), `card-seen` (detail: {own, other}).
 */
export class Threshold extends EventTarget {
  /** @type {import('../bridge/client.js').ConnectionState} */ bridge = 'idle';
  #api;
  #around;
  /** @type {Workroom | null} */ #room = null;
  /** @type {import('./entrance.js').Entrance | null} */ #entrance = null;
  /** @type {CardGrant | null} */ #grant = null;
  /** @type {import('./card-watch.js').CardWatch | null} */ #watch = null;
  /** Why the card was closed: the mailbox follows a moment later. */ #grantEnd = '';

  /**
   * @param {import('./api.js').Api} api
   * @param {Surroundings} around
   */
  constructor(api, around) {
    super();
    this.#api = api;
    this.#around = around;
  }

  /** @returns {Workroom} */
  get workroom() {
    if (this.#room) return this.#room;
    const room = new Workroom(this.#api, this.#around.answers, this.#around.ports());
    /** @param {string} event @param {(detail: any) => void} hear */
    const on = (event, hear) => room.addEventListener(event, (heard) => hear(/** @type {CustomEvent} */ (heard).detail));
    for (const event of PASSED_ON) on(event, (detail) => this.#tell(event, detail));
    on('bridge', (state) => this.#followBridge(state));
    on('grant-ended', (detail) => this.#closedCard(detail));
    on('session-ended', ({ reason }) => this.#tell('session-ended', { reason: this.#reasonOf(reason) }));
    this.#room = room;
    return room;
  }

  /** A mailbox that stays locked needs no door. @returns {Promise<import('./entrance.js').Entrance>} */
  async door() {
    const { Entrance } = await import('./entrance.js');
    this.#entrance ??= new Entrance(this.#api, this.workroom);
    return this.#entrance;
  }

  /**
   * The way in of the last time, once more; with a card the server asks for a proof only where its session has ended.
   * @param {import('./entrance.js').Entrance} door
   * @param {() => Promise<void>} readSession throws {code: 'session-expired'}
   */
  async present(door, readSession) {
    if (lastEntrance() === 'passkey') return door.logInWithPasskey();
    await this.workroom.connectBridge();
    const card = await this.workroom.usualCard();
    const expired = await readSession().then(() => false, (error) => error.code === 'session-expired');
    if (expired) await door.logInWithCard(card, () => {});
    else door.chooseCard(card);
  }

  /** The server asks once more who is there. @param {boolean} bridge whether the keys are held by one */
  async prove(bridge) {
    const door = await this.door();
    if (bridge) await door.logInWithCard(lastCard(), () => {});
    else await door.provePasskey();
  }

  /** From now on `grant` says what the card still does without another PIN. */
  followCard() {
    if (this.#grant) return;
    this.#grantEnd = '';
    this.#grant = new CardGrant(this.workroom);
    this.#grant.addEventListener('change', () => this.#tell('grant', {}));
  }

  /** What the card still does without another PIN; null: it asks at the next use. */
  get grant() {
    return this.#grant?.current ?? null;
  }

  /** The cards in the readers; null where nobody has looked yet. @param {boolean} removed whether the person's own was just taken */
  presentCards(removed) {
    return this.#grant?.present?.filter((card) => card !== lastCard() || !removed) ?? null;
  }

  /** The bridge wipes its vault by itself when the socket closes; saying so is faster. */
  async sayLock() {
    const saying = this.#room?.call('lock').catch(() => {});
    await Promise.race([saying, new Promise((resolve) => setTimeout(resolve, LOCKING_GRACE))]);
  }

  dismiss() {
    this.#grant?.stop();
    this.#grant = null;
    this.#room?.dismiss();
    this.#room = null;
    this.#entrance = null;
    this.bridge = 'idle';
  }

  /** On a ward the next person puts a card in. Only where looking needs no click. @param {readonly string[] | null} known the cards that lay there */
  async watchCards(known) {
    if (lastEntrance() !== 'card' || usualWay() === 'relay') return;
    const { CardWatch } = await import('./card-watch.js');
    if (!this.#around.locked()) return;
    this.#watch = new CardWatch({ port: lastPort(), ports: this.#around.ports(), known });
    this.#watch.addEventListener('card', (event) => this.#cardSeen(/** @type {CustomEvent} */ (event).detail));
    await this.#watch.start();
  }

  stopWatching() {
    this.#watch?.stop();
    this.#watch = null;
  }

  /** @param {Card} put into the reader */
  #cardSeen(put) {
    const own = put.card === lastCard();
    if (this.#around.locked()) this.#tell('card-seen', { own, other: own ? null : put });
  }

  /** @param {import('../bridge/client.js').ConnectionState} state */
  #followBridge(state) {
    this.bridge = state;
    this.#tell('bridge', state);
  }

  /** @param {{card: string, reason: string}} ended */
  #closedCard({ card, reason }) {
    if (card !== lastCard()) return;
    this.#grantEnd = reason;
    this.#tell('grant-ended', { reason });
  }

  /** Screen lock and sleep close the card first and say so; the mailbox is then merely locked. @param {string} reason */
  #reasonOf(reason) {
    return reason === 'locked' && this.#grantEnd ? this.#grantEnd : reason;
  }

  /**
   * @param {string} event
   * @param {any} detail
   */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
