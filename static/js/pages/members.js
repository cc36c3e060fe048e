// <pli-members>: who has this mailbox, as its signed log says it, and what may be done about it.
import { t } from '../i18n.js';
import { html, LightElement } from '../viewers/lit.js';
import { confirmersOf, peopleOf } from '../viewers/member-rows.js';
import { folderName } from './folders.js';
import { changeView, endView, leaveView, lostCardView } from './member-dialogs.js';
import { membersView } from './members-view.js';
import './delegation.js';
import './new-inbox.js';
import './resealing.js';
import './dialog.js';

/** @typedef {import('../viewers/member-rows.js').MemberPerson} MemberPerson */
/** @typedef {import('./store-types.js').Invitation} Invitation */
/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('../mail/rotation.js').RotationProgress} RotationProgress */

/** What tells of changes that this page shows. */
const EVENTS = Object.freeze(['members', 'rotation', 'account', 'accounts']);

export class Members extends LightElement {
  static properties = {
    store: { attribute: false },
    delegating: { state: true }, known: { state: true }, claims: { state: true }, invitations: { state: true }, slots: { state: true },
    acting: { state: true }, progress: { state: true }, error: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.delegating = false;
    /** Whether the log was read once. */
    this.known = false;
    /** @type {import('../mail/member-claims.js').Claim[]} */
    this.claims = [];
    /** @type {Invitation[]} */
    this.invitations = [];
    /** @type {import('../mail/rosters.js').DutySlot[]} */
    this.slots = [];
    /** What the card program is being asked for, in words; '' for nothing. */
    this.acting = '';
    /** @type {RotationProgress|null} */
    this.progress = null;
    /** @type {unknown} */
    this.error = null;
    this.hear = (/** @type {Event} */ event) => this.#heard(/** @type {CustomEvent} */ (event));
  }

  connectedCallback() {
    super.connectedCallback();
    for (const type of EVENTS) this.store?.addEventListener(type, this.hear);
    void this.#read();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    const store = /** @type {EventTarget|null} */ (/** @type {unknown} */ (this.store));
    for (const type of EVENTS) store?.removeEventListener(type, this.hear);
  }

