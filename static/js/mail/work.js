/**
 * Who of a shared inbox answers a message, whose it is, and whether it is done: what the server tells every member at once.
 * It comes with each range of the list, and afterwards by Work/changes when the server says that something changed.
 */
import { ApiError, outcome } from './api.js';

/** How often the server hears that somebody is still writing; after five minutes of silence it forgets it. */
const SAY_AGAIN = 120_000;
/** Ids in one question. */
const BATCH = 500;

/**
 * @typedef {{id: string, name: string, mayAnswer: boolean, isMe: boolean}} Colleague
 * @typedef {'mine'|'nobody'|'done'} Share of the work
 *
 * @typedef {object} Standing of one message; null stands for nobody
 * @property {Colleague|null} assignedTo
 * @property {Colleague|null} answering
 * @property {string|null} answeringSince RFC 3339
 * @property {Colleague|null} done who did it
 * @property {string|null} doneAt RFC 3339
 */

/** @typedef {{assignedTo: string|null, answeringBy: string|null, answeringSince: string|null, doneBy: string|null, doneAt: string|null, until: number}} WorkRow until: of this device's clock */

/** What stands where nobody said anything. @type {Standing} */
const UNTOUCHED = Object.freeze({ assignedTo: null, answering: null, answeringSince: null, done: null, doneAt: null });

/** Events: `change`, and `taken` {by} when a colleague took over the answer that is being written here. */
export class Work extends EventTarget {
  #api;
  #accountId;
  /** @type {Map<string, WorkRow>} */ #rows = new Map();
  /** @type {Map<string, Colleague>} */ #people = new Map();
  #state = '';
  /** The message that is being answered here. */ #answered = '';
  /** @type {ReturnType<typeof setInterval> | undefined} */ #saying;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #expiring;
  /** @type {Promise<void>} */ #following = Promise.resolve();
  #now;

  /**
   * @param {Pick<import('./api.js').Api, 'call'>} api
   * @param {string} accountId
   * @param {() => number} [now] milliseconds, what a test replaces
   */
  constructor(api, accountId, now = Date.now) {
    super();
    this.#api = api;
    this.#accountId = accountId;
    this.#now = now;
  }

