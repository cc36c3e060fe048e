// One message being opened and then shown: what the reader and the separate view of an attachment share. Everything
// about trust is drawn here, outside the message's own pixels.
import { t } from '../i18n.js';
import { htmlToText } from '../mail/html-text.js';
import { attachmentsView, previewType, saveAttachment } from '../viewers/attachments.js';
import { blobUrl } from '../viewers/blobs.js';
import { plainLine, subjectText } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { headView, printedHead, printedHeadView } from '../viewers/message-head.js';
import { blockedView, copyView, noticesView, quarantineView, withheldView } from '../viewers/message-notices.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { detailsView } from '../viewers/signature-details.js';
import { signatureView } from '../viewers/signature.js';
import { textBodyView } from '../viewers/text-body.js';
import '../viewers/mail-frame.js';

/** @typedef {import('./store-types.js').Attachment} Attachment */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').OpeningOptions} OpeningOptions */
/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {{allowOld?: boolean, password?: string}} Permission */

/** A sixth of all the code of this page, and the first list does not need it. */
export const loadSanitiser = () => import('../viewers/sanitise.js');

/** Fires `pli-link` {href, text}, `pli-preview` {url, name}, `pli-separate` {attachment}, `pli-original` {id}. */
export class MessageSheet extends LightElement {
  static properties = {
    store: { attribute: false }, message: { state: true }, error: { state: true }, busy: { state: true }, done: { state: true }, plain: { state: true }, clean: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {OpenedMessage|null} */
    this.message = null;
    /** @type {unknown} */
    this.error = null;
    this.busy = false;
    /** Percent of the opening. */
    this.done = 0;
    /** A person wants the words without their shape. */
    this.plain = false;
    /** @type {import('../viewers/sanitise.js').SanitisedHtml|null} */
    this.clean = null;
    /** Sanitised while it was asked who signed; shown only if the message turns out to have this HTML. @type {{html: string, clean: import('../viewers/sanitise.js').SanitisedHtml}|null} */
    this.ahead = null;
    /** @type {AbortController|null} */
    this.opening = null;
    /** The last attempt brought a password. */
    this.tried = false;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.opening?.abort();
  }

  /** What is opened, and how: a subclass says. @param {OpeningOptions} _options @returns {Promise<OpenedMessage>|null} */
  fetch(_options) {
    return null;
  }

  /** @param {Permission} [permission] what a person said so that it opens */
  async load(permission = {}) {
    this.opening?.abort();
    const opening = new AbortController();
    Object.assign(this, { opening, message: null, clean: null, ahead: null, error: null, busy: true, done: 0, plain: false, tried: Boolean(permission.password) });
    try {
      const fetched = this.fetch({ ...permission, signal: opening.signal, onProgress: (done) => this.#count(opening, done), onHtml: (text) => void this.#prepare(opening, text).catch(() => {}) });
      const [message] = await Promise.all([fetched, fetched && loadSanitiser()]);
      if (!opening.signal.aborted) await this.#take(message);
    } catch (error) {
      if (!opening.signal.aborted) this.error = error;
    } finally {
      if (opening === this.opening) this.busy = false;
    }
  }

  /** @param {OpenedMessage|null} message */
  async #take(message) {
    this.message = message;
    if (message && !message.quarantined) this.#report('shown');
    await this.#sanitise();
  }

  /** @param {boolean} [allowed] a person asked for the images of this message */
  async #sanitise(allowed = false) {
    const { message, opening } = this;
    if (!message?.html || message.quarantined) return;
    const { sanitise } = await loadSanitiser();
    if (opening !== this.opening) return; // another one is opened by now
    const { state } = message.signature;
    const proven = state === 'S1' || state === 'S1b' || state === 'S2';
    const images = proven || allowed || Boolean(message.sender?.images);
    const { ahead } = this;
    this.ahead = null;
    this.clean = images && ahead?.html === message.html ? ahead.clean : sanitise(message.html, { images });
  }

