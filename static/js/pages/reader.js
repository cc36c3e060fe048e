// <pli-reader>: the message chosen in the list, with what can be done to it.
import { t } from '../i18n.js';
import { subjectText } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { loadSanitiser, MessageSheet } from './message-sheet.js';
import { rehearse } from './rehearsal.js';
import { workBarView } from './work-view.js';

/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').OpeningOptions} OpeningOptions */
/** @typedef {import('./store-types.js').Row} Row */

/** What a phone has no room for. */
const MORE = 'reader-more';

/** Fires `pli-command` {command, message} besides what the sheet fires. */
export class Reader extends MessageSheet {
  static properties = { ...MessageSheet.properties, row: { attribute: false } };

  constructor() {
    super();
    /** @type {Row|null} */
    this.row = null;
  }

  /** The mailbox is open: now there is time for it. */
  firstUpdated() {
    void rehearse(loadSanitiser).catch(() => {});
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {Row|null|undefined} */ (changed.get('row'));
    if (changed.has('row') && before?.id !== this.row?.id) void this.load().then(() => this.#rewind());
  }

  /** @param {OpeningOptions} options @returns {Promise<OpenedMessage>|null} */
  fetch(options) {
    return this.row && this.store ? this.store.open(this.row.id, options) : null;
  }

  #rewind() {
    const scroll = this.querySelector('.reader-scroll');
    if (scroll) scroll.scrollTop = 0;
  }

  /** @param {string} command */
  #do(command) {
    this.dispatchEvent(new CustomEvent('pli-command', { detail: { command, message: this.message }, bubbles: true }));
  }

  render() {
    if (!this.row) return html`<div class="empty">${icon('unread')}<p class="empty-title">${t('No message chosen')}</p><p>${t('Choose a message in the list to read it here.')}</p></div>`;
    const title = this.row.quarantined ? t('Unreadable message') : subjectText(this.row.subject);
    return html`
      <div class="reader-bar" role="toolbar" aria-label=${t('Message actions')}>${this.#toolbar()}</div>
      ${workBarView(this.store?.work ?? null, this.row.id)}
      <div class="reader-scroll" tabindex="0" role="region" aria-label=${t('Message')}><article class="reader-sheet" aria-busy=${this.busy ? 'true' : 'false'}>${this.row.confidential ? confidentialChip() : nothing}${this.sheetView(title)}</article></div>`;
  }

  #toolbar() {
    const readable = this.message !== null && !this.message.quarantined;
    return html`
      <button type="button" class="icon-button only-narrow" aria-label=${t('Back to the list')} @click=${() => this.#do('leave')}>${icon('back')}</button>
      ${this.#tool('reply', 'reply', t('Reply'), readable, { words: true })}
      ${this.#tool('replyAll', 'replyAll', t('Reply to all'), readable)}
      ${this.#tool('forward', 'forward', t('Forward'), readable)}
      ${this.#tool('forwardWhole', 'forwardWhole', t('Forward as attachment'), readable)}
      <span class="spacer"></span>
      ${this.#tool('archive', 'archive', t('Archive'), true)}
      ${this.#tool('remove', 'trash', t('Delete'), true)}
      <button type="button" class="icon-button only-narrow" popovertarget=${MORE} aria-label=${t('More actions')}>${icon('more')}</button>
      <div id=${MORE} class="reader-more" popover>
        ${this.#tool('flag', 'star', t('Flag'), true, { more: true, pressed: Boolean(this.row?.keywords['$flagged']) })}
        ${this.#tool('unread', 'unread', t('Mark as unread'), true, { more: true })}
        ${this.#tool('print', 'print', t('Print'), readable, { more: true })}
        ${owns(this.store) ? this.#tool('confidential', 'lock', t('Confidential'), readable, { more: true, pressed: Boolean(this.row?.confidential) }) : nothing}
        ${this.#tool('held', 'server', t('What the server holds'), this.message !== null, { more: true, words: true })}
      </div>`;
  }

  /**
   * @param {string} command @param {string} image @param {string} name @param {boolean} possible
   * @param {{more?: boolean, pressed?: boolean, words?: boolean}} [how] more: it closes the popover that it stands in; words: the name is also shown where there is room
   */
  #tool(command, image, name, possible, { more = false, pressed, words = false } = {}) {
    return html`<button type="button" class="icon-button ${words ? 'wide' : ''}" data-command=${command} popovertarget=${more ? MORE : nothing} popovertargetaction=${more ? 'hide' : nothing} aria-label=${name} title=${name} ?disabled=${!possible}
      aria-pressed=${pressed === undefined ? nothing : String(pressed)} @click=${() => this.#do(command)}>${icon(image)}${words ? html`<span class="tool-words">${name}</span>` : nothing}</button>`;
  }
}

/** @param {import('./store-types.js').StoreFace|null} store */
const owns = (store) => store?.session?.role === 'owner' && store.session.level === 'full';

const confidentialChip = () => html`<p class="confidential-mark">${icon('lock')}${t('Confidential: only the owners of this mailbox see this message')}</p>`;

customElements.define('pli-reader', Reader);
