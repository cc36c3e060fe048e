// <pli-reader>: one opened message. Everything about trust is drawn here, outside the message's own pixels.
import { t } from '../i18n.js';
import { attachmentsView, previewType, saveAttachment } from '../viewers/attachments.js';
import { formatFullDate, initials, peopleNames, personHue, personName, plainLine, subjectText } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing } from '../viewers/lit.js';
import { blockedView, noticesView, quarantineTexts } from '../viewers/message-notices.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { signatureView } from '../viewers/signature.js';
import { textBodyView } from '../viewers/text-body.js';
import '../viewers/mail-frame.js';

/** @typedef {import('./store-types.js').Address} Address */
/** @typedef {import('./store-types.js').Attachment} Attachment */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').Row} Row */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** Bytes of a message above which its arrival is counted. */
const LARGE = 1_000_000;

/** A sixth of all the code of this page, and the first list does not need it. */
const loadSanitiser = () => import('../viewers/sanitise.js');

/** Fires `pli-command` {command}, `pli-link`, `pli-key`, `pli-preview` {url, name}, `pli-held` {message}. */
export class Reader extends LightElement {
  static properties = {
    store: { attribute: false }, row: { attribute: false },
    message: { state: true }, error: { state: true }, busy: { state: true }, received: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Row|null} */
    this.row = null;
    /** @type {OpenedMessage|null} */
    this.message = null;
    /** @type {unknown} */
    this.error = null;
    this.busy = false;
    /** Percent of a large message that has arrived; 0 before, and for a small one. */
    this.received = 0;
    /** @type {import('../viewers/sanitise.js').SanitisedHtml|null} */
    this.clean = null;
    /** @type {AbortController|null} */
    this.opening = null;
  }

  /** The mailbox is open: now there is time for it. */
  firstUpdated() {
    void loadSanitiser().catch(() => {});
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {Row|null|undefined} */ (changed.get('row'));
    if (changed.has('row') && before?.id !== this.row?.id) this.#open();
  }

  async #open() {
    this.opening?.abort();
    const opening = new AbortController();
    Object.assign(this, { opening, message: null, clean: null, error: null, busy: true, received: 0 });
    if (!this.row || !this.store) return;
    try {
      const message = await this.store.open(this.row.id, { signal: opening.signal, onProgress: (done) => this.#count(opening, done) });
      const { sanitise } = await loadSanitiser();
      if (opening.signal.aborted) return;
      this.clean = message.html && !message.quarantined ? sanitise(message.html) : null;
      this.message = message;
    } catch (error) {
      if (!opening.signal.aborted) this.error = error;
    } finally {
      if (!opening.signal.aborted) this.busy = false;
    }
    this.#rewind();
  }

  /** @param {AbortController} opening @param {number} done */
  #count(opening, done) {
    if (opening === this.opening && (this.row?.size ?? 0) > LARGE) this.received = Math.round(100 * done);
  }

  #rewind() {
    const scroll = this.querySelector('.reader-scroll');
    if (scroll) scroll.scrollTop = 0;
  }

  print() {
    const frame = /** @type {import('../viewers/mail-frame.js').MailFrame|null} */ (this.querySelector('pli-mail-frame'));
    if (frame) frame.print();
    else window.print();
  }

  /** @param {string} command */
  #do(command) {
    this.dispatchEvent(new CustomEvent('pli-command', { detail: { command, message: this.message }, bubbles: true }));
  }

  render() {
    if (!this.row) return html`<div class="empty">${icon('unread')}<p class="empty-title">${t('No message chosen')}</p><p>${t('Choose a message in the list to read it here.')}</p></div>`;
    return html`
      <div class="reader-bar" role="toolbar" aria-label=${t('Message actions')}>${this.#toolbar()}</div>
      <div class="reader-scroll" tabindex="0" role="region" aria-label=${t('Message')}><article class="reader-sheet" aria-busy=${this.busy ? 'true' : 'false'}>${this.#sheet(this.row)}</article></div>`;
  }

  #toolbar() {
    const readable = this.message !== null && !this.message.quarantined;
    return html`
      <button type="button" class="icon-button only-narrow" aria-label=${t('Back to the list')} @click=${() => this.#do('leave')}>${icon('back')}</button>
      ${this.#tool('reply', 'reply', t('Reply'), readable, { words: true })}
      ${this.#tool('replyAll', 'replyAll', t('Reply to all'), readable)}
      ${this.#tool('forward', 'forward', t('Forward'), readable)}
      <span class="spacer"></span>
      ${this.#tool('flag', 'star', t('Flag'), true, { pressed: Boolean(this.row?.keywords['$flagged']) })}
      ${this.#tool('archive', 'archive', t('Archive'), true)}
      ${this.#tool('remove', 'trash', t('Delete'), true)}
      ${this.#tool('unread', 'unread', t('Mark as unread'), true)}
      ${this.#tool('print', 'print', t('Print'), readable)}
      ${this.#tool('held', 'server', t('What the server holds'), this.message !== null, { words: true })}`;
  }

  /**
   * @param {string} command @param {string} image @param {string} name @param {boolean} possible
   * @param {{pressed?: boolean, words?: boolean}} [how] words: the name is also shown where there is room
   */
  #tool(command, image, name, possible, { pressed, words = false } = {}) {
    return html`<button type="button" class="icon-button ${words ? 'wide' : ''}" data-command=${command} aria-label=${name} title=${name} ?disabled=${!possible}
      aria-pressed=${pressed === undefined ? nothing : String(pressed)} @click=${() => this.#do(command)}>${icon(image)}${words ? html`<span class="tool-words">${name}</span>` : nothing}</button>`;
  }

  /** @param {Row} row */
  #sheet(row) {
    const { message } = this;
    if (this.error) return errorView(this.error, { retry: () => this.#open() });
    if (!message) return this.#waiting(row);
    if (message.quarantined) return quarantineView(message, message.quarantined);
    return html`
      <h2 class="reader-subject">${subjectText(message.subject)}</h2>
      ${headView(message)}
      ${signatureView(message.signature, message.encrypted)}
      <div class="reader-notices">${noticesView(message.notices ?? [])}${blockedView(this.clean?.blocked ?? 0)}</div>
      <div class="message-paper" id="message-body">${this.#body(message)}</div>
      ${attachmentsView(message.attachments.filter(({ contentId }) => !contentId || !this.clean?.html.includes(contentId)), {
        save: saveAttachment, preview: (attachment) => this.#preview(attachment) })}`;
  }

  /** @param {Row} row the summary stands until the message is open */
  #waiting(row) {
    return html`<h2 class="reader-subject">${row.quarantined ? t('Unreadable message') : subjectText(row.subject)}</h2>
      <p class="empty" role="status"><span class="spinner"></span>${t('Opening the message…')} ${this.received ? `${this.received} %` : ''}</p>`;
  }

  /** @param {OpenedMessage} message */
  #body(message) {
    if (!this.clean) return textBodyView(message.text, (href, text) => this.#follow(href, text), !message.notices?.includes('plain-text-only'));
    return html`<pli-mail-frame .html=${this.clean.html} .subject=${subjectText(message.subject)} .images=${inlineImages(message)}></pli-mail-frame>`;
  }

  /** @param {string} href @param {string} text */
  #follow(href, text) {
    this.dispatchEvent(new CustomEvent('pli-link', { detail: { href, text }, bubbles: true }));
  }

  /** @param {Attachment} attachment */
  #preview({ bytes, filename }) {
    const url = URL.createObjectURL(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type: previewType(bytes) }));
    this.dispatchEvent(new CustomEvent('pli-preview', { detail: { url, name: plainLine(filename) }, bubbles: true }));
  }
}

