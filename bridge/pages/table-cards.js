/** A card on the table: in its reader or out of it, its tries, and what can happen to it. */

import { WORDS } from './table-words.js';

/** @typedef {{serial: string, label: string, reader: string, tries: number, maximum: number, inserted: boolean, hangs: boolean, outcome: {fr: string, en: string}}} Card */
/** @typedef {(action: Record<string, string>) => void} Act */

const TONES = 5;

/** @param {HTMLElement} node @param {Card} card @param {Card[]} cards @param {import('./table-words.js').Language} language @param {Act} act */
export function drawCard(node, card, cards, language, act) {
  const words = WORDS[language];
  node.dataset.serial = card.serial;
  node.dataset.tone = String(cards.findIndex((other) => other.serial === card.serial) % TONES);
  node.toggleAttribute('data-inserted', card.inserted);
  node.toggleAttribute('data-hangs', card.hangs);
  node.dataset.level = card.tries < 1 ? 'locked' : card.tries < 2 ? 'low' : 'good';
  for (const name of /** @type {const} */ (['label', 'serial'])) fill(node, name, card[name]);
  fill(node, 'reader', card.inserted ? card.reader : words.out);
  fill(node, 'tries', card.tries > 0 ? words.left(card.tries) : words.locked);
  fill(node, 'badge', card.tries < 1 ? words.locked : card.hangs ? words.silent : '');
  fill(node, 'outcome', card.outcome[language]);
  /** @type {HTMLElement} */ (node.querySelector('.dots')).append(...dots(card));
  const verb = card.inserted ? 'pull' : 'insert';
  dress(/** @type {HTMLButtonElement} */ (node.querySelector('.main')), verb, card, words, act);
  node.querySelector('.main')?.setAttribute('data-place', 'move');
  append(node, 'mishaps', mishaps(card, cards), card, words, act);
  append(node, 'native', native(card), card, words, act);
  return node;
}

/** What may happen to the card as it lies there, and whether it can now. @param {Card} card @param {Card[]} cards @returns {[string, boolean][]} */
function mishaps(card, cards) {
  return [
    ['wrong-pin', card.tries > 0],
    ['last-try', card.tries > 1],
    [card.hangs ? 'release' : 'hang', card.inserted],
    ['swap', card.inserted && cards.some((other) => !other.inserted)],
  ];
}

/** What its holder does without any page. @param {Card} card @returns {[string, boolean][]} */
function native(card) {
  const present = card.inserted && !card.hangs;
  if (card.tries < 1) return [['renew', true]];
  return card.tries < 2 ? [['use-last-try', present], ['renew', true]] : [['change-pin', present]];
}

/** @param {HTMLElement} node @param {string} group @param {[string, boolean][]} verbs @param {Card} card @param {import('./table-words.js').Words} words @param {Act} act */
function append(node, group, verbs, card, words, act) {
  const row = /** @type {HTMLElement} */ (node.querySelector(`[data-acts="${group}"]`));
  verbs.forEach(([verb, possible], place) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.disabled = !possible;
    dress(button, verb, card, words, act);
    button.dataset.place = `${group} ${place}`;
    row.append(button);
  });
}

/** @param {HTMLButtonElement} button @param {string} verb @param {Card} card @param {any} words @param {Act} act */
function dress(button, verb, card, words, act) {
  button.dataset.do = verb;
  button.textContent = words[verb];
  button.title = words[`${verb}-why`] ?? '';
  button.setAttribute('aria-label', `${words[verb]}: ${card.label}`);
  if (verb === 'release') button.setAttribute('aria-pressed', 'true');
  button.onclick = () => act({ do: verb, serial: card.serial });
}

/** One dot per try, full where it is left. @param {Card} card */
function dots({ tries, maximum }) {
  return Array.from({ length: maximum }, (_, place) => {
    const dot = document.createElement('span');
    dot.toggleAttribute('data-left', place < tries);
    return dot;
  });
}

/** @param {ParentNode} root @param {string} name @param {string} text */
export function fill(root, name, text) {
  const node = /** @type {HTMLElement | null} */ (root.querySelector(`[data-field="${name}"]`));
  if (!node) return;
  node.textContent = text;
  if (node.matches('.badge, .outcome')) node.hidden = !text;
}
