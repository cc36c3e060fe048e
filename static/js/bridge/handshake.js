/**
 * The page's side of the handshake, without I/O (docs/PROTOCOL.md, *Channel*): SIGMA-I with a commitment. The page commits
 * to its key and nonce before the bridge answers, so that nobody between them can choose the digits a person compares.
 */
import { fromBase64, toBase64 } from './base64.js';
import * as schedule from './key-schedule.js';
import { BridgeError, CONNECTION_ERRORS } from './messages.js';
import { SecureChannel } from './secure-channel.js';

/** @typedef {import('./key-schedule.js').Bytes} Bytes */

/**
 * @typedef {object} PageKey the page's long-term key for this origin
 * @property {Bytes} publicKey 65 bytes
 * @property {(message: Bytes) => Promise<Bytes>} sign ECDSA P-256 with SHA-256, r and s
 */

/** @typedef {{ephemeral: CryptoKeyPair, nonce: Bytes}} Drawn what one handshake draws; only vectors give it */

/**
 * @typedef {object} Agreement
 * @property {Bytes} proof the last message of the handshake, to send
 * @property {SecureChannel} channel
 * @property {string} digits "123 456"
 */

const POINT_BYTES = 65;
const UNCOMPRESSED = 4;
const SIGNATURE_BYTES = 64;
const NONCE_BYTES = 32;
const MAX_MESSAGE = 4096;
const P256 = Object.freeze({ name: 'ECDH', namedCurve: 'P-256' });
const ECDSA = Object.freeze({ name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' });
const ONCE = new Uint8Array(12);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Send `hello`, `meet` the answer, then `prove` who this is; each once. */
export class Initiator {
  /** @type {Bytes} */ #secret = new Uint8Array();
  /** @type {Bytes} */ #answered = new Uint8Array();
  /** @type {Bytes} */ #proven = new Uint8Array();

  /**
   * @param {string} origin
   * @param {PageKey} key
   * @param {Drawn} drawn
   * @param {Bytes} hello
   */
  constructor(origin, key, drawn, hello) {
    this.origin = origin;
    this.key = key;
    this.drawn = drawn;
    this.hello = hello;
  }

  /**
   * @param {string} origin
   * @param {PageKey} key
   * @param {Drawn} [given]
   */
  static async begin(origin, key, given) {
    const drawn = given ?? { ephemeral: await crypto.subtle.generateKey(P256, false, ['deriveBits']), nonce: crypto.getRandomValues(new Uint8Array(NONCE_BYTES)) };
    const commitment = await schedule.transcript(schedule.COMMITMENT, drawn.nonce, key.publicKey);
    const hello = encoded({ hello: schedule.HELLO, ephemeral: await pointOf(drawn.ephemeral.publicKey), commitment });
    return new Initiator(origin, key, drawn, hello);
  }

  /**
   * @param {Bytes} answer
   * @returns {Promise<Bytes>} the long-term key that the bridge proved to hold; the caller decides whether it is the one known
   * @throws {BridgeError} bridge-lost
   */
  async meet(answer) {
    return honest(this.#meet(answer));
  }

  /** @param {Bytes} answer */
  async #meet(answer) {
    const { ephemeral, nonce, sealed } = members(answer, ['ephemeral', 'nonce', 'sealed']);
    const theirs = point(ephemeral);
    this.#secret = await agree(this.drawn.ephemeral.privateKey, theirs);
    const answered = await schedule.transcript(schedule.HELLO, this.origin, this.hello, theirs, binary(nonce, NONCE_BYTES));
    const inside = members(await opened(await this.#handshakeKey(schedule.HANDSHAKE_BRIDGE, answered), binary(sealed), answered), ['key', 'signature']);
    const key = point(inside.key);
    await verify(key, binary(inside.signature, SIGNATURE_BYTES), await schedule.transcript(schedule.BRIDGE, answered, key));
    this.#answered = answered;
    this.#proven = await schedule.transcript(answered, answer);
    return key;
  }

  /**
   * @param {{pair: boolean}} wish pair: a person asked that digits be compared
   * @returns {Promise<Agreement>}
   * @throws {BridgeError} bridge-lost before an answer was met
   */
  async prove({ pair }) {
    const [proven, { nonce }, { publicKey }] = [this.#proven, this.drawn, this.key];
    if (!proven.length) throw refused();
    this.#proven = new Uint8Array();
    const signature = await this.key.sign(await schedule.transcript(schedule.PAGE, proven, publicKey, nonce));
    const sealingKey = await this.#handshakeKey(schedule.HANDSHAKE_PAGE, this.#answered);
    const proof = await sealed(sealingKey, encoded({ key: publicKey, nonce, pair, signature }), proven);
    const closed = await schedule.transcript(proven, proof);
    const [toPage, toBridge] = await Promise.all([schedule.TO_PAGE, schedule.TO_BRIDGE].map((info) => schedule.derive(this.#secret, closed, info)));
    return { proof, channel: await SecureChannel.of(toBridge, toPage), digits: await schedule.digitsOf(proven, nonce, publicKey) };
  }

  /** @param {string} info @param {Bytes} answered */
  #handshakeKey(info, answered) {
    return schedule.derive(this.#secret, answered, info);
  }
}

/** Whatever is wrong with the answer, there is one error. @template T @param {Promise<T>} work @returns {Promise<T>} */
async function honest(work) {
  try {
    return await work;
  } catch {
    throw refused();
  }
}

function refused() {
  return new BridgeError(CONNECTION_ERRORS.LOST, 'The bridge does not complete the handshake');
}

/** @param {CryptoKey} key @returns {Promise<Bytes>} the uncompressed point */
export async function pointOf(key) {
  return new Uint8Array(await crypto.subtle.exportKey('raw', key));
}

/** The x-coordinate of the common point. @param {CryptoKey} privateKey @param {Bytes} point @returns {Promise<Bytes>} */
async function agree(privateKey, point) {
  const theirs = await crypto.subtle.importKey('raw', point, P256, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, privateKey, 256));
}

/** @param {Bytes} point @param {Bytes} signature @param {Bytes} message */
async function verify(point, signature, message) {
  const key = await crypto.subtle.importKey('raw', point, ECDSA, false, ['verify']);
  if (!(await crypto.subtle.verify(ECDSA, key, signature, message))) throw refused();
}

/** @param {Bytes} key @param {Bytes} message @param {Bytes} additionalData @returns {Promise<Bytes>} */
async function sealed(key, message, additionalData) {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: ONCE, additionalData }, imported, message));
}

/** @param {Bytes} key @param {Bytes} message @param {Bytes} additionalData @returns {Promise<Bytes>} */
async function opened(key, message, additionalData) {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: ONCE, additionalData }, imported, message));
}

/** @param {Record<string, string | boolean | Uint8Array>} values @returns {Bytes} */
function encoded(values) {
  return encoder.encode(JSON.stringify(values, (_name, value) => (value instanceof Uint8Array ? toBase64(value) : value)));
}

/** A JSON object with exactly these members. @param {Bytes} message @param {string[]} names @returns {any} */
function members(message, names) {
  if (message.length > MAX_MESSAGE) throw refused();
  const found = JSON.parse(decoder.decode(message));
  const given = found && typeof found === 'object' ? Object.keys(found) : [];
  if (given.sort().join() !== names.join()) throw refused();
  return found;
}

/** Uncompressed (SEC 1 §2.3.3): engines differ in what else they take. @param {unknown} value @returns {Bytes} */
function point(value) {
  const bytes = binary(value, POINT_BYTES);
  if (bytes[0] !== UNCOMPRESSED) throw refused();
  return bytes;
}

/** Standard base64 in its one canonical form (RFC 4648 §3.5). @param {unknown} value @param {number} [size] @returns {Bytes} */
function binary(value, size) {
  if (typeof value !== 'string') throw refused();
  const bytes = fromBase64(value);
  if (toBase64(bytes) !== value || (size !== undefined && bytes.length !== size)) throw refused();
  return bytes;
}
