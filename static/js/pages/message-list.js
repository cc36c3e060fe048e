// <pli-list>: the rows of one folder, only those in view in the DOM, fetched by pages as they come into view.
import { t } from '../i18n.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing, repeat } from '../viewers/lit.js';
import { errorView } from '../viewers/notice.js';
import { rowView } from '../viewers/row.js';
import { pagesOf, scrollToRow, visibleRange } from '../viewers/virtual-list.js';
import { nothingOf } from './work-view.js';

/** @typedef {import('./store-types.js').Folder} Folder */
/** @typedef {import('./store-types.js').Row} Row */
/** @typedef {import('./store-types.js').StoreFace} Store */

const PAGE_SIZE = 50;
const ROW_HEIGHT = 84;

/** Fires `pli-open` {row} when a row is chosen. */
export class MessageList extends LightElement {
  static properties = {
    store: { attribute: false }, folder: { attribute: false }, share: { attribute: false }, selectedId: { attribute: false },
    total: { state: true }, error: { state: true }, scrollTop_: { state: true }, height: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Folder|null} */
    this.folder = null;
    /** Of a shared inbox: only what is mine, nobody's, or done. @type {import('../mail/work.js').Share|''} */
    this.share = '';
    this.selectedId = '';
    /** @type {number|null} null until the first page is here */
    this.total = null;
    /** @type {unknown} */
    this.error = null;
    this.scrollTop_ = 0;
    this.height = 600;
    this.cursor = 0;
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    /** @type {Map<number, Promise<void>>} */
    this.pages = new Map();
    this.observer = new ResizeObserver(() => this.#measure());
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {Folder|null|undefined} */ (changed.get('folder'));
    if ((changed.has('folder') && before?.id !== this.folder?.id) || changed.get('share') !== undefined) this.#start();
  }

  updated() {
    const grid = this.#grid();
    if (grid) this.observer.observe(grid);
    if (this.error) return; // what failed is not asked for again by drawing it
    for (const page of pagesOf(this.#range(), PAGE_SIZE)) this.#load(page);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.observer.disconnect();
  }

  #start() {
    this.rows = new Map();
    this.pages = new Map();
    this.total = null;
    this.error = null;
    this.cursor = 0;
    this.scrollTop_ = 0;
    const grid = this.#grid();
    if (grid) grid.scrollTop = 0;
    this.#load(0);
  }

  /** Reads the folder again without emptying what is shown. */
  refresh() {
    this.pages = new Map();
    for (const page of pagesOf(this.#range(), PAGE_SIZE)) this.#load(page);
    this.#load(0);
  }

  /** Who does what with these messages has changed. */
  workChanged() {
    if (this.share) this.refresh();
    else this.requestUpdate();
  }

  /** @param {number} page */
  #load(page) {
    if (!this.store || !this.folder || this.pages.has(page)) return;
    this.pages.set(page, this.#fetch(page, this.folder.id));
  }

  /** @param {number} page @param {string} folderId */
  async #fetch(page, folderId) {
    const pages = this.pages;
    try {
      const answer = await this.store?.list(folderId, { position: page * PAGE_SIZE, limit: PAGE_SIZE, share: this.share });
      if (answer && pages === this.pages && folderId === this.folder?.id) this.#take(page, answer);
    } catch (error) {
      pages.delete(page);
      if (pages === this.pages) this.error = error;
    }
  }

  /** @param {number} page @param {{total: number, rows: Row[]}} answer */
  #take(page, { total, rows }) {
    for (let index = 0; index < PAGE_SIZE; index += 1) {
      const row = rows[index];
      if (row) this.rows.set(page * PAGE_SIZE + index, row);
      else this.rows.delete(page * PAGE_SIZE + index);
    }
    this.error = null;
    this.total = total;
    this.#followSelection();
    this.requestUpdate();
  }

  /** A new message on top moves the rows: the cursor stays with its message. */
  #followSelection() {
    for (const [index, row] of this.rows) if (row.id === this.selectedId) this.cursor = index;
  }

