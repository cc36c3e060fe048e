// <pli-separate>: a message or a cryptographic object found inside a message, in a view of its own, with a badge, a text
// and attachments of its own. It proves nothing about the message it came with, and is answered by nobody.
import { t } from '../i18n.js';
import { safeFilename } from '../viewers/attachments.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { MessageSheet } from './message-sheet.js';

/** @typedef {import('./store-types.js').Attachment} Attachment */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').OpeningOptions} OpeningOptions */

export class Separate extends MessageSheet {
  static properties = { ...MessageSheet.properties, attachment: { attribute: false }, within: { attribute: false }, trail: { state: true } };

  constructor() {
    super();
    /** @type {Attachment|null} */
    this.attachment = null;
    /** The stored message that all of it came with. */
    this.within = '';
    /** What was opened on the way, the innermost last. @type {Attachment[]} */
    this.trail = [];
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('attachment') && this.attachment) this.#follow([this.attachment]);
  }

  /** @param {Attachment[]} trail */
  #follow(trail) {
    this.trail = trail;
    void this.load();
  }

  /** @param {OpeningOptions} options @returns {Promise<OpenedMessage>|null} */
  fetch(options) {
    const last = this.trail.at(-1);
    return last && this.store ? this.store.openSeparately(last, this.within, options) : null;
  }

  /** A view in this view opens here, not behind the dialog. @param {CustomEvent} event */
  #deeper(event) {
    event.stopPropagation();
    this.#follow([...this.trail, event.detail.attachment]);
  }

  render() {
    const name = safeFilename(this.trail.at(-1)?.filename ?? '');
    return html`
      ${this.trail.length > 1 ? html`<button type="button" class="button small quiet" data-action="outward" @click=${() => this.#follow(this.trail.slice(0, -1))}>${icon('back')}${t('Back')}</button>` : nothing}
      <article class="reader-sheet separate-sheet" aria-busy=${this.busy ? 'true' : 'false'} @pli-separate=${(/** @type {CustomEvent} */ event) => this.#deeper(event)}>${this.sheetView(name)}</article>`;
  }
}

customElements.define('pli-separate', Separate);
