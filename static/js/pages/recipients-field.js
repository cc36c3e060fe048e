// <pli-recipients>: chips with suggestions from the directory; each chip says whether its owner can receive.
import { t } from '../i18n.js';
import { initials, personHue, personName } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, live, nothing } from '../viewers/lit.js';
import { entryDetail, parseAddresses, recipientStatus, stateTag } from './recipient-texts.js';

/** @typedef {import('./store-types.js').Address} Address */
/** @typedef {import('./store-types.js').DirectoryEntry} DirectoryEntry */
/** @typedef {import('./store-types.js').Recipient} Recipient */
/** @typedef {import('./store-types.js').StoreFace} Store */

const PAUSE = 150;

/** Fires `pli-recipients` {people}. */
export class RecipientsField extends LightElement {
  static properties = {
    store: { attribute: false }, people: { attribute: false }, known: { attribute: false }, label: { attribute: false }, field: { attribute: false },
    text: { state: true }, suggestions: { state: true }, active: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    /** @type {Address[]} */
    this.people = [];
    /** @type {Map<string, Recipient>} what is known, by lower-case address */
    this.known = new Map();
    this.label = '';
    this.field = 'to';
    this.text = '';
    /** @type {DirectoryEntry[]} */
    this.suggestions = [];
    this.active = -1;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  /** @param {Address[]} people */
  #change(people) {
    const seen = new Set();
    const unique = people.filter(({ address }) => !seen.has(address.toLowerCase()) && seen.add(address.toLowerCase()));
    this.dispatchEvent(new CustomEvent('pli-recipients', { detail: { people: unique }, bubbles: true }));
  }

  /** @param {Address[]} added @param {string} [rest] */
  #add(added, rest = '') {
    clearTimeout(this.timer);
    Object.assign(this, { text: rest, suggestions: [], active: -1 });
    if (added.length) this.#change([...this.people, ...added]);
  }

  /** @param {number} index */
  #remove(index) {
    this.#change(this.people.filter((_, other) => other !== index));
    this.querySelector('input')?.focus();
  }

  /** @param {InputEvent} event */
  #input(event) {
    const { value } = /** @type {HTMLInputElement} */ (event.currentTarget);
    this.text = value;
    if (/[,;\n]/.test(value)) {
      const { found, rest } = parseAddresses(value);
      this.#add(found, rest);
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#suggest(value), PAUSE);
  }

  /** A list, one below the other: a field of one line would write them as one word. @param {ClipboardEvent} event */
  #paste(event) {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    const { found, rest } = parseAddresses(text.replace(/\r\n?/g, '\n'));
    this.#add(found, [this.text, rest].filter(Boolean).join(', '));
  }

  /** @param {string} text */
  async #suggest(text) {
    if (text.trim().length < 2 || !this.store) {
      this.suggestions = [];
      return;
    }
    const found = await this.store.suggest(text.trim()).catch(() => []);
    if (text !== this.text) return;
    this.suggestions = found;
    this.active = found.length ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'Backspace' && !this.text && this.people.length) this.#remove(this.people.length - 1);
    else if (event.key === 'Escape' && this.suggestions.length) this.#quiet(event);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.#step(event);
    else if (event.key === 'Enter' || (event.key === 'Tab' && this.text.trim())) this.#settle(event);
  }

  /** @param {KeyboardEvent} event */
  #quiet(event) {
    event.stopPropagation();
    this.suggestions = [];
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const { length } = this.suggestions;
    if (!length) return;
    event.preventDefault();
    this.active = (this.active + (event.key === 'ArrowDown' ? 1 : -1) + length) % length;
  }

  /** @param {KeyboardEvent} event */
  #settle(event) {
    const chosen = this.suggestions[this.active];
    const { found, rest } = parseAddresses(this.text);
    if (!chosen && !found.length) {
      if (event.key === 'Enter') event.preventDefault();
      return;
    }
    event.preventDefault();
    if (chosen) this.#choose(chosen);
    else this.#add(found, rest);
  }

  /** @param {DirectoryEntry} entry */
  #choose({ name, address }) {
    this.#add([{ name, address }]);
    this.querySelector('input')?.focus();
  }

  /** What is still typed when the person leaves counts, if it is an address. */
  #blur() {
    const { found, rest } = parseAddresses(this.text);
    this.#add(found, rest);
  }

  render() {
    const open = this.suggestions.length > 0;
    const list = `${this.field}-suggestions`;
    return html`
      <div class="chips">
        ${this.people.map((person, index) => this.#chip(person, index))}
        <input class="chip-input" id=${`${this.field}-input`} role="combobox" aria-label=${this.label} aria-autocomplete="list" aria-expanded=${open ? 'true' : 'false'}
          aria-controls=${list} aria-activedescendant=${open && this.active >= 0 ? `${list}-${this.active}` : nothing} autocomplete="off" autocapitalize="off" spellcheck="false"
          placeholder=${this.people.length ? '' : t('Name, RPPS number or address')} .value=${live(this.text)}
          @input=${this.#input} @keydown=${this.#key} @paste=${this.#paste} @blur=${this.#blur}>
      </div>
      <ul class="suggestions" id=${list} role="listbox" aria-label=${t('Directory')} ?hidden=${!open}>${this.suggestions.map((entry, index) => this.#suggestion(entry, index, list))}</ul>`;
  }

  /** @param {Address} person @param {number} index */
  #chip(person, index) {
    const status = recipientStatus(this.known.get(person.address.toLowerCase()));
    const marks = { ready: icon('lock'), blocked: icon('warning'), waiting: nothing };
    const words = { ready: t('can receive'), blocked: t('cannot receive'), waiting: t('being checked') };
    return html`<span class="chip ${status}" data-address=${person.address} title=${person.address}>${marks[status]}
      <span class="chip-name">${personName(person)}</span><span class="visually-hidden">, ${words[status]}</span>
      <button type="button" class="icon-button chip-remove" aria-label=${t('Remove {name}', { name: personName(person) })} @click=${() => this.#remove(index)}>${icon('close')}</button></span>`;
  }

  /** @param {DirectoryEntry} entry @param {number} index @param {string} list */
  #suggestion(entry, index, list) {
    return html`<li class="suggestion" role="option" id=${`${list}-${index}`} aria-selected=${index === this.active ? 'true' : 'false'}
      @mousedown=${(/** @type {Event} */ event) => { event.preventDefault(); this.#choose(entry); }}>
      <span class="avatar hue-${personHue(entry)}" aria-hidden="true">${initials(entry)}</span>
      <span class="suggestion-words"><span class="suggestion-name">${personName(entry)}</span><span class="suggestion-detail">${entryDetail(entry)}</span></span>
      <span class="state-tag ${entry.state === 'ready' ? '' : 'blocked'}">${stateTag(entry.state)}</span></li>`;
  }
}

customElements.define('pli-recipients', RecipientsField);
