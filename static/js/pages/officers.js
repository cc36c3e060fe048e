// <pli-officers>: who opens this mailbox together when nothing else does, and how.
import { t, tn } from '../i18n.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { dialogHead } from './access-dialogs.js';

/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {{idType: string, idValue: string, name: string}} Holder */

/** Shares are numbered in one octet (docs/FORMATS.md); more people than this is no plan for an emergency. */
const MOST = 9;
const MINUTES = Object.freeze([15, 30, 60]);
const MESSAGES = Object.freeze([5, 10, 20, 50, 0]);

export class Officers extends LightElement {
  static properties = { store: { attribute: false }, finish: { attribute: false }, close: { attribute: false }, holders: { state: true }, threshold: { state: true }, found: { state: true }, working: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.finish = () => {};
    this.close = () => {};
    /** @type {Holder[]} */
    this.holders = [];
    this.threshold = 2;
    /** @type {import('./store-types.js').DirectoryEntry[]} */
    this.found = [];
    this.working = false;
    /** @type {unknown} */
    this.error = null;
  }

  /** @param {string} text */
  async #search(text) {
    if (text.trim().length < 2) { this.found = []; return; }
    const entries = await this.store?.suggest(text).catch(() => []) ?? [];
    const taken = new Set([...this.holders.map(({ idValue }) => idValue), this.store?.session?.person.rppsNumber]);
    this.found = entries.filter(({ rppsNumber }) => rppsNumber && !taken.has(rppsNumber));
  }

  /** @param {import('./store-types.js').DirectoryEntry} entry */
  #add({ name, rppsNumber = '' }) {
    this.holders = [...this.holders, { idType: 'RPPS', idValue: rppsNumber, name }];
    this.found = [];
    const box = /** @type {HTMLInputElement|null} */ (this.querySelector('#officer-search'));
    if (box) box.value = '';
    box?.focus();
  }

  /** @param {Holder} holder */
  #drop(holder) {
    this.holders = this.holders.filter((each) => each !== holder);
    this.threshold = Math.max(1, Math.min(this.threshold, this.holders.length || 2));
  }

  /** @param {SubmitEvent} event */
  async #make(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const order = { kind: /** @type {'officers'|'breakGlass'} */ (form.get('kind')), threshold: this.threshold, minutes: Number(form.get('minutes')), messages: Number(form.get('messages')), holders: this.holders };
    Object.assign(this, { working: true, error: null });
    try {
      await this.store?.acts?.makeOfficers(order);
      this.finish();
    } catch (error) {
      this.error = error;
    }
    this.working = false;
  }

  render() {
    return html`${dialogHead(t('Officers'), this.close)}
      <p>${t('The people you name each receive one share, sealed to their card. Enough of them together open this mailbox for a colleague: for a while, to read only.')}</p>
      ${this.error ? errorView(this.error) : nothing}
      <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#make(event)}>
        ${this.#holdersView()}${this.#rulesView()}
        ${noticeView({ tone: 'info', title: t('You are told at once, each time.'), body: t('Every use stands in the record of accesses for good, the key is changed afterwards, and officers are then set up anew.') })}
        <div class="button-row"><button class="button primary" data-action="agree" ?disabled=${this.working || this.holders.length < this.threshold}>${this.working ? t('Under way…') : t('Give out the shares')}</button>
          <button type="button" class="button" @click=${this.close}>${t('Cancel')}</button></div>
      </form>`;
  }

  #holdersView() {
    return html`
      <div class="field"><label class="field-label" for="officer-search">${t('Who (name or RPPS number)')}</label>
        <input class="input" id="officer-search" type="search" autocomplete="off" ?disabled=${this.holders.length >= MOST} @input=${(/** @type {InputEvent} */ event) => void this.#search(/** @type {HTMLInputElement} */ (event.target).value)}>
        ${this.found.length ? html`<ul role="list" class="officer-found" aria-label=${t('People found')}>${this.found.map((entry) => html`<li><button type="button" class="officer-pick" @click=${() => this.#add(entry)}>
          <span>${entry.name}</span><span class="muted">RPPS ${entry.rppsNumber}</span></button></li>`)}</ul>` : nothing}</div>
      ${this.holders.length ? html`<ul role="list" class="officer-list" aria-label=${t('Officers')}>${this.holders.map((holder) => html`<li><span><strong>${holder.name}</strong> <span class="muted">RPPS ${holder.idValue}</span></span>
        <button type="button" class="button small quiet" aria-label=${t('Remove {name}', { name: holder.name })} @click=${() => this.#drop(holder)}>${t('Remove')}</button></li>`)}</ul>` : nothing}`;
  }

  #rulesView() {
    const most = Math.max(this.holders.length, 2);
    return html`<div class="officer-rules">
      <label class="field"><span class="field-label">${t('How many of them together')}</span>
        <select class="input" name="threshold" @change=${(/** @type {Event} */ event) => { this.threshold = Number(/** @type {HTMLSelectElement} */ (event.target).value); }}>
          ${Array.from({ length: most }, (_, index) => index + 1).map((n) => html`<option value=${n} ?selected=${n === this.threshold}>${n === 1 ? t('One alone is enough') : tn('{n} together', '{n} together', n)}</option>`)}</select></label>
      <label class="field"><span class="field-label">${t('For how long')}</span><select class="input" name="minutes">${MINUTES.map((n) => html`<option value=${n} ?selected=${n === 60}>${tn('{n} minute', '{n} minutes', n)}</option>`)}</select></label>
      <label class="field"><span class="field-label">${t('At most')}</span><select class="input" name="messages">${MESSAGES.map((n) => html`<option value=${n} ?selected=${n === 20}>${n ? tn('{n} message', '{n} messages', n) : t('All messages')}</option>`)}</select></label>
      <label class="field"><span class="field-label">${t('When')}</span><select class="input" name="kind">
        <option value="officers">${t('When my card and everything else is lost')}</option>
        <option value="breakGlass">${t('In an emergency, for the care of a patient')}</option></select></label></div>`;
  }
}

customElements.define('pli-officers', Officers);
