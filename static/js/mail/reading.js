/**
 * What the reader asks for: a stored message, something inside one opened by itself, and what is known of a sender.
 * Bytes come from the server and go to the crypto worker; nothing is decrypted here.
 */
import { fromBase64, toBase64 } from '../cms/octets.js';

/** @typedef {import('./opening.js').ShownMessage} ShownMessage */
/** @typedef {import('./open.js').Harvest} Harvest */
/** @typedef {import('./body.js').Attachment} Attachment */

/**
 * @typedef {object} OpeningOptions
 * @property {boolean} [allowOld] a person asked for what an outdated cipher protects
 * @property {string} [password]
 * @property {AbortSignal} [signal]
 * @property {(done: number) => void} [onProgress] done: a fraction of the whole
 * @property {(html: string) => void} [onHtml] what the message may hold, unsanitised, for who wants to prepare it: nobody knows yet
 *   whether it may be shown
 */

/** @typedef {Pick<Attachment, 'bytes' | 'type'> & Partial<Pick<Attachment, 'opens' | 'unproved'>>} Openable what may be opened separately */
/** @typedef {{address: string, adopted: boolean, images: boolean}} SenderDecisions what a person decided; adopted: the certificate of this message */
/** @typedef {ShownMessage & {sender: SenderDecisions | null, original: {subject: string} | null}} ReadMessage original: what a copy repeats, if it is here */

/** The share of fetching in opening a message; the rest is the worker's. */
const FETCHING = 0.5;

/** Milliseconds until the list shows what opening taught: the message itself comes first. */
const ROW_LATER = 100;

export class Reading {
  /**
   * @param {object} places
   * @param {import('./api.js').Api} places.api
   * @param {string} places.accountId
   * @param {Pick<import('./workroom.js').Workroom, 'call'>} places.room
   * @param {import('./list.js').MessageList} places.list
   * @param {import('./correspondents-object.js').Correspondents} places.correspondents
   * @param {() => void} places.learnt a row of the list is different now
   */
  constructor(places) {
    this.places = places;
    void places.correspondents.person('').catch(() => {}); // read now, while nobody waits for a message
  }

  /**
   * @param {string} messageId
   * @param {OpeningOptions} options
   * @returns {Promise<ReadMessage>}
   */
  async open(messageId, { allowOld, password, signal, onHtml, onProgress = () => {} }) {
    const { api, accountId, list } = this.places;
    const { blobId, receivedAt, epoch } = await list.record(messageId);
    const fetched = (/** @type {number} */ done, /** @type {number} */ total) => onProgress((FETCHING * done) / total);
    const bytes = await api.download(accountId, blobId, { signal, onProgress: fetched });
    const opened = (/** @type {number} */ done) => onProgress(FETCHING + (1 - FETCHING) * done);
    const options = { signal, onProgress: told(opened, onHtml), transfer: [bytes.buffer] };
    return this.#ask('openMessage', { id: messageId, bytes, receivedAt, epoch }, { allowOld, password }, options);
  }

  /**
   * @param {Openable} attachment of the message `within`, which keeps its bytes
   * @param {string} within
   * @param {OpeningOptions} options
   * @returns {Promise<ReadMessage>}
   */
  async openSeparately({ bytes, type, opens, unproved }, within, { allowOld, password, signal, onHtml, onProgress }) {
    const { receivedAt } = await this.places.list.record(within);
    const own = bytes.slice();
    const options = { signal, onProgress: told(onProgress, onHtml), transfer: [own.buffer] };
    const entity = opens === 'message' && !type.startsWith('multipart/') ? 'message/rfc822' : type;
    return this.#ask('openSeparately', { within, bytes: own, type: entity, receivedAt }, { allowOld, password, unproved }, options);
  }

  /**
   * The message as it can be passed on whole (mail/forwarding.js).
   * @param {Pick<ShownMessage, 'id'> & import('./forwarding.js').Heads} message
   * @param {AbortSignal} [signal]
   * @returns {Promise<Uint8Array<ArrayBuffer>>} RFC 5322
   */
  async original({ id, from, to, cc, subject, date, messageId, inReplyTo, references }, signal) {
    const { api, accountId, list, room } = this.places;
    const { blobId, epoch } = await list.record(id);
    const bytes = await api.download(accountId, blobId, { signal });
    const heads = { from, to, cc, subject, date, messageId, inReplyTo, references };
    return room.call('original', [{ id, bytes, epoch }, heads], { signal, transfer: [bytes.buffer] });
  }

  /** @param {string} address @returns {Promise<Uint8Array[]>} certificates this address announced, DER */
  async known(address) {
    const person = await this.places.correspondents.person(address);
    return person?.certificate ? [person.certificate, ...person.chain].map(fromBase64) : [];
  }

  /** @param {Harvest} harvest answers to this sender may be encrypted to its certificate, a person said */
  async adopt(harvest) {
    await this.places.correspondents.adopt(harvest.address, harvest);
  }

  /** @param {string} address whose pictures may be shown from now on */
  async allowImages(address) {
    await this.places.correspondents.allowImages(address);
  }

  /**
   * @param {'openMessage'|'openSeparately'} method
   * @param {object} message
   * @param {import('./opening.js').Permission & Pick<Attachment, 'unproved'>} permission
   * @param {import('../workers/rpc.js').CallOptions} options
   * @returns {Promise<ReadMessage>}
   */
  async #ask(method, message, permission, options) {
    const { room, learnt: tell } = this.places;
    const { message: opened, learnt } = await room.call(method, [message, permission], options);
    if (learnt) setTimeout(tell, ROW_LATER);
    const [sender, original] = await Promise.all([this.#decisions(opened), this.#original(opened)]);
    return { ...opened, sender, original };
  }

  /** @param {ShownMessage} message */
  async #original({ copyOf }) {
    return copyOf ? this.places.list.row(copyOf) : null;
  }

  /**
   * What is remembered must never keep a message from being read.
   * @param {ShownMessage} message
   * @returns {Promise<SenderDecisions | null>}
   */
  async #decisions({ from: [author], harvest, date, signature }) {
    const { correspondents } = this.places;
    const address = harvest?.address ?? author?.address;
    void correspondents.learn(harvest, signature.signer?.signedAt ?? date).catch(() => {});
    if (!address) return null;
    const person = await correspondents.person(address).catch(() => null);
    const adopted = Boolean(person?.adopted) && person?.certificate === (harvest ? toBase64(harvest.certificate) : '');
    return { address, adopted, images: person?.images ?? false };
  }
}

/**
 * The worker tells how far it is and, in between, what it found.
 * @param {OpeningOptions['onProgress']} onProgress @param {OpeningOptions['onHtml']} onHtml
 */
const told = (onProgress, onHtml) => (/** @type {number | {html: string}} */ step) => (typeof step === 'number' ? onProgress?.(step) : onHtml?.(step.html));
