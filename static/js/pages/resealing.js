// <pli-resealing>: old mail under the newest key, for whoever fears that an older one was copied. Nothing where there is no older key.
import { formatNumber, t, tn } from '../i18n.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { confidentialFrench } from './confidential-french.js';

/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('../mail/resealing.js').Resealed} Resealed */

export class Resealing extends LightElement {
  static properties = { store: { attribute: false }, epoch: { state: true }, progress: { state: true }, running: { state: true }, finished: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.epoch = 1;
    /** @type {Resealed|null} */
    this.progress = null;
    this.running = false;
    this.finished = false;
    /** @type {unknown} */
    this.error = null;
    /** @type {AbortController|null} */
    this.stopping = null;
    this.hear = () => void this.#read();
  }

  connectedCallback() {
    super.connectedCallback();
    this.store?.addEventListener('members', this.hear);
    this.hear();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    const store = /** @type {EventTarget|null} */ (/** @type {unknown} */ (this.store));
    store?.removeEventListener('members', this.hear);
    this.stopping?.abort();
  }

  /** A new key may have been made on this very page. */
  async #read() {
    const [work] = await Promise.all([this.store?.resealing(), confidentialFrench()]).catch(() => []);
    this.epoch = work?.epoch ?? 1;
  }

  async #run() {
    const stopping = new AbortController();
    Object.assign(this, { stopping, running: true, finished: false, error: null, progress: null });
    try {
      const work = await this.store?.resealing();
      await work?.run({ tell: (progress) => { this.progress = progress; }, signal: stopping.signal });
      this.finished = true;
    } catch (error) {
      if (!stopping.signal.aborted) this.error = error;
    }
    this.running = false;
  }

  render() {
    if (this.epoch < 2) return nothing;
    return html`<details class="place-section resealing" ?open=${this.running || this.finished || Boolean(this.error)}>
      <summary>${t('Put old mail under the newest key')}</summary>
      <p>${t('Mail stays under the key it came with. If you fear that an older key was copied, seal everything here again under the newest one, message by message. Stop whenever you like: it goes on from there.')}</p>
      <p>${t('A copy of the server made afterwards then opens nothing with the old key. Copies made before, and what was read, cannot be taken back.')}</p>
      <p class="muted">${t('Confidential messages stay as they are: their key was never given to anybody else. Mail from before a member’s access begins stays too, or he could read it.')}</p>
      ${this.error ? errorView(this.error) : nothing}
      ${this.#state()}
      ${this.running ? html`<button type="button" class="button" data-action="stop" @click=${() => this.stopping?.abort()}>${t('Stop')}</button>`
        : html`<button type="button" class="button" data-action="reseal" @click=${() => void this.#run()}>${this.progress && !this.finished ? t('Go on') : t('Seal old mail again')}</button>`}
    </details>`;
  }

  #state() {
    const { progress } = this;
    if (!progress) return nothing;
    const { done, kept, total } = progress;
    if (this.finished) {
      return noticeView({ tone: 'good', title: t('All that may be is under the newest key.'), body: kept ? tn('{n} message stays as it was.', '{n} messages stay as they were.', kept) : '' });
    }
    return html`<p role="status">${t('{done} of {total}', { done: formatNumber(done), total: formatNumber(total) })}
      <progress max=${total || 1} .value=${done + kept} aria-label=${t('Put old mail under the newest key')}></progress></p>`;
  }
}

customElements.define('pli-resealing', Resealing);
