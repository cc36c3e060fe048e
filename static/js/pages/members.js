// <pli-members>: who has this mailbox, as its signed log says it, and what may be done about it.
import { t } from '../i18n.js';
import { html, LightElement } from '../viewers/lit.js';

export class Members extends LightElement {
  static properties = { store: { attribute: false } };

  constructor() {
    super();
    /** @type {import('./store-types.js').StoreFace|null} */
    this.store = null;
  }

  render() {
    return html`<h2>${t('People with access')}</h2>`;
  }
}

customElements.define('pli-members', Members);
