// Fetches what the server holds for one message and lays it beside the opened one.
import { t } from '../i18n.js';
import { heldView } from '../viewers/held-view.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { errorView } from '../viewers/notice.js';

/** @typedef {import('./store-types.js').HeldRecord} HeldRecord */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').Row} Row */
/** @typedef {import('./store-types.js').StoreFace} Store */

export class Held extends LightElement {
  static properties = { store: { attribute: false }, messageId: { attribute: false }, message: { attribute: false }, held: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.messageId = '';
    /** @type {OpenedMessage|null} */
    this.message = null;
    /** @type {HeldRecord|null} */
    this.held = null;
    /** @type {unknown} */
    this.error = null;
  }

  firstUpdated() {
    this.#read();
  }

  async #read() {
    this.error = null;
    try {
      this.held = await this.store?.held(this.messageId) ?? null;
    } catch (error) {
      this.error = error;
    }
  }

  render() {
    if (this.error) return errorView(this.error, { retry: () => this.#read() });
    if (!this.held) return html`<p class="empty" role="status"><span class="spinner"></span>${t('Asking the server…')}</p>`;
    return this.message ? heldView(this.message, this.held) : nothing;
  }
}

customElements.define('pli-held', Held);

/** @param {Store|null} store @param {Row|null} row @param {OpenedMessage} message @param {() => void} close */
export const heldDialog = (store, row, message, close) => html`
  <div class="dialog-head"><h2 class="dialog-title">${t('What the server holds')}</h2>
    <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>
  <pli-held .store=${store} .messageId=${row?.id ?? ''} .message=${message}></pli-held>`;
