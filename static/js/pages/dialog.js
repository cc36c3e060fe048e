// <pli-dialog>: one modal at a time, on the browser's own <dialog> (focus kept inside, Escape closes).
import { html, LightElement, nothing } from '../viewers/lit.js';

/** @typedef {(close: () => void) => unknown} DialogView must hold an element with id `dialog-title` */

export class Dialog extends LightElement {
  static properties = { view: { state: true }, kind: { state: true } };

  constructor() {
    super();
    /** @type {DialogView|null} */
    this.view = null;
    this.kind = '';
  }

  /** @param {DialogView} view @param {string} [kind] extra class */
  async show(view, kind = '') {
    this.view = view;
    this.kind = kind;
    await this.updateComplete;
    const dialog = this.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  get open() {
    return this.querySelector('dialog')?.open ?? false;
  }

  close() {
    this.querySelector('dialog')?.close();
  }

  /** The event comes late: by then the same element may show the next dialog. @param {HTMLDialogElement} dialog */
  #closed(dialog) {
    if (!dialog.open) this.view = null;
  }

  render() {
    if (!this.view) return nothing;
    return html`<dialog class="dialog ${this.kind}" aria-labelledby="dialog-title" @close=${(/** @type {Event} */ event) => this.#closed(/** @type {HTMLDialogElement} */ (event.currentTarget))}
      >${this.view(() => this.close())}</dialog>`;
  }
}

customElements.define('pli-dialog', Dialog);
