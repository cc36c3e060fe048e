// <pli-letters>: the signature book. Its owner reads, corrects, returns and signs; whoever prepared a letter sees what became of it.
import { t, tn } from '../i18n.js';
import { fitTogether } from '../mail/letter-signing.js';
import { blobUrl } from '../viewers/blobs.js';
import { plainLine } from '../viewers/format.js';
import { backButton } from '../viewers/back-button.js';
import { icon } from '../viewers/icons.js';
import { sentText, stepText } from '../viewers/letter-texts.js';
import { html, LightElement, nothing, repeat } from '../viewers/lit.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { preparesHere, openAccount } from './letter-mode.js';
import { followedView, letterTitle, paperView, signBarView, waitingView } from './letters-view.js';

/** @typedef {import('../mail/signature-book.js').Letter} Letter */
/** @typedef {import('../mail/letter-signing.js').Outcome} Outcome */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** What waits for its owner. */
const WAITING = Object.freeze(['prepared', 'failed']);

export class Letters extends LightElement {
  static properties = {
    store: { attribute: false },
    letters: { state: true }, chosen: { state: true }, reading: { state: true }, returning: { state: true }, step: { state: true }, outcomes: { state: true }, busy: { state: true }, error: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Letter[]|null} null until they were read */
    this.letters = null;
    /** The version in which each was ticked: one that is changed meanwhile is no more among them. @type {Map<string, number|null>} */
    this.chosen = new Map();
    /** Id of the letter that is open, or ''. */
    this.reading = '';
    /** What is being written to whoever prepared it; null: nothing. @type {string|null} */
    this.returning = null;
    /** @type {{step: 'checking'|'signing'|'sending', done: number, total: number}|null} */
    this.step = null;
    /** Of the last signing, by letter. @type {Map<string, Outcome>} */
    this.outcomes = new Map();
    this.busy = false;
    /** @type {unknown} */
    this.error = null;
    this.hear = () => void this.#read();
  }

  connectedCallback() {
    super.connectedCallback();
    for (const type of ['letters', 'account']) this.store?.addEventListener(type, this.hear);
    void this.#read();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    const store = /** @type {EventTarget|null} */ (/** @type {unknown} */ (this.store));
    for (const type of ['letters', 'account']) store?.removeEventListener(type, this.hear);
  }

  async #read() {
    const { store } = this;
    if (!store?.book) return;
    try {
      this.letters = await store.book.letters();
      for (const { id, version, state } of this.letters) if (this.chosen.get(id) !== version || !WAITING.includes(state)) this.chosen.delete(id);
      this.chosen = new Map(this.chosen);
    } catch (error) {
      this.error = error;
    }
  }

  get #prepares() {
    return preparesHere(this.store?.session ?? null, this.store ? openAccount(this.store) : undefined);
  }

  /** A signature of the practitioner is his card's: a session without it reads and returns. */
  get #signs() {
    const { session } = this.store ?? {};
    return Boolean(session?.bridge) && session?.person.level !== 'passkey';
  }

  /** @param {string[]} states @returns {Letter[]} */
  #of(states) {
    return (this.letters ?? []).filter(({ state }) => states.includes(state));
  }

  /** @returns {Letter[]} */
  get #ticked() {
    return this.#of([...WAITING]).filter(({ id }) => this.chosen.has(id));
  }

  /** @param {Letter} letter @param {boolean} on */
  #choose({ id, version }, on) {
    if (on) this.chosen.set(id, version);
    else this.chosen.delete(id);
    this.chosen = new Map(this.chosen);
  }

  /** @param {boolean} on */
  #chooseAll(on) {
    this.chosen = new Map(on ? this.#of([...WAITING]).filter(({ draft }) => draft).map(({ id, version }) => [id, version]) : []);
  }

  /** @param {() => Promise<unknown>|undefined} act */
  async #act(act) {
    Object.assign(this, { busy: true, error: null });
    try {
      await act();
    } catch (error) {
      this.error = error;
    } finally {
      Object.assign(this, { busy: false, step: null });
    }
  }

  /** @param {Letter[]} letters */
  #sign(letters) {
    if (!letters.length || this.busy) return;
    void this.#act(async () => {
      this.outcomes = new Map();
      const outcomes = (await this.store?.signLetters(letters, { onStep: (step) => { this.step = step; } })) ?? [];
      this.outcomes = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      for (const { id, state } of outcomes) if (state === 'signed') this.chosen.delete(id);
      this.reading = '';
      this.#say(sentText(outcomes));
    });
  }

  /** @param {Letter} letter */
  #return(letter) {
    const remark = (this.returning ?? '').trim();
    if (!remark) return;
    void this.#act(async () => {
      await this.store?.book?.return(letter, remark);
      Object.assign(this, { returning: null, reading: '' });
      this.#say(t('Letter returned.'));
    });
  }

  /** @param {string} words */
  #say(words) {
    this.dispatchEvent(new CustomEvent('pli-said', { detail: { words }, bubbles: true }));
  }

  /** In the composer. @param {Letter} letter */
  #correct(letter) {
    if (letter.draft) this.dispatchEvent(new CustomEvent('pli-letter', { detail: { draft: letter.draft }, bubbles: true }));
  }

  /** @param {Letter} letter */
  #open(letter) {
    Object.assign(this, { reading: letter.id, returning: null });
    void this.updateComplete.then(() => /** @type {HTMLElement|null} */ (this.querySelector('.place-title'))?.focus());
  }

  #close() {
    const { reading } = this;
    Object.assign(this, { reading: '', returning: null });
    void this.updateComplete.then(() => /** @type {HTMLElement|null} */ (this.querySelector(`[data-letter="${reading}"] .letter-open`))?.focus());
  }

  /** @param {import('./store-types.js').Attachment} attachment */
  #preview({ filename, bytes, type }) {
    this.dispatchEvent(new CustomEvent('pli-preview', { detail: { url: blobUrl(bytes, type), name: plainLine(filename) }, bubbles: true }));
  }

  render() {
    const letter = this.letters?.find(({ id, state }) => id === this.reading && WAITING.includes(state));
    return html`<div class="place-page letters-page">${letter ? this.#letterPage(letter) : this.#listPage()}</div>`;
  }

  #notices() {
    return html`<div class="place-notices">
      ${this.error ? errorView(this.error, { dismiss: () => { this.error = null; } }) : nothing}
      ${this.#prepares || this.#signs ? nothing : noticeView({ title: t('Letters are signed with the card.'), body: t('Here you can read, correct and return them. To sign, log in with your card where its reader and card program are.') })}
      ${this.step ? noticeView({ title: stepText(this.step), role: 'status' }) : nothing}
    </div>`;
  }

  #listPage() {
    return html`
      <div class="place-head">${backButton()}<div class="place-words"><h2 class="place-title" tabindex="-1">${t('Letters to sign')}</h2></div></div>
      ${this.#notices()}
      ${this.letters === null ? html`<p class="empty small" role="status"><span class="spinner"></span></p>` : this.#prepares ? this.#authorList() : this.#ownerList()}`;
  }

  #ownerList() {
    const waiting = this.#of([...WAITING]);
    if (!waiting.length) return html`${emptyView(t('No letter waits for your signature.'), t('Your secretary prepares letters in your mailbox; you read them here and sign them together.'))}${this.#rest()}`;
    const now = new Date();
    const ticked = this.#ticked;
    return html`
      ${this.#signs ? html`<p class="place-lead">${icon('card')}<span>${t('Read them, then tick those that you sign. Your card program lists every one of them and asks once.')}</span></p>` : nothing}
      ${this.#signs ? signBarView({ chosen: ticked.length, all: waiting.filter(({ draft }) => draft).length, busy: this.busy, tooMuch: !fitTogether(ticked), chooseAll: (on) => this.#chooseAll(on), sign: () => this.#sign(ticked) }) : nothing}
      <ul class="letters" role="list">${repeat(waiting, ({ id }) => id, (letter) => waitingView(letter, {
    now, chosen: this.chosen.has(letter.id), blocked: this.busy || !this.#signs, outcome: this.outcomes.get(letter.id), choose: (one, on) => this.#choose(one, on), read: (one) => this.#open(one) }))}</ul>
      ${this.#rest()}`;
  }

  /** What the owner has done with letters already. */
  #rest() {
    const rest = this.#of(['sending', 'returned', 'signed']).reverse();
    if (!rest.length) return nothing;
    return html`<section class="place-section"><h3 class="place-subtitle">${t('What became of the others')}</h3><ul class="letters" role="list">${repeat(rest, ({ id }) => id, (letter) => followedView(letter, new Date(), this.#ownerActions(letter)))}</ul></section>`;
  }

  /** @param {Letter} letter */
  #ownerActions(letter) {
    const { book } = this.store ?? {};
    if (letter.state === 'signed') return button('clear', t('Remove from this list'), () => this.#act(() => book?.withdraw(letter)));
    if (this.busy) return nothing;
    return button('put-back', letter.state === 'sending' ? t('It was not sent: put it back') : t('Take it back from there'), () => this.#act(() => book?.putBack(letter)));
  }

  #authorList() {
    const letters = [...(this.letters ?? [])].reverse();
    if (!letters.length) return emptyView(t('You have prepared no letter here.'), t('Write one: instead of sending it you hand it over to be signed.'));
    return html`<p class="place-lead">${icon('info')}<span>${tn('{n} letter of yours, and what became of it.', '{n} letters of yours, and what became of them.', letters.length)}</span></p>
      <ul class="letters" role="list">${repeat(letters, ({ id }) => id, (letter) => followedView(letter, new Date(), this.#authorActions(letter)))}</ul>`;
  }

  /** @param {Letter} letter */
  #authorActions(letter) {
    const { book } = this.store ?? {};
    if (letter.state === 'sending') return nothing;
    if (letter.state === 'signed') return button('clear', t('Remove from this list'), () => this.#act(() => book?.withdraw(letter)));
    const take = button('withdraw', t('Take back'), () => this.#act(() => book?.withdraw(letter).then(() => this.#say(t('Letter withdrawn: it is a draft again.')))));
    return letter.state === 'prepared' ? take : html`${button('correct', t('Correct'), () => this.#correct(letter), !letter.draft)}${take}`;
  }

  /** @param {Letter} letter */
  #letterPage(letter) {
    const { session } = /** @type {Store} */ (this.store);
    const from = { name: session?.person.name ?? '', address: session?.mailbox.address ?? '' };
    const follow = (/** @type {string} */ href, /** @type {string} */ text) => this.dispatchEvent(new CustomEvent('pli-link', { detail: { href, text }, bubbles: true }));
    return html`
      <div class="place-head">
        <button type="button" class="icon-button" data-action="back" aria-label=${t('Back to the list')} title=${t('Back to the list')} @click=${() => this.#close()}>${icon('back')}</button>
        <div class="place-words"><h2 class="place-title" tabindex="-1">${letterTitle(letter)}</h2><p class="letter-by">${letter.isMine ? t('prepared by yourself') : t('prepared by {name}', { name: plainLine(letter.preparedBy) })}</p></div>
      </div>
      ${this.#notices()}
      ${paperView(letter, { from, body: follow, preview: (attachment) => this.#preview(attachment) })}
      ${this.returning === null ? this.#letterActions(letter) : this.#returnForm(letter)}`;
  }

  /** @param {Letter} letter */
  #letterActions(letter) {
    return html`<div class="button-row">
      ${this.#signs ? html`<button type="button" class="button primary" data-action="sign-one" ?disabled=${this.busy} @click=${() => this.#sign([letter])}>${this.busy ? html`<span class="spinner small" aria-hidden="true"></span>` : icon('sent')}${t('Sign and send')}</button>` : nothing}
      ${this.#signs ? html`<button type="button" class="button" data-action="tick" ?disabled=${this.busy} @click=${() => { this.#choose(letter, true); this.#close(); }}>${icon('check')}${t('Sign with the others')}</button>` : nothing}
      <button type="button" class="button" data-action="correct" ?disabled=${this.busy} @click=${() => this.#correct(letter)}>${icon('compose')}${t('Correct')}</button>
      ${letter.isMine ? nothing : html`<button type="button" class="button" data-action="return" ?disabled=${this.busy} @click=${() => { this.returning = ''; }}>${icon('reply')}${t('Return with a note')}</button>`}
    </div>`;
  }

  /** @param {Letter} letter */
  #returnForm(letter) {
    return html`<form class="letter-return" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); this.#return(letter); }}>
      <label class="field"><span class="field-label">${t('What should be changed?')}</span>
        <textarea class="input" rows="3" required maxlength="2000" .value=${this.returning ?? ''} @input=${(/** @type {Event} */ event) => { this.returning = /** @type {HTMLTextAreaElement} */ (event.currentTarget).value; }}></textarea></label>
      <p class="field-help">${t('The note is sealed: {name} and you read it, the server does not.', { name: plainLine(letter.preparedBy) })}</p>
      <div class="button-row"><button class="button primary" data-action="return-now" ?disabled=${this.busy || !this.returning?.trim()}>${t('Return')}</button>
        <button type="button" class="button" @click=${() => { this.returning = null; }}>${t('Cancel')}</button></div>
    </form>`;
  }
}

/** @param {string} action @param {string} words @param {() => void} act @param {boolean} [disabled] */
const button = (action, words, act, disabled = false) => html`<button type="button" class="button small" data-action=${action} ?disabled=${disabled} @click=${act}>${words}</button>`;

/** @param {string} title @param {string} words */
const emptyView = (title, words) => html`<div class="empty small">${icon('check')}<p class="empty-title">${title}</p><p>${words}</p></div>`;

customElements.define('pli-letters', Letters);
