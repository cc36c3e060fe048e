// <pli-new-code>: makes a recovery code. With a bridge its own page shows and checks it; without one this page does, once.
import { t } from '../i18n.js';
import { sameGroup } from '../keys/recovery-code.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { errorView } from '../viewers/notice.js';
import { sheetView } from '../viewers/recovery-sheet.js';
import { dialogHead } from './access-dialogs.js';

/** @typedef {import('./store-types.js').StoreFace} Store */

const GROUPS = 14;
/** How many are typed back. */
const CHECKED = 2;

/** The person closed the dialog before the code was checked: it was never made to open anything. */
class GivenUp extends Error {
  code = 'USER_CANCELLED';
}

export class NewCode extends LightElement {
  static properties = { store: { attribute: false }, finish: { attribute: false }, close: { attribute: false }, step: { state: true }, url: { state: true }, wrong: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.finish = () => {};
    this.close = () => {};
    /** @type {'begin'|'working'|'sheet'|'show'|'check'} */
    this.step = 'begin';
    this.url = '';
    /** Groups, from 0, that were typed back wrong. @type {number[]} */
    this.wrong = [];
    /** @type {unknown} */
    this.error = null;
    this.code = '';
    /** @type {number[]} */
    this.asked = [];
    /** @type {{resolve: () => void, reject: (error: Error) => void} | null} */
    this.checking = null;
    /** The bridge waits for its sheet. @type {(() => void) | null} */
    this.giveUp = null;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.checking?.reject(new GivenUp('Not checked'));
    this.giveUp?.();
    this.code = '';
  }

  async #make() {
    Object.assign(this, { step: 'working', error: null });
    try {
      await this.store?.acts?.makeRecovery({
        onSheet: (url, giveUp) => (this.isConnected ? Object.assign(this, { step: 'sheet', url, giveUp }) : giveUp()),
        onCode: (code) => this.#show(code),
      });
      if (this.isConnected) this.finish();
    } catch (error) {
      Object.assign(this, { step: 'begin', error, code: '', giveUp: null });
    }
  }

  /** @param {string} code @returns {Promise<void>} once it was typed back */
  #show(code) {
    if (!this.isConnected) return Promise.reject(new GivenUp('Closed meanwhile'));
    Object.assign(this, { code, step: 'show' });
    return new Promise((resolve, reject) => { this.checking = { resolve, reject }; });
  }

  /** Two groups by chance, so that the sheet is looked at. */
  #ask() {
    const places = Array.from({ length: GROUPS }, (_, index) => index);
    this.asked = Array.from({ length: CHECKED }, () => places.splice(randomBelow(places.length), 1)[0]).sort((one, other) => one - other);
    Object.assign(this, { step: 'check', wrong: [] });
  }

  /** @param {SubmitEvent} event */
  #check(event) {
    event.preventDefault();
    const typed = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.wrong = this.asked.filter((group) => !sameGroup(this.code, group, String(typed.get(`group-${group}`) ?? '')));
    if (this.wrong.length) return;
    this.checking?.resolve();
    Object.assign(this, { step: 'working', code: '', checking: null });
  }

  render() {
    return html`${dialogHead(t('Recovery code'), this.close)}${this.error ? errorView(this.error) : nothing}${this.#stepView()}`;
  }

  #stepView() {
    switch (this.step) {
      case 'begin': return this.#beginView();
      case 'sheet': return this.#sheetView();
      case 'show': return this.#showView();
      case 'check': return this.#checkView();
      default: return html`<p class="access-waiting" role="status"><span class="spinner small"></span>${t('Under way…')}</p>`;
    }
  }

  #beginView() {
    return html`
      <p>${t('A code of 56 characters on a sheet of paper. It opens this mailbox when nothing else does: for an hour, to read only, and you are told of it.')}</p>
      <p>${t('Whoever types it is logged in as you, not only to this mailbox: they read its letters, see of your other mailboxes when and with whom you write, and may block your cards and passkeys. After each use the keys of all your mailboxes change.')}</p>
      <p>${t('It is shown once. Have a printer or a pen at hand, and a safe place away from your card.')}</p>
      <div class="button-row"><button type="button" class="button primary" data-action="make-code" @click=${() => this.#make()}>${t('Make the code')}</button>
        <button type="button" class="button" @click=${this.close}>${t('Cancel')}</button></div>`;
  }

  /** Its own page of the bridge: this one never sees the code. */
  #sheetView() {
    return html`
      <p>${t('The card program shows the code in a page of its own, which only this computer can open. Print it there and type two groups back; this page then goes on by itself.')}</p>
      <div class="button-row"><a class="button primary" data-action="open-sheet" href=${this.url} target="_blank" rel="noopener noreferrer">${icon('print')}${t('Show the code')}</a></div>
      <p class="access-waiting" role="status"><span class="spinner small"></span>${t('Waiting until the code was typed back…')}</p>`;
  }

  #showView() {
    const { session } = /** @type {Store} */ (this.store);
    return html`
      <p class="no-print">${t('Print this sheet, or copy it by hand. It is never shown again.')}</p>
      ${sheetView({ code: this.code, address: session?.mailbox.address ?? '', name: session?.person.name ?? '', made: new Date().toISOString() })}
      <div class="button-row no-print"><button type="button" class="button primary" data-action="print" @click=${() => globalThis.print()}>${icon('print')}${t('Print')}</button>
        <button type="button" class="button" data-action="written" @click=${() => this.#ask()}>${t('I have it on paper')}</button></div>`;
  }

  #checkView() {
    return html`<form @submit=${(/** @type {SubmitEvent} */ event) => this.#check(event)}>
      <p>${t('Type these two groups from your sheet.')}</p>
      ${this.asked.map((group) => html`<label class="field"><span class="field-label">${t('Group {n}', { n: group + 1 })}</span>
        <input class="input code-input" name=${`group-${group}`} maxlength="6" autocomplete="off" autocapitalize="characters" spellcheck="false" required
          aria-invalid=${this.wrong.includes(group) ? 'true' : 'false'} aria-describedby=${this.wrong.includes(group) ? `wrong-${group}` : nothing}>
        ${this.wrong.includes(group) ? html`<span class="field-wrong" id=${`wrong-${group}`}>${t('This is not group {n} of the code.', { n: group + 1 })}</span>` : nothing}</label>`)}
      <div class="button-row"><button class="button primary" data-action="check-code">${t('Check')}</button>
        <button type="button" class="button" @click=${() => { this.step = 'show'; }}>${t('Show the code again')}</button></div></form>`;
  }
}

/** @param {number} limit at most 256 @returns {number} */
function randomBelow(limit) {
  const ceiling = 256 - (256 % limit);
  for (;;) {
    const [octet] = crypto.getRandomValues(new Uint8Array(1));
    if (octet < ceiling) return octet % limit;
  }
}

customElements.define('pli-new-code', NewCode);
