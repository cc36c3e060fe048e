/**
 * What this device tells the mailbox's owner of its own accord: which messages it showed, printed and saved. Gathered for a
 * moment and sent together; each has a name, so that what is sent twice counts once (docs/API.md, AccessEvent/report).
 */

const PAUSE = 2_000;
const MOST_AT_ONCE = 100;
/** A server that stays away must not fill the memory. */
const MOST_KEPT = 2_000;

/** @typedef {'shown'|'printed'|'saved'} DeviceAct */
/** @typedef {{id: string, emailId: string, act: DeviceAct, part?: number}} DeviceReport part: the attachment, by its place from 1 */

export class DeviceReports {
  /** @type {DeviceReport[]} */ #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {Promise<void>} */ #sending = Promise.resolve();
  #api;
  #accountId;

  /** @param {Pick<import('./api.js').Api, 'call'>} api @param {string} accountId */
  constructor(api, accountId) {
    this.#api = api;
    this.#accountId = accountId;
  }

  /** @param {string} emailId @param {DeviceAct} act @param {number} [part] */
  note(emailId, act, part) {
    if (this.#waiting.length >= MOST_KEPT) return;
    this.#waiting.push({ id: newName(), emailId, act, ...(part && { part }) });
    this.#timer ??= setTimeout(() => void this.flush(), PAUSE);
  }

  /** Sends what waits; what does not arrive is sent again with the next. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#send()).catch(() => {});
    return this.#sending;
  }

  async #send() {
    while (this.#waiting.length) {
      const reports = this.#waiting.slice(0, MOST_AT_ONCE);
      await this.#api.call('AccessEvent/report', { accountId: this.#accountId, reports });
      this.#waiting.splice(0, reports.length);
    }
  }
}

/** 128 random bits in hexadecimal. */
function newName() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}