/** @param {OpenedMessage} message @param {string} code */
function quarantineView({ from: [sender] }, code) {
  const [title, next] = quarantineTexts(code);
  const claim = sender ? t('It says it comes from {address}; nothing proves it.', { address: plainLine(sender.address) }) : '';
  return noticeView({ tone: 'caution', title, body: `${next} ${claim}` });
}

/** @param {OpenedMessage} message images of the message itself that its HTML may show */
const inlineImages = (message) => message.attachments
  .filter(({ contentId, bytes }) => contentId && previewType(bytes))
  .map(({ contentId, bytes }) => ({ contentId: contentId ?? '', type: previewType(bytes), bytes }));

/** @param {OpenedMessage} message */
function headView(message) {
  const sender = message.signature.state === 'S3' && message.signature.signer ? signerAsSender(message) : message.from[0];
  const person = sender ?? { name: '', address: t('unknown sender') };
  return html`
    <div class="reader-head">
      <span class="avatar hue-${personHue(person)}" aria-hidden="true">${initials(person)}</span>
      <div>
        <p class="reader-from">${personName(person)} ${person.name ? html`<span class="reader-address">&lt;${person.address}&gt;</span>` : nothing}</p>
        <details class="people-details reader-to"><summary>${t('To {people}', { people: peopleNames([...message.to, ...message.cc]) })}</summary>
          <dl>${peopleLine(t('To'), message.to)}${peopleLine(t('Copy'), message.cc)}${peopleLine(t('Reply to'), message.replyTo ?? [])}</dl></details>
      </div>
      <p class="reader-date">${formatFullDate(message.date)}</p>
    </div>`;
}

/** State S3: the proven identity stands where the From line would (security §3.4). @param {OpenedMessage} message @returns {Address} */
const signerAsSender = ({ signature }) => ({ name: signature.signer?.name ?? '', address: signature.signer?.address || t('no address') });

/** @param {string} label @param {readonly Address[]} people */
const peopleLine = (label, people) => (people.length
  ? html`<dt>${label}</dt><dd>${people.map(({ name, address }) => html`${plainLine(name)} &lt;${address}&gt;<br>`)}</dd>` : nothing);

customElements.define('pli-reader', Reader);
