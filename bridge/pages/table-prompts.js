/** A question on the table: a PIN, a new PIN, a consent, a pairing, or what a reader's own pad asks. */

import { fill } from './table-cards.js';
import { WORDS } from './table-words.js';

/** @typedef {{id: string, kind: 'pin'|'new-pin'|'pinpad'|'confirm'|'pair', origin: string, label: string, reader: string, serial: string, tries: number|null, digits: string, purpose: {fr: string, en: string}, error: {fr: string, en: string}}} Prompt */

/** @param {HTMLElement} node @param {Prompt} prompt @param {import('./table-words.js').Language} language @param {import('./table-cards.js').Act} act */
export function drawPrompt(node, prompt, language, act) {
  const form = /** @type {HTMLFormElement} */ (node);
  form.dataset.prompt = prompt.kind;
  form.dataset.serial = prompt.serial;
  say(form, prompt, language);
  show(form, prompt);
  form.onsubmit = (event) => {
    event.preventDefault();
    submit(form, prompt, act);
  };
  button(form, 'cancel').onclick = () => act({ do: 'cancel', prompt: prompt.id });
  button(form, 'mistype').onclick = () => act({ do: 'mistype', prompt: prompt.id });
  return form;
}

/** @param {HTMLFormElement} form @param {Prompt} prompt @param {import('./table-words.js').Language} language */
function say(form, prompt, language) {
  const words = WORDS[language];
  const [first, ...others] = prompt.purpose[language].split('\n');
  const rest = others.filter((line) => !prompt.digits || !line.includes(prompt.digits)); // they stand apart, in large
  fill(form, 'purpose', first);
  fill(form, 'more', rest.join('\n').trim());
  fill(form, 'digits', prompt.digits);
  fill(form, 'origin', prompt.origin || words.here);
  fill(form, 'label', prompt.serial ? `${prompt.label} (${prompt.serial})` : prompt.label);
  fill(form, 'reader', prompt.reader);
  fill(form, 'tries', String(prompt.tries ?? '–'));
  fill(form, 'error', prompt.error[language]);
  fill(form, 'field', prompt.kind === 'new-pin' ? words.newPin : words.pin);
  fill(form, 'ok', { pin: words.ok, 'new-pin': words.ok, pinpad: words.close, confirm: words.agree, pair: words.agree }[prompt.kind]);
}

/** What this kind of question has. @param {HTMLFormElement} form @param {Prompt} prompt */
function show(form, prompt) {
  const types = prompt.kind === 'pin' || prompt.kind === 'new-pin';
  hide(form, 'more', !form.querySelector('[data-field="more"]')?.textContent);
  hide(form, 'digits', !prompt.digits);
  hide(form, 'label', !prompt.label);
  hide(form, 'reader', !prompt.reader);
  hide(form, 'tries', prompt.kind !== 'pin');
  hide(form, 'error', !form.querySelector('[data-field="error"]')?.textContent);
  hide(form, 'pin', !types);
  hide(form, 'again', prompt.kind !== 'new-pin');
  input(form, 'pin').hidden = !types;
  input(form, 'again').hidden = prompt.kind !== 'new-pin';
  button(form, 'cancel').hidden = prompt.kind === 'pinpad';
  button(form, 'mistype').hidden = prompt.kind !== 'pin';
}

/** @param {HTMLFormElement} form @param {Prompt} prompt @param {import('./table-cards.js').Act} act */
function submit(form, prompt, act) {
  const [pin, again] = [input(form, 'pin'), input(form, 'again')];
  if (pin.hidden) return act({ do: 'agree', prompt: prompt.id });
  if (pin.value) act({ do: 'answer', prompt: prompt.id, pin: pin.value, again: again.value });
  pin.value = again.value = '';
}

/** @param {HTMLFormElement} form @param {string} name */
function input(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {HTMLFormElement} form @param {'cancel'|'mistype'} name */
function button(form, name) {
  return /** @type {HTMLButtonElement} */ (form.querySelector(`[data-${name}]`));
}

/** @param {HTMLElement} form @param {string} row @param {boolean} hidden */
function hide(form, row, hidden) {
  /** @type {HTMLElement} */ (form.querySelector(`[data-row="${row}"]`)).hidden = hidden;
}