  /** @param {CustomEvent} event */
  #heard({ type, detail }) {
    if (type === 'rotation') this.#follow(detail);
    if (type === 'account') {
      Object.assign(this, { known: false, delegating: false });
      void this.#read();
    }
    this.requestUpdate();
  }

  /** A key that is changed by itself. @param {RotationProgress & {failed?: unknown}} step */
  #follow(step) {
    this.progress = step.failed || (step.step === 'carry' && step.done >= step.total) ? null : step;
    if (step.failed) this.error = step.failed;
  }

  get #manages() {
    const { session } = this.store ?? {};
    return session?.level === 'full' && ['manager', 'owner'].includes(session.role);
  }

  async #read() {
    const { store } = this;
    if (!store?.acts) return;
    try {
      await store.readMembers();
      this.known = true;
      await this.#readKept(store);
    } catch (error) {
      this.error = error;
    }
  }

  /** What the server alone keeps. @param {Store} store */
  async #readKept(store) {
    this.slots = await (await store.rosters()).slots();
    if (!this.#manages) return;
    [this.claims, this.invitations] = await Promise.all([store.claims(), store.acts?.invitations() ?? []]);
  }

  /** One act, one prompt, one signature. @param {string} words @param {() => Promise<unknown>|undefined} act @param {string} said afterwards */
  async #act(words, act, said) {
    Object.assign(this, { acting: words, error: null });
    try {
      await act();
      this.dispatchEvent(new CustomEvent('pli-said', { detail: { words: said }, bubbles: true }));
      await this.#read();
    } catch (error) {
      this.error = error;
    } finally {
      Object.assign(this, { acting: '', progress: null });
    }
  }

  #dialog() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog'));
  }

  /** @param {MemberPerson} person */
  #end(person) {
    const hashes = person.rows.map(({ bodyHash }) => bodyHash);
    this.#dialog()?.show((close) => endView(person, close, () => this.#act(
      t('Answer your card program: it ends the access of {name} and changes the key.', { name: person.name }),
      () => this.store?.acts?.endDelegation(hashes), t('Access ended. The mailbox has a new key.'))));
  }

  /** @param {MemberPerson} person */
  #lostCard(person) {
    const cards = person.rows.filter(({ kind, state }) => kind === 'card' && state === 'active');
    this.#dialog()?.show((close) => lostCardView(person, cards, close, (bodyHash) => this.#act(
      t('Answer your card program: it ends the access of {name} and changes the key.', { name: person.name }),
      () => this.store?.acts?.blockCard(bodyHash, (progress) => { this.progress = progress; }), t('The card opens nothing here any more. The mailbox has a new key.'))));
  }

  /** @param {MemberPerson} person */
  #change(person) {
    const card = person.rows.find(({ kind }) => kind === 'card');
    if (!card || !this.store) return;
    const { name, rppsNumber: idValue } = /** @type {import('./store-types.js').Session} */ (this.store.session).person;
    const confirmed = confirmersOf(person, { name, idValue }, peopleOf(this.store.members, new Date()).present).length > 0;
    const how = { person, roles: this.#roles(), folders: this.#folders(), confirmed };
    this.#dialog()?.show((close) => changeView(how, close, (change) => this.#act(
      t('Answer your card program: it asks about {name}.', { name: person.name }), () => this.store?.acts?.changeRole(card, change), t('Access changed.'))));
  }

  /** Nobody gives more than he has; a person's mailbox has one owner. @returns {import('../keys/agent.js').Role[]} */
  #roles() {
    const shared = this.store?.accounts.find(({ current }) => current)?.kind !== 'PER';
    return shared && this.store?.session?.role === 'owner' ? ['reader', 'sender', 'manager', 'owner'] : ['reader', 'sender', 'manager'];
  }

  #folders() {
    return (this.store?.folders ?? []).filter(({ role }) => role !== 'drafts').map((folder) => ({ id: folder.id, name: folderName(folder) }));
  }

  #leave() {
    this.#dialog()?.show((close) => leaveView(close, () => this.#act(t('Answer your card program: it ends your own access.'), () => this.store?.acts?.leave(), t('You have left this mailbox.'))));
  }

  /** @param {MemberPerson} person */
  #confirm(person) {
    const pending = person.rows.find(({ state }) => state === 'pending');
    if (pending) void this.#act(t('Answer your card program: it asks about {name}.', { name: person.name }), () => this.store?.acts?.confirm(pending.bodyHash), t('Confirmed.'));
  }

  #join() {
    void this.#act(t('Answer your card program: it lists whom you give access.'), () => this.#joinReady(), t('Access given.'));
  }

  /** A person may have come with a card that has not shown yet what it can do. */
  async #joinReady() {
    const ready = this.invitations.filter(({ state }) => state === 'ready');
    const cards = await Promise.all(ready.map((each) => this.store?.acts?.findCard(each)));
    if (!cards.some(Boolean)) throw Object.assign(new Error('No card is known'), { code: 'card-unknown', data: { names: ready.map(({ name }) => name) } });
    await this.store?.acts?.join(ready);
  }

  /** @param {Invitation} invitation */
  #withdraw({ id }) {
    void this.#act('', () => this.store?.acts?.withdraw(id), t('Invitation withdrawn.'));
  }

  #changeKey() {
    void this.#act(t('Your card program asks once, then the key is changed.'), () => this.store?.acts?.rotate({}, (progress) => { this.progress = progress; }), t('The mailbox has a new key.'));
  }

  /** @param {string} rosterId */
  #removeRoster(rosterId) {
    void this.#act('', async () => (await this.store?.rosters())?.remove(rosterId), t('Roster removed. Nobody is on duty by it any more.'));
  }

  /** @param {boolean} own */
  #keepReadMarks(own) {
    void this.#act('', () => this.store?.keepReadMarks(own), t('Read marks changed.'));
  }

  /** @param {string} words of what was done, '' where it was given up */
  #delegated(words) {
    this.delegating = false;
    if (words) this.dispatchEvent(new CustomEvent('pli-said', { detail: { words }, bubbles: true }));
    void this.#read();
  }

  render() {
    const { store } = this;
    if (!store?.session) return html``;
    if (this.delegating) return html`<pli-delegation .store=${store} @pli-delegated=${(/** @type {CustomEvent} */ { detail }) => this.#delegated(detail.words)}></pli-delegation>`;
    return html`${membersView({
      store,
      session: store.session, account: store.accounts.find(({ current }) => current), people: peopleOf(store.members, new Date()), manages: this.#manages,
      known: this.known, claims: this.claims, invitations: this.invitations, slots: this.slots, folders: this.#folders(),
      acting: this.acting, progress: this.progress, error: this.error, dismiss: () => { this.error = null; }, retry: () => void this.#read(),
      delegate: () => { this.delegating = true; }, end: (person) => this.#end(person), lostCard: (person) => this.#lostCard(person), change: (person) => this.#change(person), leave: () => this.#leave(),
      confirm: (person) => this.#confirm(person), join: () => this.#join(), withdraw: (invitation) => this.#withdraw(invitation),
      changeKey: () => this.#changeKey(), removeRoster: (rosterId) => this.#removeRoster(rosterId), keepReadMarks: (own) => this.#keepReadMarks(own),
    })}<pli-dialog></pli-dialog>`;
  }
}

customElements.define('pli-members', Members);
