// <pli-access>: what opens this mailbox, and what to do when one of these is lost, ends or is still missing.
import { t } from '../i18n.js';
import { lastCard } from '../mail/workroom.js';
import { readiness, usable, waitingCards } from '../mail/unlockers.js';
import { accessView } from '../viewers/access-view.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { addCardView, addPasskeyView, lossView } from './access-dialogs.js';
import './dialog.js';
import './new-code.js';
import './officers.js';

/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('../mail/unlockers.js').Unlocker} Unlocker */
/** @typedef {import('../mail/rotation.js').RotationProgress} RotationProgress */

/** A passkey session goes on with the log of a passkey mailbox only: here a card has to sign. */
const NEEDS_CARD = 'UNSUPPORTED';

export class Access extends LightElement {
  static properties = { store: { attribute: false }, unlockers: { state: true }, acting: { state: true }, progress: { state: true }, done: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Unlocker[]|null} */
    this.unlockers = null;
    this.acting = false;
    /** @type {RotationProgress|null} */
    this.progress = null;
    this.done = '';
    /** @type {unknown} */
    this.error = null;
    /** Whether the keys are changing by themselves: what opens the mailbox is read again afterwards. */
    this.rotating = false;
    this.followRotation = () => { this.rotating = true; };
    this.followMembers = () => void this.#readAfterRotation();
  }

  firstUpdated() {
    this.store?.addEventListener('rotation', this.followRotation);
    this.store?.addEventListener('members', this.followMembers);
    void this.#attempt(() => this.#read());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    const store = /** @type {EventTarget | null} */ (/** @type {unknown} */ (this.store));
    store?.removeEventListener('rotation', this.followRotation);
    store?.removeEventListener('members', this.followMembers);
  }

  async #readAfterRotation() {
    if (!this.rotating || this.acting) return;
    this.rotating = false;
    await this.#attempt(() => this.#read());
  }

  async #read() {
    const { store } = this;
    if (!store?.session) return;
    const { person } = store.session;
    const owner = person.rppsNumber ? { idType: 'RPPS', idValue: person.rppsNumber } : null;
    const [members, unlockers] = await Promise.all([store.readMembers(), store.unlockers()]);
    this.unlockers = await unlockers.list(members, store.accounts.find(({ current }) => current)?.isPersonal ? owner : null);
  }

  /** @param {() => Promise<void>} act */
  async #attempt(act) {
    this.error = null;
    try {
      await act();
    } catch (error) {
      this.error = error;
    }
  }

  /** One act at a time, then everything is read again. @param {() => Promise<string>} act answers what was done, in words */
  #act(act) {
    return this.#attempt(async () => {
      Object.assign(this, { acting: true, done: '', progress: null });
      try {
        this.done = await act();
      } finally {
        Object.assign(this, { acting: false, progress: null });
        await this.#read();
      }
    });
  }

  #acts() {
    const acts = this.store?.acts;
    if (!acts) throw Object.assign(new Error('The mailbox is locked'), { code: 'locked' });
    return acts;
  }

  #dialog() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog'));
  }

  /** @param {import('./dialog.js').DialogView} view @param {string} [kind] */
  #ask(view, kind) {
    void this.#dialog()?.show(view, kind);
  }

  /** @type {import('../viewers/access-view.js').AccessActions} */
  actions = {
    back: () => this.dispatchEvent(new CustomEvent('pli-command', { detail: { command: 'leave' }, bubbles: true })),
    dismiss: () => { this.error = null; },
    addPasskey: () => this.#ask((close) => addPasskeyView(close, (name) => this.#act(() => this.#addPasskey(name)))),
    addCard: () => void this.#attempt(() => this.#offerCards()),
    makeCode: () => this.#ask((close) => html`<pli-new-code .store=${this.store} .finish=${() => { close(); void this.#act(async () => t('The recovery code is ready. Keep its sheet in a safe place.')); }} .close=${close}></pli-new-code>`, 'code-dialog'),
    officers: () => this.#ask((close) => html`<pli-officers .store=${this.store} .finish=${() => { close(); void this.#act(async () => t('The officers have their shares.')); }} .close=${close}></pli-officers>`, 'officers-dialog'),
    lose: (unlocker) => this.#ask((close) => lossView(unlocker, close, () => this.#act(() => this.#lose(unlocker)))),
    admit: (card) => void this.#act(() => this.#admit(card)),
    emergency: () => this.dispatchEvent(new CustomEvent('pli-place', { detail: { place: 'emergency' }, bubbles: true })),
  };

  /** @param {string} name */
  async #addPasskey(name) {
    const { role = 'owner' } = this.store?.session ?? {};
    await this.#acts().addPasskey({ name }, role);
    return t('The passkey opens this mailbox now.');
  }

  /** Blocked first: whatever comes after, the finder opens nothing. @param {Unlocker} unlocker */
  async #lose({ id, bodyHash }) {
    if (id) await (await this.store?.unlockers())?.block(id);
    if (bodyHash === null) return t('It is blocked.');
    try {
      await this.#acts().rotate({ ends: [bodyHash] }, (progress) => { this.progress = progress; });
    } catch (error) {
      if (/** @type {any} */ (error).code !== NEEDS_CARD || !id) throw error;
      return t('It is blocked. The key is changed as soon as a card opens this mailbox.');
    }
    return t('Done: it opens nothing any more, and the mailbox has a new key.');
  }

  async #offerCards() {
    const { cards } = (await this.store?.cards()) ?? { cards: [] };
    const others = cards.filter(({ card, state }) => state === 'ready' && card !== lastCard());
    this.#ask((close) => addCardView(others, close, (card) => this.#act(() => this.#addCard(card))));
  }

  /** @param {string} card */
  async #addCard(card) {
    const { role = 'owner' } = this.store?.session ?? {};
    await this.#acts().addCard(card, role);
    return t('The card opens this mailbox now.');
  }

  /** It proved itself when it logged in. @param {Unlocker} card */
  async #admit({ reference }) {
    await this.#acts().admitCard(reference, this.store?.session?.role ?? 'owner');
    return t('The card opens this mailbox now.');
  }

  render() {
    const session = this.store?.session;
    if (!session) return nothing;
    const now = new Date();
    const all = this.unlockers ?? [];
    return html`${accessView({
      address: session.mailbox.address, unlockers: this.unlockers, readiness: readiness(all, now), usable: usable(all, now).length,
      waiting: waitingCards(all, now).filter(({ current }) => !current), bridge: session.bridge, full: session.level === 'full',
      manages: ['manager', 'owner'].includes(session.role), ...this.#rules(), acting: this.acting, progress: this.progress, done: this.done, error: this.error, actions: this.actions,
    }, now)}<pli-dialog></pli-dialog>`;
  }

  #rules() {
    const rules = this.store?.accounts.find(({ current }) => current)?.rules ?? [];
    return { passkeys: !rules.includes('card-required'), recoveryRequired: rules.includes('recovery-required') };
  }
}

customElements.define('pli-access', Access);
