/**
 * From an open transport to a sealed one: the handshake, then what the bridge says of this page, and where a person has to
 * compare digits, both answers. Never goes on with a bridge whose key this page does not know without that comparison.
 */
import { toBase64 } from './base64.js';
import { Initiator } from './handshake.js';
import { BridgeError, CONNECTION_ERRORS } from './messages.js';
import { CHANNEL_BROKEN } from './transport.js';

/** @typedef {import('./transport.js').Transport} Transport */
/** @typedef {import('./key-schedule.js').Bytes} Bytes */
/** @typedef {import('./secure-channel.js').SecureChannel} SecureChannel */

/**
 * @typedef {object} Pairing a person asked to pair, and says on the page whether the digits are the same
 * @property {(digits: string) => Promise<void>} compare shows them; resolves when the person found them the same
 * @property {AbortSignal} refused the person found them different, or gave up, at whatever time
 */

/**
 * @typedef {object} Page
 * @property {string} origin
 * @property {import('./page-key.js').Identity} identity
 * @property {Pairing} [pairing] absent: only a bridge already paired will do
 */

/** Silence after which whoever holds the port is no bridge, milliseconds. */
const PATIENCE = 10_000;

/**
 * @param {Transport} transport open; closed again where this throws
 * @param {Page} page
 * @returns {Promise<Transport>} of plain messages, sealed on their way
 * @throws {BridgeError} bridge-not-paired, bridge-changed, pairing-refused, bridge-lost or bridge-no-storage
 */
export async function greet(transport, page) {
  const inbox = new Inbox(transport);
  try {
    return await new Greeting(transport, inbox, page).run();
  } catch (error) {
    transport.onclose = transport.onmessage = null;
    transport.close(CHANNEL_BROKEN);
    throw error instanceof BridgeError ? error : new BridgeError(CONNECTION_ERRORS.LOST, 'The bridge does not speak as it should');
  }
}

class Greeting {
  /**
   * @param {Transport} transport
   * @param {Inbox} inbox
   * @param {Page} page
   */
  constructor(transport, inbox, page) {
    this.transport = transport;
    this.inbox = inbox;
    this.page = page;
  }

  async run() {
    const { origin, identity, pairing } = this.page;
    if (!pairing && !(await identity.bridges()).length) throw await this.#unknown(); // no bridge could be the right one
    const initiator = await Initiator.begin(origin, await identity.key());
    this.transport.send(initiator.hello);
    const bridgeKey = await initiator.meet(await this.inbox.next(PATIENCE));
    const known = await this.#knows(bridgeKey);
    if (!known && !pairing) throw await this.#unknown();
    const { proof, channel, digits } = await initiator.prove({ pair: Boolean(pairing) });
    this.transport.send(proof);
    const state = await this.#state(channel, PATIENCE);
    if (state === 'pairing' && pairing) await this.#compare(pairing, digits, channel, bridgeKey);
    else if (state !== 'ready') throw refusal(state);
    else if (!known) throw await this.#unknown();
    return sealed(this.transport, channel, this.inbox);
  }

  /** @param {Bytes} bridgeKey */
  async #knows(bridgeKey) {
    return (await this.page.identity.bridges()).includes(toBase64(bridgeKey));
  }

  async #unknown() {
    const { length } = await this.page.identity.bridges();
    return new BridgeError(length ? CONNECTION_ERRORS.CHANGED : CONNECTION_ERRORS.NOT_PAIRED);
  }

  /**
   * Both have to agree, in either order: the bridge would believe whoever speaks for this page, and this page whoever holds the port.
   * @param {Pairing} pairing
   * @param {string} digits
   * @param {SecureChannel} channel
   * @param {Bytes} bridgeKey
   */
  async #compare(pairing, digits, channel, bridgeKey) {
    const refused = refusedBy(pairing.refused);
    const there = this.#state(channel).then((state) => state === 'ready' || Promise.reject(refusal(state)));
    await Promise.race([Promise.all([pairing.compare(digits), there]), refused]);
    await this.page.identity.remember(bridgeKey);
  }

  /**
   * @param {SecureChannel} channel
   * @param {number} [patience]
   * @returns {Promise<string>} what the bridge says of this page
   */
  async #state(channel, patience) {
    const { method, params } = JSON.parse(new TextDecoder().decode(await channel.open(await this.inbox.next(patience))));
    if (method !== 'channel.state') throw new BridgeError(CONNECTION_ERRORS.LOST);
    return params.state;
  }
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function refusedBy(signal) {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(refusal('refused')); // before the bridge had answered
    signal.addEventListener('abort', () => reject(refusal('refused')), { once: true });
  });
}

/** @param {string} state */
function refusal(state) {
  return new BridgeError(state === 'refused' ? CONNECTION_ERRORS.PAIRING_REFUSED : CONNECTION_ERRORS.NOT_PAIRED);
}

/** Messages in the order they came, until nobody asks for one at a time any more. */
class Inbox {
  /** @type {Bytes[]} */ #arrived = [];
  #gone = false;
  /** @type {(value?: unknown) => void} */ #wake = () => {};

  /** @param {Transport} transport */
  constructor(transport) {
    transport.onmessage = (bytes) => {
      this.#arrived.push(bytes);
      this.#wake();
    };
    transport.onclose = () => this.#end();
  }

  /**
   * @param {number} [patience] milliseconds; for ever where a person is being asked
   * @returns {Promise<Bytes>}
   */
  async next(patience) {
    const timer = patience && setTimeout(() => this.#end(), patience);
    while (!this.#arrived.length && !this.#gone) await new Promise((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
    return this.#arrived.shift() ?? lost();
  }

  /** @returns {Bytes[]} what came before its time */
  rest() {
    return this.#gone ? lost() : this.#arrived.splice(0);
  }

  #end() {
    this.#gone = true;
    this.#wake();
  }
}

/** @returns {never} */
function lost() {
  throw new BridgeError(CONNECTION_ERRORS.LOST);
}

/**
 * @param {Transport} transport
 * @param {SecureChannel} channel
 * @param {Inbox} inbox
 * @returns {Transport}
 */
function sealed(transport, channel, inbox) {
  /** @type {Transport} */
  const plain = {
    send: (message) => void channel.seal(message).then((frame) => transport.send(frame)),
    close: (code) => transport.close(code),
    onmessage: null,
    onclose: null,
  };
  const receive = (/** @type {Bytes} */ frame) => void channel.open(frame).then((message) => plain.onmessage?.(message), () => transport.close(CHANNEL_BROKEN));
  for (const frame of inbox.rest()) receive(frame);
  transport.onmessage = receive;
  transport.onclose = () => plain.onclose?.();
  return plain;
}
