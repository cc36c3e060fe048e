/**
 * Finding the bridge directly: which port answers, and whether the browser lets the page ask at all. `relay.js` is the
 * other way. Both give an open transport.
 */
import { BridgeError, CONNECTION_ERRORS, PORTS, SUBPROTOCOL } from './messages.js';
import { loopbackPermission } from './permission.js';
import { portHolder, speaksOurs } from './ports.js';
import { overSocket } from './transport.js';

/** Silence after which the browser is probably asking the person. */
const ASKING_AFTER = 1_500;
/** Silence after which another program holds the port. Chromium alone delays sockets by up to five seconds. */
const SILENT_PORT = 10_000;
/** How long a person may look at the browser's question. */
const PERMISSION_PATIENCE = 120_000;

/** @typedef {import('./ports.js').PortHolder} PortHolder */
/** @typedef {import('./transport.js').Transport} Transport */
/** @typedef {{transport: Transport, port: number}} Found */

/**
 * @typedef {object} FindOptions
 * @property {boolean} [confident] the first port is believed to answer: no question before its socket
 * @property {() => void} [onAsking] a person is probably being asked
 * @property {(transport: Transport) => Promise<Transport>} [accept] shakes hands over an open transport; where it throws
 *   one of PASSED_BY the search goes on, so that a stranger on one port does not hide the bridge on the next
 */

/** @typedef {(lastPort: number | undefined, options?: FindOptions) => Promise<Found>} Find a way to the bridge */

/**
 * @typedef {object} Surroundings what a test replaces
 * @property {typeof WebSocket} WebSocket
 * @property {() => Promise<import('./permission.js').Permission>} permission
 * @property {(port: number, patience: number) => Promise<PortHolder>} holder
 */

/** @type {Surroundings} */
export const BROWSER = Object.freeze({ WebSocket: globalThis.WebSocket, permission: loopbackPermission, holder: (port, patience) => portHolder(port, patience) });

/**
 * @param {object} [page]
 * @param {readonly number[]} [page.ports] those the server allows (shared hosts have more than eight)
 * @param {Surroundings} [page.surroundings]
 * @returns {Find}
 */
export function directly({ ports = PORTS, surroundings = BROWSER } = {}) {
  return (lastPort, options = {}) => new Search(ports, surroundings).run(lastPort, options);
}

/** @type {Find} the last good port first. Throws BridgeError: one of CONNECTION_ERRORS */
export const findBridge = directly();

/** Not the bridge of this page; what is worst comes first where none was. @type {readonly string[]} */
const PASSED_BY = Object.freeze([CONNECTION_ERRORS.NOT_PAIRED, CONNECTION_ERRORS.CHANGED, CONNECTION_ERRORS.LOST]);

/** One search. */
class Search {
  /** @type {PortHolder[]} */ #holders = [];
  /** @type {BridgeError[]} */ #passedBy = [];
  /** @type {(transport: Transport) => Promise<Transport>} */ #accept = async (transport) => transport;
  #patience = SILENT_PORT;

  /**
   * @param {readonly number[]} ports
   * @param {Surroundings} surroundings
   */
  constructor(ports, surroundings) {
    this.ports = ports;
    this.surroundings = surroundings;
  }

  /**
   * @param {number | undefined} lastPort
   * @param {FindOptions} options
   * @returns {Promise<Found>}
   */
  async run(lastPort, { confident = false, onAsking = () => {}, accept = this.#accept }) {
    this.#accept = accept;
    const permission = await this.surroundings.permission();
    if (permission === 'prompt') this.#patience = PERMISSION_PATIENCE;
    const asking = permission === 'granted' ? undefined : setTimeout(onAsking, ASKING_AFTER);
    try {
      const found = await this.#first(lastPort, confident);
      if (found) return found;
    } finally {
      clearTimeout(asking);
    }
    throw await this.#failure();
  }

  /** A refused question and a closed port look the same on the socket; only the permission tells them apart. */
  async #failure() {
    const [worst] = this.#passedBy.toSorted((one, other) => PASSED_BY.indexOf(one.code) - PASSED_BY.indexOf(other.code));
    if (worst) return worst;
    if ((await this.surroundings.permission()) === 'denied') return new BridgeError(CONNECTION_ERRORS.BLOCKED);
    if (this.#holders.some((holder) => holder.kind === 'bridge' && !speaksOurs(holder))) return new BridgeError(CONNECTION_ERRORS.OLD);
    const strangers = this.#holders.filter(({ kind }) => kind === 'stranger').map(({ port }) => port);
    if (strangers.length) return new BridgeError(CONNECTION_ERRORS.REFUSED, undefined, { ports: strangers });
    return new BridgeError(CONNECTION_ERRORS.ABSENT);
  }

  /**
   * @param {number | undefined} lastPort
   * @param {boolean} confident
   * @returns {Promise<Found | null>}
   */
  async #first(lastPort, confident) {
    const [first, ...others] = this.#inOrder(lastPort);
    const direct = confident ? await this.#open(first) : null;
    if (direct) return direct;
    const asked = confident && !this.#shared ? others : [first, ...others];
    this.#holders = await Promise.all(asked.map((port) => this.surroundings.holder(port, this.#patience)));
    for (const port of this.#candidates()) {
      const found = await this.#open(port);
      if (found) return found;
    }
    return null;
  }

  /** The ports of bridges that admit this page, within what the server allows. @returns {Set<number>} */
  #candidates() {
    const likely = [...this.#holders.filter(speaksOurs), ...this.#holders.filter(({ kind }) => kind === 'stranger')];
    return new Set(likely.map(({ port, elsewhere }) => elsewhere ?? port).filter((port) => this.ports.includes(port)));
  }

  /** More than the usual ports: the first may be the bridge of somebody else, who knows where ours is. */
  get #shared() {
    return this.ports.length > PORTS.length;
  }

  /** @param {number | undefined} lastPort */
  #inOrder(lastPort) {
    if (!lastPort || !this.ports.includes(lastPort)) return this.ports;
    return [lastPort, ...this.ports.filter((port) => port !== lastPort)];
  }

  /**
   * @param {number} port
   * @returns {Promise<Found | null>}
   */
  async #open(port) {
    const socket = await openSocket(new this.surroundings.WebSocket(`ws://127.0.0.1:${port}/`, SUBPROTOCOL), this.#patience);
    return socket && this.#greet(overSocket(socket), port);
  }

  /**
   * @param {Transport} transport
   * @param {number} port
   * @returns {Promise<Found | null>}
   */
  async #greet(transport, port) {
    try {
      return { transport: await this.#accept(transport), port };
    } catch (error) {
      if (!(error instanceof BridgeError && PASSED_BY.includes(error.code))) throw error;
      this.#passedBy.push(error);
      return null;
    }
  }
}

/**
 * @param {WebSocket} socket
 * @param {number} patience milliseconds
 * @returns {Promise<WebSocket | null>} open, or null where no bridge answers
 */
function openSocket(socket, patience) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(null), patience);
    const finish = (/** @type {WebSocket | null} */ found) => {
      clearTimeout(timer);
      socket.onopen = socket.onerror = socket.onclose = null;
      if (!found) socket.close();
      resolve(found);
    };
    socket.onopen = () => finish(socket.protocol === SUBPROTOCOL ? socket : null);
    socket.onerror = socket.onclose = () => finish(null);
  });
}