  #grid() {
    return /** @type {HTMLElement|null} */ (this.querySelector('.grid'));
  }

  #measure() {
    this.height = this.#grid()?.clientHeight ?? this.height;
  }

  #range() {
    return visibleRange({ scrollTop: this.scrollTop_, viewportHeight: this.height, rowHeight: ROW_HEIGHT, total: this.total ?? 0 });
  }

  /** @param {number} step -1 or 1 */
  move(step) {
    if (!this.total) return;
    const from = this.selectedId ? this.cursor + step : this.cursor;
    this.#moveTo(Math.min(this.total - 1, Math.max(0, from)));
    this.openCursor();
  }

  /** @param {number} index */
  #moveTo(index) {
    const grid = this.#grid();
    this.cursor = index;
    if (grid) grid.scrollTop = scrollToRow({ index, scrollTop: grid.scrollTop, viewportHeight: grid.clientHeight, rowHeight: ROW_HEIGHT });
    this.requestUpdate();
  }

  openCursor() {
    const row = this.rows.get(this.cursor);
    if (row) this.dispatchEvent(new CustomEvent('pli-open', { detail: { row }, bubbles: true }));
  }

  /** The row after the current one, or before it at the end: what to show once this one is gone. @returns {Row|undefined} */
  neighbour() {
    return this.rows.get(this.cursor + 1) ?? this.rows.get(this.cursor - 1);
  }

  focusGrid() {
    this.#grid()?.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity });
    const step = steps[event.key];
    if (step === undefined || !this.total) return;
    event.preventDefault();
    this.#moveTo(Math.min(this.total - 1, Math.max(0, this.cursor + step)));
  }

  render() {
    if (this.error && !this.rows.size) return html`<div class="banners">${errorView(this.error, { retry: () => this.#start() })}</div>`;
    if (this.total === 0) return this.share ? emptyPage('check', nothingOf(this.share)) : emptyView(this.folder?.role ?? '');
    return this.#gridView();
  }

  #gridView() {
    const { first, last } = this.#range();
    const indices = Array.from({ length: last - first }, (_, offset) => first + offset);
    const active = this.cursor >= first && this.cursor < last ? `row-${this.cursor}` : nothing;
    return html`
      <div class="grid" role="grid" tabindex="0" aria-label=${t('Messages')} aria-rowcount=${this.total ?? -1} aria-busy=${this.total === null ? 'true' : 'false'}
        aria-activedescendant=${active} @scroll=${(/** @type {Event} */ event) => { this.scrollTop_ = /** @type {HTMLElement} */ (event.currentTarget).scrollTop; }}
        @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event)}>
        <div class="grid-space" role="rowgroup" .style=${`height: ${(this.total ?? 0) * ROW_HEIGHT}px`}>
          ${this.total === null ? skeleton() : repeat(indices, (index) => this.rows.get(index)?.id ?? index, (index) => this.#row(index))}
        </div>
      </div>`;
  }

  /** @param {number} index */
  #row(index) {
    const row = this.rows.get(index);
    return rowView({
      row, index, selected: row ? row.id === this.selectedId : false, cursor: index === this.cursor, top: index * ROW_HEIGHT,
      outgoing: this.folder?.role === 'sent' || this.folder?.role === 'drafts', now: new Date(), work: row && this.store?.work?.of(row.id),
      choose: () => { this.cursor = index; this.openCursor(); },
    });
  }
}

const skeleton = () => Array.from({ length: 6 }, (_, index) => rowView({
  row: undefined, index, selected: false, cursor: false, top: index * ROW_HEIGHT, outgoing: false, now: new Date(), choose: () => {} }));

/** @param {string} role */
function emptyView(role) {
  const words = /** @type {Record<string, [string, string]>} */ ({
    inbox: [t('Nothing to read'), t('New messages appear here by themselves.')],
    sent: [t('Nothing sent yet'), t('What you send is kept here, sealed for you.')],
    drafts: [t('No drafts'), t('What you write is sealed and kept here until you send it.')],
    trash: [t('Nothing deleted'), ''],
  });
  return emptyPage(role || 'folder', words[role] ?? [t('This folder is empty'), '']);
}

/** @param {string} image @param {string[]} words */
const emptyPage = (image, [title, detail]) => html`<div class="empty">${icon(image)}<p class="empty-title">${title}</p>${detail ? html`<p>${detail}</p>` : nothing}</div>`;

customElements.define('pli-list', MessageList);
