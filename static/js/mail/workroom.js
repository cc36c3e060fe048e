/**
 * The workers of one page: the crypto worker, and for a passkey the vault beside it. Dismissing them is what wipes
 * everything that was opened.
 */
import { BridgeError } from '../bridge/messages.js';
import { relayWindow, rememberWay, usualWay } from '../bridge/way.js';
import { Endpoint, startWorker, Transferred } from '../workers/rpc.js';

/** @typedef {import('../bridge/messages.js').Card} Card */
/** @typedef {import('../keys/agent.js').AgentEvent} AgentEvent */

const PORT_NAME = 'pli-bridge-port';
const ENTRANCE_NAME = 'pli-entrance';
const CARD_NAME = 'pli-card';

/**
 * Events: `bridge` (detail: a ConnectionState), `pairing` (detail: {digits}), `cards`, `session-ended` (detail: {reason}),
 * `grant-ended` (detail: {card, reason}), `export-wanted` (detail: {mailbox}).
 */
export class Workroom extends EventTarget {
  /** @type {Worker[]} */ #workers = [];
  #api;
  #ports;
  /** Whether the passkey vault runs: its keys stay open when the same person shows another passkey. */ #vault = false;
  /** @type {import('../bridge/relay.js').RelayWindow | null} */ #relay = null;

  /**
   * @param {import('./api.js').Api} api
   * @param {{directory: (address: string) => Promise<any>, known: (address: string) => Promise<Uint8Array[]>}} answers what
   *   opening a message asks about its sender
   * @param {readonly number[]} ports where the server lets its pages look for a bridge
   */
  constructor(api, answers, ports) {
    super();
    this.#api = api;
    this.#ports = ports;
    this.endpoint = new Endpoint(this.#start('crypto'), { ...answers, relayPort: (/** @type {number} */ lastPort) => this.#relayPort(lastPort) });
    this.endpoint.on('relay-done', () => void this.#closeRelay());
    this.endpoint.on('connection', (state) => this.#tell('bridge', state));
    this.endpoint.on('pairing', (detail) => this.#tell('pairing', detail));
    this.endpoint.on('session-ended', (detail) => this.#tell('session-ended', detail));
    this.endpoint.on('export-wanted', (detail) => this.#tell('export-wanted', detail));
    this.endpoint.on('grant-ended', (detail) => this.#tell('grant-ended', detail));
    for (const event of ['card-inserted', 'card-removed', 'card-changed', 'reader-added', 'reader-removed']) {
      this.endpoint.on(event, () => this.#tell('cards', {}));
    }
  }

  /**
   * @param {string} method
   * @param {any[]} [values]
   * @param {import('../workers/rpc.js').CallOptions} [options]
   */
  call(method, values, options) {
    return this.endpoint.call(method, values, options);
  }

  /** Looks for the bridge; the browser may ask the person. Throws one of CONNECTION_ERRORS. */
  connectBridge() {
    return this.#reach('connectBridge');
  }

  /** Pairs this browser with the bridge, on a click: `pairing` says the digits, `agreeOnDigits` the person's answer. */
  pairBridge() {
    return this.#reach('pairBridge');
  }

  /** @param {boolean} same */
  agreeOnDigits(same) {
    return this.call('agreeOnDigits', [same]);
  }

  /** @param {string} method */
  async #reach(method) {
    const way = usualWay();
    if (way === 'relay') await this.#openRelay();
    const { port } = await this.call(method, [{ port: lastPort(), ports: this.#ports, way }]);
    rememberWay(way);
    localStorage.setItem(PORT_NAME, String(port));
  }

  /** Within the moments after a click, or the browser blocks it. */
  async #openRelay() {
    if (!this.#relay) {
      this.#relay = await relayWindow(this.#ports);
      this.#relay.addEventListener('closed', () => this.endpoint.emit('relay-closed'));
    }
    this.#relay.show();
  }

  /** @param {number} lastPort */
  async #relayPort(lastPort) {
    const found = await (await relayWindow(this.#ports)).connect(lastPort);
    return new Transferred(found, [found.channel]);
  }

  #closeRelay() {
    this.#relay?.close();
  }

  /** Whether the keys are held by a worker of this page rather than by a bridge. */
  get vault() {
    return this.#vault;
  }

  /** A passkey's keys live in a worker that parses no mail; the two talk without the page in between. */
  async useVault() {
    if (this.#vault) return;
    this.#vault = true;
    const vault = new Endpoint(this.#start('vault'));
    await vault.call('trust', [await this.#api.trust()]);
    const { port1, port2 } = new MessageChannel();
    await vault.call('attach', [port1], { transfer: [port1] });
    await this.call('useVault', [port2], { transfer: [port2] });
  }

  /** @returns {Promise<string>} the card used the last time on this device, or the one that is there */
  async usualCard() {
    /** @type {{cards: Card[], why?: {name: string}}} */
    const { cards, why } = await this.call('cards');
    const ready = cards.filter(({ state }) => state === 'ready').map(({ card }) => card);
    const usual = lastCard();
    if (ready.length) return ready.includes(usual) ? usual : ready[0];
    throw new BridgeError(cards.length ? whyUnusable(cards[0]) : why?.name ?? 'NO_CARD', undefined, why);
  }

  dismiss() {
    this.#closeRelay();
    this.endpoint.close();
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }

  /** @param {'crypto'|'vault'} name */
  #start(name) {
    const worker = startWorker(name);
    this.#workers.push(worker);
    return worker;
  }

  /**
   * @param {string} event
   * @param {any} detail
   */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

/** The code of the error that says why a card cannot be used. @param {Card} card */
export function whyUnusable({ state }) {
  return { 'pin-locked': 'PIN_LOCKED', 'last-try': 'PIN_LAST_TRY', unsupported: 'CARD_UNSUPPORTED', ready: 'NO_CARD' }[state];
}

/** The card used the last time on this device: a pseudonym for this origin. */
export const lastCard = () => localStorage.getItem(CARD_NAME) ?? '';

export function forgetCard() {
  localStorage.removeItem(CARD_NAME);
}

/** Where the bridge answered the last time. */
export const lastPort = () => Number(localStorage.getItem(PORT_NAME)) || undefined;

/** How the person came in the last time on this device; code: a printed one, which is kept nowhere. @returns {'card'|'passkey'|'code'} */
export function lastEntrance() {
  const known = localStorage.getItem(ENTRANCE_NAME);
  return known === 'passkey' || known === 'code' ? known : 'card';
}

/** @param {{card: string} | 'passkey' | 'code'} entrance a card's pseudonym for this origin is no secret */
export function rememberEntrance(entrance) {
  localStorage.setItem(ENTRANCE_NAME, typeof entrance === 'string' ? entrance : 'card');
  if (typeof entrance !== 'string') localStorage.setItem(CARD_NAME, entrance.card);
}
