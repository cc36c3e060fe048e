// <pli-composer>: writing. One button signs, encrypts and sends; one line says who will be able to read.
import { t, tn } from '../i18n.js';
import { safeFilename } from '../viewers/attachments.js';
import { ownerName } from '../viewers/account-texts.js';
import { formatSize, personName } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, live, nothing } from '../viewers/lit.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { MAX_MESSAGE, draftSize } from '../mail/size.js';
import { protectionView } from './protection-view.js';
import { carriesFiles, readFiles } from './dropping.js';
import { openAccount, writingMode } from './letter-mode.js';
import { blockedText, recipientStatus } from './recipient-texts.js';
import { emptyDraft } from './reply.js';
import { actingView } from './switcher.js';
import './recipients-field.js';

/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').Progress} Progress */
/** @typedef {import('./store-types.js').Recipient} Recipient */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** Loaded when there are recipients to speak of: it reads certificates. */
const loadProtection = () => import('../mail/protection.js');

/** Fires `pli-sent`, `pli-prepared`, `pli-corrected`, `pli-close` and `pli-discarded`, each with {draft, done}: a promise that the store has followed. */
export class Composer extends LightElement {
  static properties = {
    store: { attribute: false }, draft: { attribute: false },
    known: { state: true }, copies: { state: true }, saved: { state: true }, error: { state: true }, progress: { state: true }, tooLarge: { state: true }, unread: { state: true }, adding: { state: true }, protection: { state: true }, remark: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Draft} */
    this.draft = emptyDraft();
    /** @type {Map<string, Recipient>} */
    this.known = new Map();
    this.copies = false;
    /** @type {'no'|'waiting'|'yes'} */
    this.saved = 'no';
    /** @type {unknown} */
    this.error = null;
    /** @type {Progress|null} */
    this.progress = null;
    /** @type {string[]} names and sizes of files that would have made the message too large */
    this.tooLarge = [];
    /** @type {string[]} names of what was no file that can be read */
    this.unread = [];
    /** How many goes of files are being read. */
    this.adding = 0;
    /** The last of them. */
    this.reading = Promise.resolve();
    /** @type {import('../mail/protection.js').Protection|null} null while not everybody can be written to */
    this.protection = null;
    /** Why its owner returned this letter; '' for nothing. */
    this.remark = '';
  }

  firstUpdated() {
    void this.#readRemark();
    this.copies = this.draft.cc.length + this.draft.bcc.length > 0;
    this.#check();
    const field = this.draft.to.length ? 'textarea' : '#to-input';
    this.updateComplete.then(() => {
      const element = /** @type {HTMLElement|null} */ (this.querySelector(field));
      element?.focus();
      if (element instanceof HTMLTextAreaElement) element.setSelectionRange(0, 0);
    });
  }

  get #mode() {
    return this.store ? writingMode(this.store, this.draft) : 'send';
  }

  /** Whose signature a letter waits for. */
  get #signer() {
    const account = this.store && openAccount(this.store);
    return account ? ownerName(account) : '';
  }

  async #readRemark() {
    if (this.draft.id && this.#mode === 'prepare') this.remark = (await this.store?.book?.remark(this.draft.id).catch(() => '')) ?? '';
  }

  /** @param {Partial<Draft>} change */
  #edit(change) {
    Object.assign(this.draft, change);
    this.saved = 'waiting';
    this.requestUpdate();
    if (this.store) this.draft.id = this.store.noteDraft(this.draft);
  }

  /** The store sealed what was written. */
  markSaved() {
    if (this.saved === 'waiting') this.saved = 'yes';
  }

  /** @returns {import('./store-types.js').Address[]} */
  #everyone() {
    return [...this.draft.to, ...this.draft.cc, ...this.draft.bcc];
  }

  /** Asks about the addresses that are new. */
  async #check() {
    const asked = this.#everyone().map(({ address }) => address.toLowerCase()).filter((address) => !this.known.has(address));
    if (!asked.length || !this.store) return this.#protect();
    this.protection = null;
    try {
      const answers = await this.store.check(asked);
      for (const answer of answers) this.#name(answer);
      this.known = new Map([...this.known, ...answers.map((answer) => /** @type {[string, Recipient]} */ ([answer.address.toLowerCase(), answer]))]);
      await this.#protect();
    } catch (error) {
      this.error = error;
    }
  }

  /** What this message would be encrypted with, once everybody can be written to. */
  async #protect() {
    const { protectionOf } = await loadProtection();
    const { to, cc, bcc } = this.draft;
    const keyed = (/** @type {import('./store-types.js').Address[]} */ people) => people.flatMap(({ address }) => {
      const key = this.known.get(address.toLowerCase())?.key;
      return key ? [{ address, key }] : [];
    });
    const [open, blind] = [keyed([...to, ...cc]), keyed(bcc)];
    const complete = open.length + blind.length === this.#everyone().length && open.length + blind.length > 0;
    this.protection = complete && !this.#blocked().length ? protectionOf(open, blind) : null;
  }

  /** An address typed alone takes the name that the directory proves. @param {Recipient} recipient */
  #name({ address, entry, name: proven, state }) {
    const name = entry?.name || proven;
    if (!name || state !== 'ready') return;
    for (const person of this.#everyone()) if (!person.name && person.address.toLowerCase() === address.toLowerCase()) person.name = name;
  }

  /** How many people get this message: who stands in two fields gets it once. */
  #count() {
    return new Set(this.#everyone().map(({ address }) => address.toLowerCase())).size;
  }

  /** @param {string} address */
  #nameOf(address) {
    const person = this.#everyone().find((one) => one.address.toLowerCase() === address.toLowerCase());
    return person ? personName(person) : address;
  }

  /** @returns {Recipient[]} those who cannot be written to */
  #blocked() {
    return this.#everyone().flatMap(({ address }) => this.known.get(address.toLowerCase()) ?? []).filter((recipient) => recipientStatus(recipient) === 'blocked');
  }

  /** @param {'to'|'cc'|'bcc'} field @param {CustomEvent} event */
  #recipients(field, event) {
    this.#edit({ [field]: event.detail.people });
    this.#check();
  }

  /** One go of files after the other: each weighs with what is there. A letter on its way takes none: they would not go with it. @param {FileList|null} files */
  #attach(files) {
    const chosen = [...(files ?? [])];
    if (this.progress || !chosen.length) return;
    if (!this.adding) Object.assign(this, { tooLarge: [], unread: [] });
    this.adding += 1;
    this.reading = this.reading.then(() => this.#add(chosen)).finally(() => { this.adding -= 1; });
  }

  /** Those that fit are attached, the others named: none of these is even read. @param {File[]} files */
  async #add(files) {
    const { text, attachments } = this.draft;
    /** @type {File[]} */
    const fitting = [];
    for (const file of files) {
      const sizes = [...fitting, file].map(({ size }) => ({ bytes: { length: size } }));
      if (draftSize({ text, attachments: [...attachments, ...sizes] }, this.#everyone().length) <= MAX_MESSAGE) fitting.push(file);
      else this.tooLarge = [...this.tooLarge, `${safeFilename(file.name)} (${formatSize(file.size)})`];
    }
    const { read, unread } = await readFiles(fitting);
    if (!this.isConnected) return; // discarded, or the mailbox gave its place to another one: a draft would go there
    this.unread = [...this.unread, ...unread.map(({ name }) => safeFilename(name))];
    const added = read.map(({ file: { name, type }, bytes }) => ({ name: safeFilename(name), type: type || 'application/octet-stream', bytes }));
    if (added.length) this.#edit({ attachments: [...this.draft.attachments, ...added] });
  }

  /** Files that were dropped or pasted. Pasted text stays text: a table of another program comes as a picture too. @param {Event} event @param {DataTransfer|null} carried */
  #take(event, carried) {
    if (this.progress || !carriesFiles(carried) || (event.type === 'paste' && carried?.types.includes('text/plain'))) return;
    event.preventDefault();
    void this.#attach(carried?.files ?? null);
  }

  async #send() {
    if (!this.store || this.progress || this.adding) return;
    this.error = null;
    this.progress = { step: this.#mode === 'send' ? 'signing' : 'submitting', done: 0, total: 1 };
    try {
      this.#leave(await this.#handIn(this.store), undefined);
    } catch (error) {
      this.error = error;
      this.#learn(error);
    } finally {
      this.progress = null;
    }
  }

  /** Sent, put before its owner, or kept as he corrected it. @param {Store} store @returns {Promise<string>} the event that tells */
  async #handIn(store) {
    switch (this.#mode) {
      case 'prepare': await store.prepareLetter(this.draft); return 'pli-prepared';
      case 'correct': await store.saveDraft(this.draft); return 'pli-corrected';
      default: await store.send(this.draft, (progress) => { this.progress = progress; }); return 'pli-sent';
    }
  }

  /** The sending checked the recipients again: what it found is shown on their chips. @param {unknown} error */
  #learn(error) {
    const found = /** @type {{recipients?: Recipient[]}} */ (error).recipients;
    if (found) this.known = new Map([...this.known, ...found.map((one) => /** @type {[string, Recipient]} */ ([one.address.toLowerCase(), one]))]);
  }

  /** The sheet goes at once, so that nothing begun meanwhile is closed with it. */
  #discard() {
    this.#leave('pli-discarded', this.draft.id ? this.store?.discardDraft(this.draft.id) : undefined);
  }

  /** With the files that are being read: they belong to the draft. */
  async #close() {
    if (this.adding) await this.reading;
    if (!this.isConnected) return;
    this.#leave(this.#mode === 'correct' ? 'pli-corrected' : 'pli-close', this.saved === 'waiting' ? this.store?.saveDraft(this.draft) : undefined);
  }

  /** @param {string} type @param {Promise<unknown>|undefined} work */
  #leave(type, work) {
    const done = Promise.resolve(work).catch(() => {});
    this.dispatchEvent(new CustomEvent(type, { detail: { draft: this.draft, done }, bubbles: true }));
  }

  render() {
    return html`
      <div class="composer-bar">
        <button type="button" class="icon-button" aria-label=${t('Close and keep as a draft')} title=${t('Close and keep as a draft')} @click=${this.#close}>${icon('back')}</button>
        <h2 class="composer-title">${this.#mode === 'correct' ? t('Correct a letter') : t('New message')}</h2>
        <span class="composer-state" role="status">${this.#savedText()}</span>
        ${this.#mode === 'correct' ? nothing : html`<button type="button" class="icon-button" data-action="discard" aria-label=${t('Discard this draft')} title=${t('Discard this draft')} @click=${this.#discard}>${icon('trash')}</button>`}
      </div>
      <form class="composer-form" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); this.#send(); }}
        @dragover=${(/** @type {DragEvent} */ event) => { if (!this.progress && carriesFiles(event.dataTransfer)) event.preventDefault(); }}
        @drop=${(/** @type {DragEvent} */ event) => this.#take(event, event.dataTransfer)} @paste=${(/** @type {ClipboardEvent} */ event) => this.#take(event, event.clipboardData)}>
        ${this.store ? actingView(this.store) : nothing}
        ${this.#recipientLine('to', t('To'), this.copies ? nothing : html`<button type="button" class="button quiet small" data-action="copies" @click=${() => { this.copies = true; }}>${t('Copies')}</button>`)}
        ${this.copies ? html`${this.#recipientLine('cc', t('Copy'))}${this.#recipientLine('bcc', t('Hidden'))}` : nothing}
        <div class="composer-line"><label for="subject">${t('Subject')}</label>
          <input class="composer-subject" id="subject" .value=${live(this.draft.subject)} autocomplete="off" @input=${(/** @type {Event} */ event) => this.#edit({ subject: valueOf(event) })}></div>
        <div class="composer-notices">${this.#notices()}</div>
        <textarea class="composer-text" aria-label=${t('Text')} placeholder=${t('Write your message…')} .value=${live(this.draft.text)}
          @input=${(/** @type {Event} */ event) => this.#edit({ text: valueOf(event) })} @keydown=${this.#key}></textarea>
        ${this.#attachments()}
        ${this.#foot()}
      </form>`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#send();
  }

  #savedText() {
    if (this.saved === 'yes') return t('Draft sealed and kept');
    return this.saved === 'waiting' ? t('Keeping…') : '';
  }

  /** @param {'to'|'cc'|'bcc'} field @param {string} label @param {unknown} [extra] */
  #recipientLine(field, label, extra = nothing) {
    return html`<div class="composer-line"><label for=${`${field}-input`}>${label}</label>
      <pli-recipients .store=${this.store} .people=${this.draft[field]} .known=${this.known} .label=${label} .field=${field}
        @pli-recipients=${(/** @type {CustomEvent} */ event) => this.#recipients(field, event)}></pli-recipients>${extra}</div>`;
  }

  #notices() {
    return html`
      ${this.error ? errorView(this.error, { retry: () => this.#send(), dismiss: () => { this.error = null; } }) : nothing}
      ${this.remark ? noticeView({ tone: 'caution', title: t('{name} returned this letter:', { name: this.#signer }), body: this.remark }) : nothing}
      ${this.tooLarge.length ? noticeView({ tone: 'caution', role: 'alert', title: t('A message may weigh 50 MB with everything in it.'),
    body: t('Not added: {names}. Send this in another message, or make it smaller.', { names: this.tooLarge.join(', ') }) }) : nothing}
      ${this.unread.length ? noticeView({ tone: 'caution', role: 'alert', title: t('Not added: {names}.', { names: this.unread.join(', ') }), body: t('It cannot be read. A folder goes as a ZIP file.') }) : nothing}
      ${this.#blocked().map((recipient) => this.#blockedNotice(recipient))}`;
  }

  /** @param {Recipient} recipient */
  #blockedNotice(recipient) {
    const { title, body } = blockedText(recipient);
    const actions = html`
      ${recipient.pin === 'changed' ? html`<button type="button" class="button small" @click=${() => this.#accept(recipient)}>${t('I have checked: accept')}</button>` : nothing}
      ${recipient.state === 'offered' ? html`<button type="button" class="button small" data-action="adopt" @click=${() => this.#accept(recipient)}>${t('Use this certificate')}</button>` : nothing}
      <button type="button" class="button small" @click=${() => this.#drop(recipient.address)}>${t('Remove')}</button>`;
    return noticeView({ tone: 'caution', role: 'alert', title, body, actions });
  }

  /** @param {Recipient} recipient */
  async #accept(recipient) {
    await this.store?.accept([recipient]);
    this.known.delete(recipient.address.toLowerCase());
    await this.#check();
  }

  /** @param {string} address */
  #drop(address) {
    const without = (/** @type {import('./store-types.js').Address[]} */ people) => people.filter((person) => person.address.toLowerCase() !== address.toLowerCase());
    this.#edit({ to: without(this.draft.to), cc: without(this.draft.cc), bcc: without(this.draft.bcc) });
    this.#check();
  }

  #attachments() {
    const { attachments } = this.draft;
    if (!attachments.length) return nothing;
    return html`<ul class="attachment-list composer-attachments" role="list" aria-label=${t('Attachments')}>${attachments.map(({ name, bytes }, index) => html`
      <li class="attachment">${icon('file')}<span class="attachment-words"><span class="attachment-name" title=${name}>${name}</span><span class="attachment-size">${formatSize(bytes.length)}</span></span>
        <button type="button" class="icon-button" aria-label=${t('Remove {name}', { name })} @click=${() => this.#edit({ attachments: attachments.filter((_, other) => other !== index) })}>${icon('close')}</button></li>`)}</ul>`;
  }

  #foot() {
    const blocked = this.#blocked().length > 0;
    const possible = this.#everyone().length > 0 && !blocked && !this.progress && !this.adding;
    return html`
      <div class="composer-foot">
        <button class="button primary" data-action="send" ?disabled=${!possible}>${this.progress ? html`<span class="spinner small" aria-hidden="true"></span>` : icon(this.#mode === 'correct' ? 'check' : 'sent')}${this.#sendText()}</button>
        <label class="button quiet attach-button">${icon('attachment')}<span>${t('Attach')}</span><input class="visually-hidden" type="file" multiple ?disabled=${Boolean(this.progress)}
          @change=${(/** @type {Event} */ event) => { const input = /** @type {HTMLInputElement} */ (event.currentTarget); this.#attach(input.files); input.value = ''; }}></label>
        <div class="composer-assurance ${blocked ? 'blocked' : ''}">${icon(blocked ? 'warning' : 'lock')}
          <div class="assurance-words"><p role="status">${this.progress ? progressText(this.progress) : this.#assurance(blocked)}</p>
            ${this.protection && !blocked && !this.progress ? protectionView(this.protection, (address) => this.#nameOf(address)) : nothing}</div></div>
      </div>`;
  }

  #sendText() {
    switch (this.#mode) {
      case 'prepare': return t('To sign by {name}', { name: this.#signer });
      case 'correct': return t('Keep for signing');
      default: return t('Send');
    }
  }

  /** Who can read and how it is signed, in one line. @param {boolean} blocked */
  #assurance(blocked) {
    if (this.adding) return t('Adding files…');
    if (blocked) return t('Not everyone can receive this message yet.');
    if (this.#mode === 'prepare') return t('{name} reads it, signs it with the card and sends it. Until then it can be withdrawn.', { name: this.#signer });
    if (this.#mode === 'correct') return t('It goes back among the letters to sign.');
    const people = this.#count();
    const how = this.store?.session?.bridge ? t('Signed with your card.') : t('Signed with your proven address.');
    if (!people) return `${t('Encrypted on this device for the people you choose.')} ${how}`;
    return `${tn('Only this recipient and you can read it.', 'Only these {n} recipients and you can read it.', people)} ${how}`;
  }
}

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement|HTMLTextAreaElement} */ (event.currentTarget).value;

/** @param {Progress} progress */
function progressText({ step, done, total }) {
  const words = { signing: t('Signing…'), encrypting: t('Encrypting…'), uploading: t('Sending…'), submitting: t('Handing over…') };
  return total > 1 ? `${words[step]} ${Math.round((100 * done) / total)} %` : words[step];
}

customElements.define('pli-composer', Composer);
