/**
 * The relay window, page side: a small page of the bridge, opened on a click, that holds the socket where the browser
 * keeps pages from loopback (docs/PROTOCOL.md, *The relay window*). It carries ciphertext and is not trusted.
 */
import { BridgeError, CONNECTION_ERRORS, PORTS } from './messages.js';
import { overPort, WORD } from './relay-transport.js';

const NAME = 'pli-relay';
const FEATURES = 'popup,width=420,height=320';
/** Silence after which a port has no bridge: first quickly, then, on a computer that is busy, once more with patience. */
const HERE_PATIENCE = Object.freeze([2_000, 6_000]);
/** Between its first message and the bridge's word on the origin. */
const OPEN_PATIENCE = 12_000;
/** No event tells that a window was closed. */
const LOOK_EVERY = 500;
const RELAY_ORIGIN = /^http:\/\/127\.0\.0\.1:(\d{1,5})$/;

/**
 * @typedef {object} Surroundings what a test replaces
 * @property {(url: string) => Window | null} open
 * @property {EventTarget} messages where `message` events arrive
 * @property {EventTarget} leaving where `pagehide` does
 */

/** @type {Surroundings} */
export const BROWSER = Object.freeze({
  open: (url) => globalThis.open(url, NAME, FEATURES),
  messages: globalThis,
  leaving: globalThis,
});

/** Events: `closed`, when the person has closed the window. */
export class RelayWindow extends EventTarget {
  /** @type {Window | null} */ #window = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #looking;
  /** @type {Set<number>} */ #left = new Set();
  /** Where a window just opened is; 0 once it was sent elsewhere. */ #at = 0;
  /** What a window said before anybody waited for it: WebKit lets it say so once. @type {string | null} */ #early = null;
  #surroundings;

