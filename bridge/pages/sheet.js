/**
 * The recovery sheet's page (docs/PROTOCOL.md, *The recovery sheet*): shows a new recovery code once, lets the person print it, and
 * asks two of its groups back. The bridge judges what is typed. Nothing is stored, and a reload shows nothing.
 */

import { WORDS } from './sheet-words.js';

/** @typedef {'waiting'|'shown'|'asked'|'checked'|'done'|'over'|'gone'} State */
/** @typedef {{address: string, groups: string[], asked: number[], size: number, drawn: string}} Sheet */

/** @type {import('./sheet-words.js').Language} */
let language = navigator.language.startsWith('en') ? 'en' : 'fr';
/** @type {State} */
let state = 'waiting';
/** @type {Sheet | null} */
let sheet = null;
const made = new Date();

const ticket = location.hash.slice(1);
history.replaceState(null, '', location.pathname);

const socket = new WebSocket(`ws://${location.host}/sheet/socket`, 'pli-sheet.1');
socket.onopen = () => socket.send(JSON.stringify({ ticket }));
socket.onmessage = (/** @type {MessageEvent<string>} */ event) => hear(JSON.parse(event.data));
socket.onclose = () => {
  if (state === 'done' || state === 'over') return;
  forget();
  show('gone');
};

/** @param {{sheet?: Sheet, checked?: boolean, end?: 'done'|'over'}} message */
function hear(message) {
  if (message.sheet) {
    sheet = message.sheet;
    show('shown');
  } else if (message.checked === false) {
    element('wrong').hidden = false;
    field(0).focus();
  } else {
    forget();
    show(message.end ?? 'checked');
  }
}

/** The code leaves this page as soon as it is not needed. */
function forget() {
  sheet = null;
  element('groups').replaceChildren();
  element('drawn').removeAttribute('d');
  element('fields').replaceChildren();
}

/** @param {State} next */
function show(next) {
  state = next;
  document.body.dataset.state = next;
  write();
  element('sheet').hidden = next !== 'shown';
  element('keeping').hidden = next !== 'shown';
  element('check').hidden = next !== 'asked';
  element('wrong').hidden = true;
  if (next === 'shown') drawSheet();
  if (next === 'asked') ask();
}

function drawSheet() {
  if (!sheet) return;
  element('address').textContent = sheet.address;
  element('groups').replaceChildren(...sheet.groups.map(listed));
  element('qr').setAttribute('viewBox', `-4 -4 ${sheet.size + 8} ${sheet.size + 8}`); // the quiet zone of ISO/IEC 18004
  element('drawn').setAttribute('d', sheet.drawn);
}

/** @param {string} group */
function listed(group) {
  const item = document.createElement('li');
  item.textContent = group;
  return item;
}

/** The code is not on the page while it is asked for. */
function ask() {
  element('groups').replaceChildren();
  element('drawn').removeAttribute('d');
  element('fields').replaceChildren(...(sheet?.asked ?? []).map(asked));
  field(0).focus();
}

/** @param {number} position */
function asked(position) {
  const label = document.createElement('label');
  const name = document.createElement('span');
  name.textContent = WORDS[language].group(position + 1);
  const input = document.createElement('input');
  Object.assign(input, { type: 'text', maxLength: 8, autocomplete: 'off', spellcheck: false, autocapitalize: 'characters' });
  label.append(name, input);
  return label;
}

function write() {
  const words = WORDS[language];
  document.documentElement.lang = language;
  document.title = `Pli · ${words.title}`;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-text]'))) {
    node.textContent = String(/** @type {any} */ (words)[node.dataset.text ?? '']);
  }
  const told = /** @type {any} */ (words)[state];
  [element('told-title').textContent, element('told-text').textContent] = Array.isArray(told) ? told : ['', ''];
  element('made').textContent = new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(made);
  element('language').textContent = words.other;
  element('language').lang = language === 'fr' ? 'en' : 'fr';
  element('qr').setAttribute('aria-label', words.qr);
}

/** @param {number} position */
function field(position) {
  return /** @type {HTMLInputElement} */ (element('fields').querySelectorAll('input')[position]);
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

element('print').onclick = () => print();
element('kept').onclick = () => show('asked');
element('back').onclick = () => show('shown');
element('check').onsubmit = (event) => {
  event.preventDefault();
  element('wrong').hidden = true;
  socket.send(JSON.stringify({ typed: [field(0).value, field(1).value] }));
};
element('language').onclick = () => {
  language = language === 'fr' ? 'en' : 'fr';
  const typed = state === 'asked' ? [field(0).value, field(1).value] : [];
  show(state);
  typed.forEach((value, position) => (field(position).value = value));
};
show('waiting');
