// <pli-confidential>: what marking a message as confidential does, and from whom it hides it, before the click; and the way back.
import { t } from '../i18n.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement } from '../viewers/lit.js';
import { errorView, noticeView } from '../viewers/notice.js';

/** @typedef {import('./store-types.js').MemberRow} MemberRow */
/** @typedef {import('./store-types.js').Row} Row */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** Fires `pli-marked` once it is done. */
export class Confidential extends LightElement {
  static properties = { store: { attribute: false }, row: { attribute: false }, people: { state: true }, busy: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Row|null} */
    this.row = null;
    /** Whom it is hidden from now; null until the log was read. @type {string[]|null} */
    this.people = null;
    this.busy = false;
    /** @type {unknown} */
    this.error = null;
  }

  firstUpdated() {
    void this.#read();
  }

  async #read() {
    try {
      this.people = hiddenFrom((await this.store?.readMembers()) ?? []);
    } catch (error) {
      this.error = error;
    }
  }

  async #act() {
    const { store, row } = this;
    if (!store || !row || this.busy) return;
    Object.assign(this, { busy: true, error: null });
    try {
      await store.setConfidential(row.id, !row.confidential);
      this.dispatchEvent(new CustomEvent('pli-marked', { bubbles: true }));
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  }

  render() {
    const marked = Boolean(this.row?.confidential);
    return html`${this.error ? errorView(this.error) : ''}
      ${marked ? this.#revealing() : this.#concealing()}
      <div class="button-row">
        <button type="button" class="button primary" data-action="agree" ?disabled=${this.busy || !this.people} @click=${() => this.#act()}>
          ${this.busy ? html`<span class="spinner small"></span>` : icon('lock')}${marked ? t('Show it to everybody who reads here') : t('Make it confidential')}</button>
        <button type="button" class="button" ?disabled=${this.busy} @click=${() => this.dispatchEvent(new CustomEvent('pli-close', { bubbles: true }))}>${t('Cancel')}</button>
      </div>`;
  }

  #concealing() {
    return html`<p role="status">${this.#whom()}</p>
      <p>${t('It is sealed again under a second key of this mailbox, which only owners hold. It leaves the lists of everybody else, and the server no longer hands it to them.')}</p>
      ${noticeView({ tone: 'caution', title: t('What it cannot do'), body: t('Whoever opened it before keeps what was seen. Copies of the server made before today, answers that quote it, and what its sender keeps are not touched.') })}`;
  }

  #whom() {
    const { people } = this;
    if (!people) return t('Reading who may read this mailbox…');
    if (!people.length) return t('Nobody but its owner reads this mailbox now. Whoever is given access later will not see this message either.');
    return t('These people will no longer see this message: {people}. Nor will anybody who is given access later.', { people: people.join(', ') });
  }

  #revealing() {
    const { people } = this;
    return html`<p>${people?.length ? t('These people will see this message again: {people}.', { people: people.join(', ') }) : t('Whoever is given access to this mailbox will see this message.')}</p>`;
  }
}

/** @param {readonly MemberRow[]} members @returns {string[]} names of those with a right who own nothing, each once */
export function hiddenFrom(members) {
  const alive = members.filter(({ state, notAfter }) => state !== 'ended' && (!notAfter || Date.parse(notAfter) > Date.now()));
  const owners = new Set(alive.filter(({ role }) => role === 'owner').map(personOf));
  const others = alive.filter((member) => member.role !== 'owner' && member.kind !== 'officer' && !owners.has(personOf(member)));
  return [...new Set(others.map(({ name }) => name))];
}

/** @param {MemberRow} member */
const personOf = ({ idType, idValue, name }) => (idValue ? `${idType} ${idValue}` : name);

customElements.define('pli-confidential', Confidential);

/** @param {Store|null} store @param {Row|null} row @param {() => void} close @param {() => void} done */
export const confidentialDialog = (store, row, close, done) => html`
  <div class="dialog-head"><h2 class="dialog-title">${row?.confidential ? t('No longer confidential?') : t('Keep this message confidential?')}</h2>
    <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>
  <pli-confidential .store=${store} .row=${row} @pli-close=${close} @pli-marked=${() => { close(); done(); }}></pli-confidential>`;
