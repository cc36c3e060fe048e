// <pli-new-inbox>: the inbox of a service, a practice or a program that no list awaits. Who opens it with his card is its first owner.
import { t } from '../i18n.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { noticeView } from '../viewers/notice.js';

/** @typedef {import('./store-types.js').StoreFace} Store */

export class NewInbox extends LightElement {
  static properties = { store: { attribute: false }, acting: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.acting = '';
  }

  /** @param {SubmitEvent} event */
  async #open(event) {
    event.preventDefault();
    const typed = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const [local, domain, kind] = ['local', 'domain', 'kind'].map((name) => String(typed.get(name) ?? '').trim());
    const address = `${local.toLowerCase()}@${domain}`;
    const shell = this.closest('pli-shell') ?? this; // which stays whatever mailbox or room is shown when the card program has its answer
    this.acting = t('Answer your card program: it makes you the first owner of {address}.', { address });
    try {
      await this.store?.openInbox({ address, name: '', kind });
      shell.dispatchEvent(new CustomEvent('pli-said', { detail: { words: t('The inbox is open. Give the others access under “People”.') }, bubbles: true }));
    } catch (error) {
      shell.dispatchEvent(new CustomEvent('pli-error', { detail: { error }, bubbles: true }));
    } finally {
      this.acting = '';
    }
  }

  render() {
    const { session } = this.store ?? {};
    if (!session?.serviceDomains.length) return nothing;
    return html`<details class="place-section new-inbox" ?open=${Boolean(this.acting)}>
      <summary>${t('Open a shared inbox')}</summary>
      <p>${t('An address that several people read, each with an own card: a ward, a practice, a program. You become its first owner and give the others access.')}</p>
      ${this.acting ? noticeView({ title: this.acting, role: 'status' }) : nothing}
      ${session.bridge ? this.#form(session.serviceDomains) : html`<p class="muted">${t('They are opened with your card: log in with it.')}</p>`}
    </details>`;
  }

  /** @param {readonly string[]} domains */
  #form(domains) {
    return html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#open(event)}>
      <label class="field"><span class="field-label">${t('What it is for')}</span><select class="input" name="kind">
        <option value="ORG">${t('A service or ward')}</option><option value="CAB">${t('A practice')}</option><option value="APP">${t('A program')}</option></select></label>
      <label class="field"><span class="field-label">${t('Address before the @')}</span>
        <input class="input" name="local" required maxlength="64" pattern="[A-Za-z0-9]([A-Za-z0-9._\\-]*[A-Za-z0-9])?" autocomplete="off" autocapitalize="none" spellcheck="false"></label>
      <label class="field"><span class="field-label">${t('Address after the @')}</span><select class="input" name="domain">${domains.map((domain) => html`<option>${domain}</option>`)}</select></label>
      <div class="button-row"><button class="button" data-action="open-inbox" ?disabled=${Boolean(this.acting)}>${t('Open with my card')}</button></div>
    </form>`;
  }
}

customElements.define('pli-new-inbox', NewInbox);