  /** @param {AbortController} opening @param {string} text */
  async #prepare(opening, text) {
    const { sanitise } = await loadSanitiser();
    if (opening === this.opening && !opening.signal.aborted) this.ahead = { html: text, clean: sanitise(text) };
  }

  /** @param {AbortController} opening @param {number} done a fraction */
  #count(opening, done) {
    if (opening === this.opening) this.done = Math.round(100 * done);
  }

  /** A person does not want to wait any longer. */
  #cancel() {
    this.opening?.abort();
    this.busy = false;
  }

  /** @param {'shown'|'printed'|'saved'} act @param {number} [part] */
  #report(act, part) {
    if (this.message?.id) this.store?.report(this.message.id, act, part);
  }

  print() {
    const { message } = this;
    this.#report('printed');
    const frame = /** @type {import('../viewers/mail-frame.js').MailFrame|null} */ (this.querySelector('pli-mail-frame'));
    if (frame && message) frame.print(printedHead(message));
    else window.print();
  }

  /** @param {string} title of what is being opened */
  sheetView(title) {
    const { message } = this;
    if (this.error) return errorView(this.error, { retry: () => this.load() });
    if (!message) return this.busy ? this.#waiting(title) : this.#stopped(title);
    if (message.quarantined) return this.#quarantine(message);
    return this.#shown(message, title);
  }

  /** The rest appears only where it takes long enough to be read (reader.css). @param {string} title */
  #waiting(title) {
    return html`<h2 class="reader-subject">${title}</h2>
      <div class="opening">
        <p role="status"><span class="spinner small"></span>${t('Opening the message…')} ${this.done ? `${this.done} %` : ''}</p>
        <progress class="opening-bar" max="100" .value=${this.done} aria-label=${t('Opening the message…')}></progress>
        <button type="button" class="button small" data-action="cancel" @click=${() => this.#cancel()}>${t('Cancel')}</button>
      </div>`;
  }

  /** @param {string} title */
  #stopped(title) {
    return html`<h2 class="reader-subject">${title}</h2>
      ${noticeView({ title: t('The opening was stopped.'), actions: html`<button type="button" class="button small" data-action="resume" @click=${() => this.load()}>${t('Open')}</button>` })}`;
  }

  /** A wrong password fails like everything that does not decrypt: one failure for all. @param {OpenedMessage} message */
  #quarantine(message) {
    const refused = this.tried && (message.quarantined === 'password-needed' || message.quarantined === 'decrypt-failed');
    const shown = refused ? { ...message, quarantined: 'password-needed' } : message;
    return quarantineView(shown, { refused, openOld: () => this.load({ allowOld: true }), openWith: (password) => this.load({ password }) });
  }

  /** @param {OpenedMessage} message @param {string} title of what has no header fields */
  #shown(message, title) {
    return html`
      ${this.clean && !this.plain ? nothing : printedHeadView(message)}
      ${isBare(message) ? html`<h2 class="reader-subject">${title}</h2>` : html`<h2 class="reader-subject">${subjectText(message.subject)}</h2>${headView(message)}`}
      ${signatureView(message.signature, html`${detailsView(message, { adopt: (harvest) => this.#adopt(harvest) })}${this.#readers(message)}`, isBare(message) ? null : message.from[0]?.address)}
      <div class="reader-notices">${this.#notices(message)}</div>
      <div class="message-paper" id=${message.id ? 'message-body' : 'separate-body'}>${this.#body(message)}</div>
      ${this.#formatSwitch(message)}
      ${attachmentsView(message.attachments.filter(({ contentId }) => !contentId || !this.clean?.html.includes(contentId)), {
        save: (attachment) => this.#save(message, attachment), preview: (attachment) => this.#preview(attachment), open: (attachment) => this.#tell('pli-separate', { attachment }) })}`;
  }

  /** For the owner: who could read this message, and who did. @param {OpenedMessage} message */
  #readers(message) {
    if (!message.id || this.store?.session?.role !== 'owner') return nothing;
    return html`<section class="proof"><button type="button" class="button small" data-action="readers" @click=${() => this.#tell('pli-command', { command: 'readers', message })}>${icon('eye')}${t('Who has read this message')}</button></section>`;
  }

  /** @param {OpenedMessage} message */
  #notices(message) {
    const { copyOf, original = null, notices = [] } = message;
    return html`
      ${copyOf ? copyView(original, () => this.#tell('pli-original', { id: copyOf })) : nothing}
      ${noticesView(notices)}
      ${this.clean ? blockedView(this.clean) : nothing}
      ${this.clean && !this.plain ? withheldView(this.clean.withheld, message.from[0]?.address ?? '', () => this.#allowImages(message)) : nothing}`;
  }

  /** @param {OpenedMessage} message */
  #body(message) {
    const follow = (/** @type {string} */ href, /** @type {string} */ text) => this.#tell('pli-link', { href, text });
    if (this.clean && !this.plain) {
      return html`<pli-mail-frame .html=${this.clean.html} .subject=${subjectText(message.subject)} .images=${carriedImages(message)}></pli-mail-frame>`;
    }
    return textBodyView(message.text || htmlToText(message.html ?? ''), follow, !message.notices?.includes('plain-text-only'));
  }

  /** @param {OpenedMessage} message */
  #formatSwitch(message) {
    if (!message.html) return nothing;
    return html`<button type="button" class="link-button format-switch" data-action="format" aria-pressed=${String(this.plain)} @click=${() => { this.plain = !this.plain; }}>
      ${icon(this.plain ? 'image' : 'file')}${this.plain ? t('Show with its layout') : t('Show as plain text')}</button>`;
  }

  /** @param {OpenedMessage} message */
  async #allowImages(message) {
    await this.#sanitise(true);
    const address = message.from[0]?.address;
    if (address) await this.#attempt(() => this.store?.allowImages(address));
  }

  /** @param {import('../mail/open.js').Harvest} harvest */
  async #adopt(harvest) {
    const { opening } = this;
    await this.#attempt(async () => {
      await this.store?.adopt(harvest);
      if (opening === this.opening && this.message?.sender) this.message = { ...this.message, sender: { ...this.message.sender, adopted: true } };
    });
  }

  /** What fails beside an open message does not close it. @param {() => Promise<void>|undefined} act */
  async #attempt(act) {
    try {
      await act();
    } catch (error) {
      this.#tell('pli-error', { error });
    }
  }

  /** @param {OpenedMessage} message @param {Attachment} attachment */
  #save(message, attachment) {
    saveAttachment(attachment);
    this.#report('saved', message.attachments.indexOf(attachment) + 1);
  }

  /** @param {Attachment} attachment */
  #preview({ bytes, filename }) {
    this.#tell('pli-preview', { url: blobUrl(bytes, previewType(bytes)), name: plainLine(filename) });
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}

/** @param {OpenedMessage} message images of the message itself that its HTML may show */
const carriedImages = (message) => message.attachments
  .filter(({ contentId, bytes }) => contentId && previewType(bytes))
  .map(({ contentId, bytes }) => ({ contentId: contentId ?? '', type: previewType(bytes), bytes }));

/** A part of a message has no sender and no date of its own. @param {OpenedMessage} message */
const isBare = ({ id, from, to, date, subject }) => !id && !from.length && !to.length && !date && !subject;
