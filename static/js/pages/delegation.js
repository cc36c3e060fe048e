// <pli-delegation>: giving access to a mailbox, from the kind to the one signature. Fires `pli-delegated` {words}.
import { t, tn } from '../i18n.js';
import { LightElement } from '../viewers/lit.js';
import { peopleOf } from '../viewers/member-rows.js';
import { givenText } from '../viewers/member-texts.js';
import { peopleOnDuty } from '../mail/rosters.js';
import { delegationView } from './delegation-view.js';
import { folderName } from './folders.js';
import { dutyOrders, kindsFor, missing, newPlan, orderOf } from './delegation-plan.js';

/** @typedef {import('./delegation-plan.js').Plan} Plan */
/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('./store-types.js').DirectoryEntry} DirectoryEntry */
/** @typedef {import('../mail/membership-acts.js').PersonName} PersonName */

/** Rest before the directory is asked, milliseconds. */
const SEARCH_AFTER = 250;
const SHORTEST_SEARCH = 2;

export class Delegation extends LightElement {
  static properties = {
    store: { attribute: false }, plan: { state: true }, found: { state: true }, searched: { state: true }, tried: { state: true }, reading: { state: true }, acting: { state: true }, error: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Plan|null} */
    this.plan = null;
    /** @type {DirectoryEntry[]|null} */
    this.found = null; // nobody was asked for
    this.searched = '';
    /** Whether what is missing is told. */
    this.tried = false;
    this.reading = false;
    this.acting = false;
    /** @type {unknown} */
    this.error = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  get #kinds() {
    return kindsFor(this.store?.accounts.find(({ current }) => current)?.kind ?? 'PER');
  }

  /** Days that a delegation may last here; 0: no limit. */
  get #limit() {
    return this.store?.accounts.find(({ current }) => current)?.delegationDays ?? 0;
  }

  firstUpdated() {
    this.#choose(/** @type {Plan['kind']} */ (this.#kinds[0]));
    void this.updateComplete.then(() => /** @type {HTMLElement|null} */ (this.querySelector('h2'))?.focus());
  }

  /** @param {Plan['kind']} kind */
  #choose(kind) {
    this.plan = newPlan(kind, new Date(), this.#limit);
    Object.assign(this, { tried: false, error: null, found: null, searched: '' });
  }

  /** @param {Partial<Plan>} change */
  #edit(change) {
    if (this.plan) this.plan = { ...this.plan, ...change };
  }

  /** @param {string} text */
  #search(text) {
    this.searched = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.#ask(text.trim()), SEARCH_AFTER);
  }

  /** Only who has an RPPS number can be given access before he has ever been here. @param {string} text */
  async #ask(text) {
    if (text.length < SHORTEST_SEARCH) {
      this.found = null;
      return;
    }
    try {
      const entries = (await this.store?.suggest(text)) ?? [];
      if (text === this.searched.trim()) this.found = entries.filter(({ rppsNumber, address }) => rppsNumber && address !== this.store?.session?.mailbox.address);
    } catch (error) {
      this.error = error;
    }
  }

  /** @param {PersonName | null} person */
  async #pick(person) {
    this.#edit({ person, known: false });
    this.found = null;
    if (!person) return;
    try {
      const card = await this.store?.acts?.findCard(person);
      if (this.plan?.person?.idValue === person.idValue) this.#edit({ known: Boolean(card), person: card ? { ...person, name: card.name } : person });
    } catch {
      this.#edit({ known: false }); // the act finds out again, and says why
    }
  }

  /** @param {string} text CSV or iCalendar */
  async #readRoster(text) {
    Object.assign(this, { reading: true, error: null });
    try {
      await this.#dropRoster();
      const rosters = await this.store?.rosters();
      this.#edit({ roster: (await rosters?.take(text)) ?? null });
    } catch (error) {
      this.error = error;
    } finally {
      this.reading = false;
    }
  }

  /** One that was read and not used. */
  async #dropRoster() {
    const id = this.plan?.roster?.rosterId;
    this.#edit({ roster: null });
    if (id) await (await this.store?.rosters())?.remove(id);
  }

  async #agree() {
    const { plan } = this;
    this.tried = true;
    if (!plan || this.acting || missing(plan, new Date(), this.#limit).length) return;
    Object.assign(this, { acting: true, error: null });
    try {
      this.#leave(await (plan.kind === 'duty' ? this.#giveDuty(plan) : this.#give(plan, /** @type {PersonName} */ (plan.person))));
    } catch (error) {
      this.error = error;
    } finally {
      this.acting = false;
    }
  }

  /** @param {Plan} plan @param {PersonName} person @returns {Promise<string>} what to say */
  async #give(plan, person) {
    const now = new Date();
    const done = await this.store?.acts?.delegate(orderOf(plan, person, now));
    const member = done === 'granted' && peopleOf(this.store?.members ?? [], now).present.find(({ idValue }) => idValue === person.idValue);
    return member ? givenText(member, now) : t('{name} is invited.', { name: person.name });
  }

  /** Everybody whose card is known in one act; the others are invited. @param {Plan} plan @returns {Promise<string>} */
  async #giveDuty(plan) {
    const acts = this.store?.acts;
    const people = peopleOnDuty(plan.roster?.slots ?? []);
    const cards = await Promise.all(people.map((person) => acts?.findCard(person)));
    const now = new Date();
    const { orders, ends } = dutyOrders(plan, people.filter((_, index) => cards[index]), (await acts?.read()) ?? [], now);
    if (orders.length) await acts?.join(orders.map((order) => ({ ...order, ...order.person })), ends);
    for (const person of people.filter((_, index) => !cards[index])) await acts?.invite(orderOf(plan, person, now));
    return tn('{n} person is on call.', '{n} people are on call.', people.length);
  }

  /** @param {string} words @param {boolean} [given] up */
  async #leave(words, given = false) {
    if (given) await this.#dropRoster().catch(() => {});
    this.dispatchEvent(new CustomEvent('pli-delegated', { detail: { words }, bubbles: true }));
  }

  render() {
    const { store, plan } = this;
    if (!store?.session || !plan) return '';
    return delegationView({
      session: store.session, plan, kinds: this.#kinds, found: this.found, searched: this.searched, reading: this.reading, acting: this.acting, error: this.error,
      missing: this.tried ? missing(plan, new Date(), this.#limit) : [], now: new Date(), limit: this.#limit,
      folders: store.folders.filter(({ role }) => role !== 'drafts').map((folder) => ({ id: folder.id, name: folderName(folder) })),
      choose: (kind) => this.#choose(kind), edit: (change) => this.#edit(change), search: (text) => this.#search(text), pick: (person) => void this.#pick(person),
      readRoster: (text) => void this.#readRoster(text), agree: () => void this.#agree(), leave: () => void this.#leave('', true), dismiss: () => { this.error = null; },
    });
  }
}

customElements.define('pli-delegation', Delegation);