  /** @param {{ports?: readonly number[], surroundings?: Surroundings}} [page] */
  constructor({ ports = PORTS, surroundings = BROWSER } = {}) {
    super();
    this.ports = ports;
    this.#surroundings = surroundings;
    surroundings.messages.addEventListener('message', (event) => {
      const { source, origin, data } = /** @type {MessageEvent} */ (event);
      if (this.#at && source === this.#window && data?.[WORD] === 'here') this.#early = origin;
    });
    surroundings.leaving.addEventListener('pagehide', () => this.close());
  }

  get isOpen() {
    return Boolean(this.#window && !this.#window.closed);
  }

  /**
   * On a click only, and before anything is waited for: otherwise browsers take it for an advertisement. At an address at once:
   * WebKit severs a window that leaves about:blank for another origin.
   * @throws {BridgeError} relay-blocked
   */
  show() {
    if (this.isOpen) return;
    this.#at = this.ports[0];
    this.#early = null;
    this.#window = this.#surroundings.open(relayUrl(this.#at));
    if (!this.#window) throw new BridgeError(CONNECTION_ERRORS.POPUP_BLOCKED);
    clearInterval(this.#looking);
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY);
  }

  /**
   * A port to the socket of the bridge. Each needs a page of its own in the window, whose ticket is good once.
   * @param {number} [lastPort]
   * @returns {Promise<{channel: MessagePort, port: number}>}
   * @throws {BridgeError} relay-closed, bridge-absent, or bridge-not-paired where the bridge does not know this page
   */
  async connect(lastPort) {
    this.#left.clear();
    for (const patience of HERE_PATIENCE) {
      const here = await this.#walk(this.#inOrder(lastPort), patience);
      if (here) return { channel: await this.#connect(here), port: portOf(here) };
    }
    throw new BridgeError(CONNECTION_ERRORS.ABSENT);
  }

  close() {
    clearInterval(this.#looking);
    this.#window?.close();
    this.#window = null;
  }

  #look() {
    if (this.isOpen) return;
    this.close();
    this.dispatchEvent(new Event('closed'));
  }

  /** @param {number} [lastPort] */
  #inOrder(lastPort) {
    if (!lastPort || !this.ports.includes(lastPort)) return this.ports;
    return [lastPort, ...this.ports.filter((port) => port !== lastPort)];
  }

  /**
   * @param {readonly number[]} ports
   * @param {number} patience
   * @returns {Promise<string | null>} the origin of the relay that has come, or null
   */
  async #walk(ports, patience) {
    for (const port of ports) {
      this.#send(port);
      const here = await this.#here(patience, ports.filter((other) => this.#left.has(other) && other !== port));
      if (here) return here;
      this.#left.add(port);
    }
    return null;
  }

  /** @param {number} port for each connection a page anew; that of a window just opened is new */
  #send(port) {
    const window = this.#opened();
    if (port !== this.#at) window.location.replace(relayUrl(port));
    if (this.#at && port !== this.#at) this.#left.add(this.#at);
    if (port !== this.#at) this.#early = null;
    this.#at = 0;
  }

  /**
   * @param {number} patience
   * @param {readonly number[]} left ports that the window has left: what one says late finds nobody there any more
   * @returns {Promise<string | null>}
   */
  #here(patience, left) {
    const { messages } = this.#surroundings;
    const early = this.#early;
    this.#early = null;
    if (early && this.ports.includes(portOf(early))) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      const hear = (/** @type {Event} */ event) => {
        const { source, origin, data } = /** @type {MessageEvent} */ (event);
        const port = portOf(origin);
        if (source === this.#window && data?.[WORD] === 'here' && this.ports.includes(port) && !left.includes(port)) settle(() => resolve(origin));
      };
      const gone = () => settle(() => reject(closedByHand()));
      const timer = setTimeout(() => settle(() => resolve(null)), patience);
      const settle = (/** @type {() => void} */ act) => {
        clearTimeout(timer);
        messages.removeEventListener('message', hear);
        this.removeEventListener('closed', gone);
        act();
      };
      messages.addEventListener('message', hear);
      this.addEventListener('closed', gone);
    });
  }

  /**
   * @param {string} origin of the relay
   * @returns {Promise<MessagePort>} once the bridge has admitted this page
   */
  #connect(origin) {
    const { port1, port2 } = new MessageChannel();
    this.#opened().postMessage({ [WORD]: 'connect' }, origin, [port2]);
    return new Promise((resolve, reject) => {
      const refuse = (/** @type {BridgeError} */ error) => {
        settle();
        port1.close();
        reject(error);
      };
      const gone = () => refuse(closedByHand());
      const timer = setTimeout(() => refuse(new BridgeError(CONNECTION_ERRORS.ABSENT)), OPEN_PATIENCE);
      const settle = () => {
        clearTimeout(timer);
        this.removeEventListener('closed', gone);
        port1.onmessage = null;
      };
      this.addEventListener('closed', gone);
      port1.onmessage = ({ data }) => {
        if (data?.[WORD] !== 'open') return refuse(new BridgeError(CONNECTION_ERRORS.NOT_PAIRED));
        settle();
        resolve(port1);
      };
    });
  }

  /** @returns {Window} */
  #opened() {
    if (!this.isOpen) throw closedByHand();
    return /** @type {Window} */ (this.#window);
  }
}

/**
 * Find the bridge through that window, which a click has opened.
 * @param {RelayWindow} window
 * @returns {import('./connection.js').Find}
 */
export function throughRelay(window) {
  return async (lastPort, { accept = async (/** @type {any} */ transport) => transport } = {}) => {
    const { channel, port } = await window.connect(lastPort);
    const transport = overPort(channel, () => window.close());
    window.addEventListener('closed', () => transport.close(), { once: true });
    return { transport: await accept(transport), port };
  };
}

/** @param {number} port */
const relayUrl = (port) => `http://127.0.0.1:${port}/relay`;

/** @param {string} origin @returns {number} 0: no relay's */
const portOf = (origin) => Number(RELAY_ORIGIN.exec(origin)?.[1] ?? 0);

const closedByHand = () => new BridgeError(CONNECTION_ERRORS.WINDOW_CLOSED);
