// <pli-network>: the administrator's page, and the inboxes of the list that wait for whoever looks at it.
import { t } from '../i18n.js';
import { changed, isReady, lockedOut, RULES } from '../mail/network.js';
import { html, LightElement } from '../viewers/lit.js';
import { networkView } from '../viewers/network-view.js';
import { departureView, successorView } from './departure-dialog.js';
import './dialog.js';

/** @typedef {import('../mail/network.js').Tenant} Tenant */
/** @typedef {import('../mail/network.js').Rules} Rules */
/** @typedef {import('../mail/network.js').Colleague} Colleague */
/** @typedef {import('./store-types.js').StoreFace} Store */

export class NetworkPlace extends LightElement {
  static properties = {
    store: { attribute: false }, tenant: { state: true }, rules: { state: true }, known: { state: true }, onlyUnready: { state: true }, acting: { state: true }, error: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Tenant|null} */
    this.tenant = null;
    /** What the form has. @type {Rules|null} */
    this.rules = null;
    this.known = false;
    this.onlyUnready = false;
    this.acting = '';
    /** @type {unknown} */
    this.error = null;
  }

  firstUpdated() {
    void this.#attempt('', () => this.#read());
    void this.updateComplete.then(() => /** @type {HTMLElement|null} */ (this.querySelector('h2'))?.focus());
  }

  async #read() {
    this.tenant = (await (await this.store?.network())?.read()) ?? null;
    this.rules = this.tenant && rulesOf(this.tenant);
    this.known = true;
  }

  /** @param {string} words @param {() => Promise<unknown>} act */
  async #attempt(words, act) {
    Object.assign(this, { acting: words, error: null });
    try {
      await act();
    } catch (error) {
      this.error = error;
    } finally {
      this.acting = '';
    }
  }

  #save() {
    const { tenant, rules } = this;
    if (!tenant || !rules || this.acting) return;
    void this.#attempt(t('Your card is asked for once more.'), async () => {
      await (await this.store?.network())?.set(tenant.id, changed(tenant, rules));
      await this.#read();
      this.#say(t('The rules are set, and everybody is told.'));
    });
  }

  /** @param {import('../mail/accounts.js').AwaitedInbox} inbox */
  #open(inbox) {
    void this.#attempt(t('Answer your card program: it makes you the first owner of {address}.', { address: inbox.address }), async () => {
      await this.store?.openInbox(inbox);
      this.#say(t('The inbox is open. Give the others access under “People”.'));
      this.dispatchEvent(new CustomEvent('pli-place', { detail: { place: 'members' }, bubbles: true }));
    });
  }

  /** @param {Colleague} person */
  #askDeparture(person) {
    this.#dialog?.show((close) => departureView(person, close, (how) => this.#letGo(person, how)), 'departure');
  }

  /** @param {Colleague} person @param {import('../mail/network.js').Departure} how */
  #letGo(person, how) {
    void this.#attempt(t('Your card is asked for once more.'), async () => {
      const stranded = (await (await this.store?.network())?.letGo(person.personId ?? '', how)) ?? [];
      if (stranded.length) {
        void this.#dialog?.show((close) => successorView(person, stranded, close, () => this.#letGo(person, { ...how, anyway: true })), 'departure');
        return;
      }
      await this.#read();
      this.#say(t('{name} has left: nothing opens any more.', { name: person.name }));
    });
  }

  get #dialog() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog'));
  }

  /** @param {string} words */
  #say(words) {
    this.dispatchEvent(new CustomEvent('pli-said', { detail: { words }, bubbles: true }));
  }

  render() {
    const { store, tenant, rules } = this;
    if (!store?.session) return html``;
    const people = tenant?.people ?? [];
    const closes = rules !== null && tenant !== null && ((rules.cardRequired && !tenant.cardRequired) || (!rules.noBridgeAllowed && tenant.noBridgeAllowed));
    return html`${networkView({
      tenant, rules, known: this.known, awaited: store.session.awaitedInboxes, bridge: store.session.bridge,
      unsaved: Boolean(tenant && rules && Object.keys(changed(tenant, rules)).length), lockedOut: closes ? lockedOut(people) : [],
      shown: this.onlyUnready ? people.filter((each) => !isReady(each)) : people, onlyUnready: this.onlyUnready, ready: people.filter(isReady).length,
      acting: this.acting, error: this.error, dismiss: () => { this.error = null; },
      open: (inbox) => this.#open(inbox), filter: (only) => { this.onlyUnready = only; },
      edit: (change) => { if (this.rules) this.rules = { ...this.rules, ...change }; }, save: () => this.#save(), undo: () => { this.rules = tenant && rulesOf(tenant); },
      own: store.session.person.rppsNumber, letGo: (person) => this.#askDeparture(person),
    })}<pli-dialog></pli-dialog>`;
  }
}

/** @param {Tenant} tenant @returns {Rules} */
const rulesOf = (tenant) => /** @type {any} */ (Object.fromEntries(RULES.map((name) => [name, tenant[name]])));

customElements.define('pli-network', NetworkPlace);
