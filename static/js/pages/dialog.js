// <pli-dialog>: one modal at a time, on the browser's own <dialog> (focus kept inside, Escape closes).
import { html, LightElement, nothing } from '../viewers/lit.js';

/** @typedef {(close: () => void) => unknown} DialogView must hold an element of class `dialog-title` */

export class Dialog extends LightElement {
  static properties = { view: { state: true }, kind: { state: true } };

  constructor() {
    super();
    /** @type {DialogView|null} */
    this.view = null;
    this.kind = '';
    this.closed = () => {};
  }

  /** @param {DialogView} view @param {string} [kind] extra class @param {() => void} [closed] what to do afterwards */
  async show(view, kind = '', closed = () => {}) {
    Object.assign(this, { view, kind, closed });
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

  /** Named by its title, which an element of its own draws after this one; two dialogs may stand above each other. */
  async updated() {
    const dialog = this.querySelector('dialog');
    await /** @type {Partial<LightElement> | null | undefined} */ (dialog?.firstElementChild)?.updateComplete;
    dialog?.setAttribute('aria-label', dialog.querySelector('.dialog-title')?.textContent ?? '');
  }

  /** The event comes late: by then the same element may show the next dialog. @param {HTMLDialogElement} dialog */
  #closed(dialog) {
    if (dialog.open) return;
    this.view = null;
    this.closed();
  }

  render() {
    if (!this.view) return nothing;
    return html`<dialog class="dialog ${this.kind}" @close=${(/** @type {Event} */ event) => this.#closed(/** @type {HTMLDialogElement} */ (event.currentTarget))}
      >${this.view(() => this.close())}</dialog>`;
  }
}

customElements.define('pli-dialog', Dialog);
