// The keyboard of the mail pages: one key, one verb; never while someone is typing.
import { t } from '../i18n.js';
import { icon } from '../viewers/icons.js';
import { html } from '../viewers/lit.js';

/** @typedef {'next'|'previous'|'open'|'compose'|'reply'|'replyAll'|'forward'|'remove'|'archive'|'unread'|'done'|'help'|'leave'} Command */

/** @type {Readonly<Record<string, Command>>} */
const KEYS = Object.freeze({
  j: 'next', k: 'previous', Enter: 'open', c: 'compose', r: 'reply', a: 'replyAll', f: 'forward',
  '#': 'remove', Delete: 'remove', e: 'archive', u: 'unread', d: 'done', '?': 'help', Escape: 'leave',
});

/** @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event @returns {Command|undefined} */
export const commandOf = (event) =>
  (event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key]);

/** Whether a key belongs to the control that has it. @param {EventTarget|null|undefined} target @param {string} key @returns {boolean} */
export function typing(target, key) {
  if (!(target instanceof Element)) return false;
  if (key === 'Escape') return target.closest('dialog, pli-recipients') !== null;
  if (target.closest('input, textarea, select, [contenteditable], dialog')) return true;
  return key === 'Enter' && target.closest('button, a, summary') !== null;
}

/** @returns {[keys: string[], words: string][]} */
const helpLines = () => [
  [['j', 'k'], t('next, previous message')],
  [['Enter'], t('open the message')],
  [['c'], t('write a message')],
  [['r', 'a'], t('reply, reply to all')],
  [['f'], t('forward')],
  [['e', '#'], t('archive, delete')],
  [['u'], t('mark as unread')],
  [['d'], t('mark as done (shared inboxes)')],
  [['Esc'], t('back, close')],
  [['?'], t('this help')],
];

/** @param {() => void} close */
export const shortcutsView = (close) => html`
  <div class="dialog-head"><h2 class="dialog-title">${t('Keyboard shortcuts')}</h2>
    <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>
  <dl class="shortcuts">${helpLines().map(([keys, words]) => html`
    <dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${words}</dd>`)}</dl>`;
