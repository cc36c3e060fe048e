/**
 * The one sealed object of correspondents of a mailbox (docs/FORMATS.md): read once, written by compare-and-set. A change
 * is made anew on what another device wrote meanwhile, so that neither undoes the other's.
 */
import { adopt, allowImages, correspondent, harvest, isNews, noPeople } from './correspondents.js';

/** @typedef {import('./correspondents.js').Correspondent} Correspondent */
/** @typedef {import('./correspondents.js').People} People */

/** The identifier of the one correspondents object of a mailbox. */
const ID = '636f7272000000000000000000000000';

/** @returns {string} RFC 3339 */
const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

export class Correspondents {
  /** @type {Promise<People> | null} */ #people = null;
  /** @type {Promise<unknown>} */ #changing = Promise.resolve();
  #objects;

  /** @param {import('./sealed.js').SealedObjects} objects */
  constructor(objects) {
    this.#objects = objects;
  }

  /** @param {string} address @returns {Promise<Correspondent | null>} what is remembered of one person */
  async person(address) {
    await this.#changing.catch(() => {}); // what was just learnt counts
    return correspondent(await this.#load(), address);
  }

  /**
   * What an opened message announced. Only a proved one is remembered by itself.
   * @param {import('./open.js').Harvest | null} harvested
   * @param {string | null} seen RFC 3339, when it was signed; without it the message says nothing about its age
   * @returns {Promise<void>}
   */
  async learn(harvested, seen) {
    if (!harvested?.proved || !seen) return;
    // A date in the future would silence everything this sender announces until then.
    const counted = seen < now() ? seen : now();
    await this.#change(harvested.address, (people) => harvest(people, harvested, counted));
  }

  /**
   * A person said: write to this one by the certificate he announced.
   * @param {string} address
   * @param {import('./open.js').Harvest} [sent] by a message that only sends certificates: it counts as of now
   * @returns {Promise<void>}
   */
  async adopt(address, sent) {
    await this.#change(address, (people) => adopt(sent ? harvest(people, { ...sent, address }, now()) : people, address));
  }

  /**
   * @param {string} address
   * @param {boolean} [images]
   * @returns {Promise<void>}
   */
  async allowImages(address, images = true) {
    await this.#change(address, (people) => allowImages(people, address, images));
  }

  /**
   * One change at a time, each on what the one before left.
   * @param {string} address
   * @param {(people: People) => People} change
   */
  #change(address, change) {
    const changed = this.#changing.catch(() => {}).then(() => this.#apply(address, change));
    this.#changing = changed;
    return changed;
  }

  /** @param {string} address @param {(people: People) => People} change */
  async #apply(address, change) {
    const before = await this.#load();
    const after = change(before);
    if (!isNews(correspondent(before, address), correspondent(after, address))) return;
    this.#people = Promise.resolve(await this.#objects.write('correspondents', ID, after, (read) => change(read)));
  }

  /** @returns {Promise<People>} */
  #load() {
    this.#people ??= this.#read();
    this.#people.catch(() => (this.#people = null));
    return this.#people;
  }

  /** @returns {Promise<People>} */
  async #read() {
    const record = await this.#objects.find(ID);
    return record ? this.#objects.read(record) : noPeople();
  }
}
