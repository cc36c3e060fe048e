/** The card table's page: shows what the bridge says lies on the table, and says what a hand does. No data is kept. */

import { drawCard } from './table-cards.js';
import { drawPrompt } from './table-prompts.js';
import { WORDS } from './table-words.js';

/** @typedef {import('./table-cards.js').Card} Card */
/** @typedef {import('./table-prompts.js').Prompt} Prompt */

/** @type {import('./table-words.js').Language} */
let language = navigator.language.startsWith('en') ? 'en' : 'fr';
/** @type {{cards: Card[], prompts: Prompt[]}} */
let state = { cards: [], prompts: [] };

const TOKEN = 'pli-table-token';
const token = location.hash.slice(1) || sessionStorage.getItem(TOKEN) || '';
history.replaceState(null, '', location.pathname);

const socket = new WebSocket(`ws://${location.host}/table/socket`, 'pli-table.1');
socket.onopen = () => socket.send(JSON.stringify({ token }));
socket.onmessage = (/** @type {MessageEvent<string>} */ event) => {
  const message = JSON.parse(event.data);
  if (message.next) sessionStorage.setItem(TOKEN, message.next);
  else draw(message);
};
// The address of a bridge that was started again differs in its fragment alone, which loads nothing by itself.
addEventListener('hashchange', () => location.hash && location.reload());
socket.onclose = () => {
  draw({ cards: [], prompts: [] });
  element('away').hidden = false;
};

/** @param {Record<string, string>} action */
function act(action) {
  socket.send(JSON.stringify(action));
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** A copy of a template, with its words. @param {string} id */
function copy(id) {
  const template = /** @type {HTMLTemplateElement} */ (element(id));
  const node = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  write(node);
  return node;
}

/** Fill `data-text` by the words of the language. @param {ParentNode} root */
function write(root) {
  for (const node of root.querySelectorAll('[data-text]')) {
    const name = /** @type {HTMLElement} */ (node).dataset.text ?? '';
    node.textContent = /** @type {any} */ (WORDS[language])[name];
  }
}

/** @param {typeof state} [next] */
function draw(next = state) {
  state = next;
  const words = WORDS[language];
  document.documentElement.lang = language;
  element('away').textContent = words.away;
  element('language').textContent = words.other;
  element('language').lang = language === 'fr' ? 'en' : 'fr';
  document.title = `Pli · ${words.title}`;
  write(document);
  const outside = state.cards.some((card) => !card.inserted); // then others may be swapped
  keep(element('cards'), state.cards, (card) => `${outside} ${JSON.stringify(card)}`, (card) => drawCard(copy('card'), card, state.cards, language, act));
  const fresh = keep(element('prompts'), state.prompts, promptKey, (prompt) => drawPrompt(copy('prompt'), prompt, language, act));
  document.body.toggleAttribute('data-asked', state.prompts.length > 0);
  /** @type {HTMLElement | null} */ (fresh[0]?.querySelector('input:not([hidden]), button') ?? null)?.focus();
}

/** A prompt stays as it is until it says something else, so that a PIN being typed survives. @param {Prompt} prompt */
function promptKey(prompt) {
  return `${prompt.id} ${prompt.error[language]}`;
}

/**
 * Show one node per item. What is drawn already and says the same stays, with its focus; a changed one takes the focus of
 * the one it replaces. Returns the nodes that are new.
 * @template T @param {HTMLElement} list @param {T[]} items @param {(item: T) => string} key @param {(item: T) => HTMLElement} make
 */
function keep(list, items, key, make) {
  const drawn = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  const focused = focusIn(list);
  /** @type {HTMLElement[]} */
  const fresh = [];
  const nodes = items.map((item) => {
    const name = `${language} ${key(item)}`;
    const known = /** @type {HTMLElement | undefined} */ (drawn.get(name));
    if (known) return known;
    const made = make(item);
    made.dataset.key = name;
    fresh.push(made);
    return made;
  });
  for (const node of [...list.children]) if (!nodes.includes(/** @type {HTMLElement} */ (node))) node.remove();
  nodes.forEach((node, place) => { if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null); });
  if (focused && !document.activeElement?.closest('main')) restore(list, focused);
  return fresh;
}

/** Which act of which card has the focus. @param {HTMLElement} list */
function focusIn(list) {
  const active = document.activeElement;
  const serial = active?.closest('[data-serial]')?.getAttribute('data-serial');
  return serial && list.contains(active) ? { serial, act: active?.getAttribute('data-place') ?? '' } : null;
}

/** @param {HTMLElement} list @param {{serial: string, act: string}} focused */
function restore(list, { serial, act: place }) {
  const card = list.querySelector(`[data-serial="${CSS.escape(serial)}"]`);
  /** @type {HTMLElement | null} */ (card?.querySelector(`[data-place="${CSS.escape(place)}"]`) ?? card?.querySelector('button') ?? null)?.focus();
}

element('language').onclick = () => {
  language = language === 'fr' ? 'en' : 'fr';
  draw();
};
draw();
