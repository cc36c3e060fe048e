/** The bridge's side of the handshake in JavaScript, for tests of the page's side. */
import { webcrypto } from 'node:crypto';
import { fromBase64, toBase64 } from '../../../static/js/bridge/base64.js';
import { pointOf } from '../../../static/js/bridge/handshake.js';
import * as schedule from '../../../static/js/bridge/key-schedule.js';
import { SecureChannel } from '../../../static/js/bridge/secure-channel.js';

/** @typedef {import('../../../static/js/bridge/key-schedule.js').Bytes} Bytes */

const ECDH = { name: 'ECDH', namedCurve: 'P-256' };
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { subtle } = webcrypto;

/** @typedef {import('../../../static/js/bridge/handshake.js').PageKey} PageKey */

/** @returns {Promise<PageKey>} a key with its signature */
export async function newKey() {
  const pair = await subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  const sign = async (/** @type {Bytes} */ message) => new Uint8Array(await subtle.sign(ECDSA, pair.privateKey, message));
  return { publicKey: await pointOf(pair.publicKey), sign };
}

/** @typedef {import('../../../static/js/bridge/page-key.js').Identity} Identity */

/** An identity that is not kept. @implements {Identity} */
export class MemoryIdentity {
  #key = newKey();
  /** @type {string[]} */ known = [];

  key() {
    return this.#key;
  }

  async bridges() {
    return this.known;
  }

  /** @param {Bytes} bridgeKey */
  async remember(bridgeKey) {
    this.known.push(toBase64(bridgeKey));
  }
}

export class Responder {
  /**
   * @param {string} origin
   * @param {import('../../../static/js/bridge/handshake.js').PageKey} key
   */
  constructor(origin, key) {
    this.origin = origin;
    this.key = key;
  }

  /** @param {Bytes} hello @returns {Promise<Bytes>} */
  async answer(hello) {
    const said = decoded(hello);
    this.commitment = said.commitment;
    const ephemeral = await subtle.generateKey(ECDH, false, ['deriveBits']);
    const theirs = await subtle.importKey('raw', fromBase64(said.ephemeral), ECDH, false, []);
    this.secret = new Uint8Array(await subtle.deriveBits({ name: 'ECDH', public: theirs }, ephemeral.privateKey, 256));
    const [ours, nonce] = [await pointOf(ephemeral.publicKey), webcrypto.getRandomValues(new Uint8Array(32))];
    this.answered = await schedule.transcript(schedule.HELLO, this.origin, hello, ours, nonce);
    const key = this.key.publicKey;
    const signature = await this.key.sign(await schedule.transcript(schedule.BRIDGE, this.answered, key));
    const sealed = await this.#seal(schedule.HANDSHAKE_BRIDGE, encoded({ key: toBase64(key), signature: toBase64(signature) }));
    const answer = encoded({ ephemeral: toBase64(ours), nonce: toBase64(nonce), sealed: toBase64(sealed) });
    this.proven = await schedule.transcript(this.answered, answer);
    return answer;
  }

  /** @param {Bytes} proof */
  async finish(proof) {
    const [secret, answered, proven] = [/** @type {Bytes} */ (this.secret), /** @type {Bytes} */ (this.answered), /** @type {Bytes} */ (this.proven)];
    const key = await subtle.importKey('raw', await schedule.derive(secret, answered, schedule.HANDSHAKE_PAGE), 'AES-GCM', false, ['decrypt']);
    const said = decoded(new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: proven }, key, proof)));
    const closed = await schedule.transcript(proven, proof);
    const [toPage, toBridge] = await Promise.all([schedule.TO_PAGE, schedule.TO_BRIDGE].map((info) => schedule.derive(secret, closed, info)));
    const digits = await schedule.digitsOf(proven, fromBase64(said.nonce), fromBase64(said.key));
    return { channel: await SecureChannel.of(toPage, toBridge), peer: said.key, pair: said.pair, digits };
  }

  /** @param {string} info @param {Bytes} message */
  async #seal(info, message) {
    const [secret, additionalData] = [/** @type {Bytes} */ (this.secret), /** @type {Bytes} */ (this.answered)];
    const key = await subtle.importKey('raw', await schedule.derive(secret, additionalData, info), 'AES-GCM', false, ['encrypt']);
    return new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData }, key, message));
  }
}

/** @param {any} value @returns {Bytes} */
export function encoded(value) {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** @param {Uint8Array} message @returns {any} */
export function decoded(message) {
  return JSON.parse(new TextDecoder().decode(message));
}