  /** Who may be given a message, oneself among them. @returns {Colleague[]} by name */
  get colleagues() {
    return [...this.#people.values()].filter(({ mayAnswer }) => mayAnswer);
  }

  /** Whether this person answers here, and so assigns and ends. */
  get mayAnswer() {
    return this.colleagues.some(({ isMe }) => isMe);
  }

  /**
   * The question that goes with a query of messages.
   * @param {string} query the call id of it
   * @returns {[string, object, string][]}
   */
  beside(query) {
    return [['Work/get', { accountId: this.#accountId, '#ids': { resultOf: query, name: 'Email/query', path: '/ids' } }, 'w']];
  }

  /** @param {any} answer of Work/get */
  take({ list, notFound, people, state }) {
    this.#state ||= state;
    this.#people = new Map([...this.#people, ...people.map((/** @type {Colleague} */ one) => [one.id, one])]);
    for (const [id, one] of this.#people) if (!people.some((/** @type {Colleague} */ each) => each.id === id)) this.#people.set(id, { ...one, mayAnswer: false });
    for (const id of notFound) this.#rows.delete(id);
    for (const { id, answeringLeft, ...row } of list) this.#rows.set(id, { ...row, until: this.#now() + answeringLeft * 1000 });
    this.#noticeTaking();
    this.#watchExpiry();
  }

  /** @param {string} id of a message @returns {Standing} */
  of(id) {
    const row = this.#rows.get(id);
    if (!row) return UNTOUCHED;
    const answering = row.until > this.#now() ? this.#person(row.answeringBy) : null;
    return {
      assignedTo: this.#person(row.assignedTo), answering, answeringSince: answering ? row.answeringSince : null,
      done: this.#person(row.doneBy), doneAt: row.doneAt,
    };
  }

  /** The server said that something changed. @returns {Promise<void>} */
  follow() {
    this.#following = this.#following.catch(() => {}).then(() => this.#follow());
    return this.#following;
  }

  async #follow() {
    if (!this.#state) return;
    const changed = new Set();
    for (let more = true; more;) {
      const answer = await this.#api.call('Work/changes', { accountId: this.#accountId, sinceState: this.#state });
      for (const id of [...answer.created, ...answer.updated]) changed.add(id);
      for (const id of answer.destroyed) this.#rows.delete(id);
      this.#state = answer.newState;
      more = answer.hasMoreChanges;
    }
    await this.#read([...changed]);
    this.#tell('change', {});
  }

  /** @param {string[]} ids */
  async #read(ids) {
    for (let start = 0; start < ids.length; start += BATCH) {
      this.take(await this.#api.call('Work/get', { accountId: this.#accountId, ids: ids.slice(start, start + BATCH) }));
    }
  }

  /**
   * This person begins to answer; said again until it ends.
   * @param {string} id
   * @param {string} [insteadOf] id of the colleague who was shown to be answering, and agreed to be relieved
   * @throws {ApiError} beingAnswered
   */
  async begin(id, insteadOf = '') {
    if (this.#answered && this.#answered !== id) await this.end();
    await this.#say(id, { answering: true, ...(insteadOf && { insteadOf }) });
    this.#answered = id;
    clearInterval(this.#saying);
    this.#saying = setInterval(() => void this.#sayAgain(), SAY_AGAIN);
  }

  /** The answer is sent, put away or thrown away. */
  async end() {
    const id = this.#answered;
    this.#forgetAnswer();
    if (id) await this.#say(id, { answering: false }).catch(() => {}); // it expires by itself
  }

  /** @param {string} id @param {string|null} person */
  assign(id, person) {
    return this.#say(id, { assignedTo: person });
  }

  /** @param {string} id @param {boolean} done */
  finish(id, done) {
    return this.#say(id, { done });
  }

  /** The mailbox is left. */
  async leave() {
    clearTimeout(this.#expiring);
    await this.end();
  }

  /** @param {string} id @param {object} patch */
  async #say(id, patch) {
    const answer = await this.#api.call('Work/set', { accountId: this.#accountId, update: { [id]: patch } });
    try {
      outcome(answer, 'updated', id);
    } finally {
      await this.#read([id]).catch(() => {});
      this.#tell('change', {});
    }
  }

  /** What cannot be said now is said the next time. */
  async #sayAgain() {
    await this.#say(this.#answered, { answering: true }).catch((error) => {
      if (error instanceof ApiError && error.code === 'forbidden') this.#forgetAnswer();
    });
  }

  #forgetAnswer() {
    clearInterval(this.#saying);
    this.#answered = '';
  }

  #noticeTaking() {
    const { answering } = this.of(this.#answered);
    if (!this.#answered || !answering || answering.isMe) return;
    this.#forgetAnswer();
    this.#tell('taken', { by: answering });
  }

  /** An answer that nobody speaks of any more ends without a word of the server. */
  #watchExpiry() {
    clearTimeout(this.#expiring);
    const ends = [...this.#rows.values()].filter(({ answeringBy, until }) => answeringBy && until > this.#now()).map(({ until }) => until);
    if (!ends.length) return;
    this.#expiring = setTimeout(() => {
      this.#watchExpiry();
      this.#tell('change', {});
    }, Math.min(...ends) - this.#now() + 1);
  }

  /** @param {string|null} id */
  #person(id) {
    return id ? this.#people.get(id) ?? { id, name: '', mayAnswer: false, isMe: false } : null;
  }

  /** @param {string} event @param {any} detail */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

/** Whether only the work of an account changed, and none of its messages. @param {Record<string, string>} states by type */
export const isOnlyWork = (states) => Object.keys(states).every((type) => type === 'Work');
