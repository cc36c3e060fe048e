// <pli-leaving>: how a mailbox is taken along, and how far that is. The bridge's own command begins it.
import { formatNumber, t, tn } from '../i18n.js';
import { backButton } from '../viewers/back-button.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { errorView, noticeView } from '../viewers/notice.js';

/** @typedef {import('./store-types.js').StoreFace} Store */

export class LeavingPage extends LightElement {
  static properties = { store: { attribute: false }, wanted: { attribute: false }, done: { state: true }, total: { state: true }, state: { state: true }, error: { state: true }, count: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** What the command named. @type {{mailboxId: string}|null} */
    this.wanted = null;
    this.done = 0;
    this.total = 0;
    /** @type {'idle'|'running'|'done'} */
    this.state = 'idle';
    /** @type {unknown} */
    this.error = null;
    /** @type {{written: number, unopened: number}|null} */
    this.count = null;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('wanted') && this.wanted && this.state !== 'running') void this.#handOver(this.wanted.mailboxId);
  }

  /** @param {string} mailboxId */
  async #handOver(mailboxId) {
    try {
      const leaving = await this.store?.leaving();
      if (!leaving?.isFor(mailboxId)) return;
      Object.assign(this, { state: 'running', done: 0, total: 0, error: null, count: null });
      this.count = await leaving.handOver((done, total) => Object.assign(this, { done, total }));
      this.state = 'done';
    } catch (error) {
      Object.assign(this, { error, state: 'idle' });
    }
  }

  render() {
    const command = `pli-bridge export ${this.store?.session?.mailbox.address ?? ''}`;
    return html`
      <div class="place-head">${backButton()}<div class="place-words"><h2 class="place-title">${t('Take this mailbox along')}</h2></div></div>
      <p class="place-lead">${t('Your mail as it was sent, the keys that open it, the certificates and the list of accesses, in a folder that needs no Pli. Thunderbird and other programs read it.')}</p>
      ${this.error ? errorView(this.error) : nothing}
      ${this.#progress()}
      ${this.store?.session?.bridge ? html`
        <ol class="leaving-steps">
          <li>${t('Leave this page open.')}</li>
          <li>${t('Type this in a terminal of this computer:')}<code class="leaving-command" tabindex="0">${command}</code></li>
          <li>${t('The card program asks for the folder and a passphrase. No web page can start this for you.')}</li>
        </ol>
        ${noticeView({ tone: 'caution', title: t('Whoever gets the folder and the passphrase reads all your mail.'), body: t('Mail that came in the clear lies in the clear in it. The owner’s list of accesses shows the export.') })}`
    : noticeView({ title: t('This needs your card and the card program.'), body: t('With a passkey alone the keys do not leave this browser.') })}`;
  }

  #progress() {
    if (this.state === 'done') return noticeView({ tone: 'good', title: tn('{n} message was taken along.', '{n} messages were taken along.', this.count?.written ?? 0), body: this.count?.unopened ? tn('{n} did not open and is kept as it was stored.', '{n} did not open and are kept as they were stored.', this.count.unopened) : '' });
    if (this.state !== 'running') return nothing;
    return html`<div class="leaving-progress" role="status">${icon('download')}<span>${t('{done} of {total}', { done: formatNumber(this.done), total: formatNumber(this.total) })}</span>
      <progress max=${this.total || 1} .value=${this.done} aria-label=${t('Take this mailbox along')}></progress></div>`;
  }
}

customElements.define('pli-leaving', LeavingPage);
