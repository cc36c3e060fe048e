// <pli-trace>: who has read this mailbox, or one message of it. For its owner.
import { t } from '../i18n.js';
import { momentOf } from '../time-zone.js';
import { saveAttachment } from '../viewers/attachments.js';
import { backButton } from '../viewers/back-button.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { errorView } from '../viewers/notice.js';
import { byDay, countText, KINDS, kindText, lineView, together } from '../viewers/trace-lines.js';

/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('../mail/trace.js').TraceLine} TraceLine */
const PAGE = 50;

export class TraceList extends LightElement {
  static properties = {
    store: { attribute: false }, messageId: { attribute: false }, lines: { state: true }, total: { state: true }, people: { state: true }, busy: { state: true },
    error: { state: true }, said: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** '' for the whole mailbox */
    this.messageId = '';
    /** @type {TraceLine[]} */
    this.lines = [];
    this.total = 0;
    /** @type {{id: string, name: string}[]} */
    this.people = [];
    this.busy = true;
    /** @type {unknown} */
    this.error = null;
    this.said = '';
    this.asked = 0;
    this.chosen = { person: '', kind: 'all', from: '', to: '' };
  }

  firstUpdated() {
    void this.#read(0);
  }

  /** @param {number} position 0: from the newest */
  async #read(position) {
    const asked = ++this.asked;
    this.busy = true;
    this.error = null;
    try {
      const found = await (await this.store?.trace())?.page(this.#filter(), position, PAGE);
      if (!found || asked !== this.asked) return;
      this.lines = position ? [...this.lines, ...found.lines] : found.lines;
      Object.assign(this, { total: found.total, people: found.people });
    } catch (error) {
      if (asked === this.asked) this.error = error;
    } finally {
      if (asked === this.asked) this.busy = false;
    }
  }

  /** @returns {import('../mail/trace.js').TraceFilter} */
  #filter() {
    const { person, kind, from, to } = this.chosen;
    return {
      ...(person && { personId: person }),
      ...(KINDS[kind]?.length && { acts: KINDS[kind] }),
      ...(this.messageId && { emailId: this.messageId }),
      ...(from && { after: midnight(from, 0) }),
      ...(to && { before: midnight(to, 1) }),
    };
  }

  /** @param {'person'|'kind'|'from'|'to'} name @param {Event} event */
  #choose(name, event) {
    this.chosen = { ...this.chosen, [name]: /** @type {HTMLInputElement} */ (event.target).value };
    void this.#read(0);
  }

  /** @param {boolean} signed */
  async #export(signed) {
    this.error = null;
    try {
      const bytes = await (await this.store?.trace())?.export(signed);
      if (!bytes) return;
      saveAttachment({ filename: signed ? 'trace.csv.p7m' : 'trace.csv', type: '', size: bytes.length, bytes });
      this.said = t('The list was saved, and that stands in it too.');
      void this.#read(0);
    } catch (error) {
      this.error = error;
    }
  }

  render() {
    return html`
      ${this.messageId ? nothing : html`<div class="place-head">${backButton()}<div class="place-words"><h2 class="place-title">${t('Who has read')}</h2></div></div>`}
      <p class="place-lead">${this.messageId ? t('Everybody who could read, opened or was shown this message.') : t('Every access to this mailbox. Nobody can take a line away unnoticed: the server signs the list each day.')}</p>
      ${this.#meaning()}
      ${this.#filters()}
      ${this.error ? errorView(this.error, { retry: () => void this.#read(0) }) : nothing}
      <p class="trace-count" role="status">${this.said || (this.busy ? t('Asking the server…') : countText(this.total, this.lines))}</p>
      ${this.#list()}`;
  }

  #meaning() {
    return html`<details class="trace-meaning"><summary>${t('What these words prove')}</summary>
      <dl>
        <dt>${icon('server')}${t('Could read')}</dt><dd>${t('The server handed over the sealed lines of a list: sender, subject and first words of each message in it. Certain.')}</dd>
        <dt>${icon('unread')}${t('Opened')}</dt><dd>${t('The server handed over the whole sealed message. Certain.')}</dd>
        <dt>${icon('eye')}${t('Shown, printed or saved, says the device')}</dt><dd>${t('The program of that person said so. A program that was tampered with can stay silent, and nobody sees a photograph of the screen.')}</dd>
      </dl></details>`;
  }

  #filters() {
    const { person, kind, from, to } = this.chosen;
    return html`<div class="trace-filters" role="group" aria-label=${t('Choose')}>
      <label>${t('Person')}<select @change=${(/** @type {Event} */ event) => this.#choose('person', event)}>
        <option value="" ?selected=${!person}>${t('Everybody')}</option>
        ${this.people.map(({ id, name }) => html`<option value=${id} ?selected=${id === person}>${name}</option>`)}</select></label>
      <label>${t('Kind')}<select @change=${(/** @type {Event} */ event) => this.#choose('kind', event)}>
        ${Object.keys(KINDS).map((each) => html`<option value=${each} ?selected=${each === kind}>${kindText(each)}</option>`)}</select></label>
      <label>${t('From day')}<input type="date" .value=${from} @change=${(/** @type {Event} */ event) => this.#choose('from', event)}></label>
      <label>${t('To day')}<input type="date" .value=${to} @change=${(/** @type {Event} */ event) => this.#choose('to', event)}></label>
      ${this.messageId ? nothing : html`<span class="trace-save">
        <button type="button" class="button small" data-action="csv" @click=${() => void this.#export(false)}>${icon('download')}${t('Save as a table')}</button>
        <button type="button" class="button small" data-action="signed" @click=${() => void this.#export(true)}>${icon('shieldCheck')}${t('Save signed')}</button></span>`}
    </div>`;
  }

  #list() {
    if (!this.lines.length) return this.busy ? nothing : html`<div class="empty">${icon('eye')}<p class="empty-title">${t('Nothing of that kind')}</p></div>`;
    const open = this.messageId ? null : (/** @type {string} */ id) => this.dispatchEvent(new CustomEvent('pli-original', { detail: { id }, bubbles: true }));
    return html`${byDay(together(this.lines)).map(([day, lines]) => html`<section class="trace-day"><h3>${day}</h3><ul role="list">${lines.map((line) => lineView(line, open))}</ul></section>`)}
      ${this.lines.length < this.total ? html`<button type="button" class="button trace-more" data-action="more" ?disabled=${this.busy} @click=${() => void this.#read(this.lines.length)}>${t('Show earlier ones')}</button>` : nothing}`;
  }
}

/** The start of a day where the mailbox is, and so many days later, as the server writes moments. @param {string} day @param {number} later */
function midnight(day, later) {
  const next = new Date(Date.parse(`${day}T00:00Z`) + later * 86_400_000);
  return momentOf(next.toISOString().slice(0, 10));
}

customElements.define('pli-trace', TraceList);

/** @param {Store} store @param {string} messageId @param {() => void} close */
export const readersDialog = (store, messageId, close) => html`
  <div class="dialog-head"><h2 class="dialog-title">${t('Who has read this message')}</h2>
    <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>
  <pli-trace .store=${store} .messageId=${messageId}></pli-trace>`;
