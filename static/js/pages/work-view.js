// What is drawn of the work of a shared inbox: above an open message, above the list, and in the question before taking over.
import { t } from '../i18n.js';
import { formatTime } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { chipsView, colleagueName } from '../viewers/work-chips.js';

/** @typedef {import('../mail/work.js').Colleague} Colleague */
/** @typedef {import('../mail/work.js').Share} Share */
/** @typedef {import('../mail/work.js').Standing} Standing */
/** @typedef {import('../mail/work.js').Work} Work */

/** Fires `pli-command` and `pli-assign` {person}. @param {Work|null} work @param {string} id of the open message */
export function workBarView(work, id) {
  if (!work) return nothing;
  const standing = work.of(id);
  const chips = chipsView(standing);
  if (!work.mayAnswer) return chips === nothing ? nothing : html`<div class="work-bar">${chips}</div>`;
  return html`<div class="work-bar" role="group" aria-label=${t('Work on this message')}>
    <label class="work-assign"><span>${t('Assigned to')}</span>${assignView(work.colleagues, standing)}</label>
    ${doneView(standing)}
    ${chips}</div>`;
}

/** @param {Colleague[]} colleagues @param {Standing} standing */
const assignView = (colleagues, { assignedTo }) => html`<select class="input" data-action="assign" @change=${assigned}>
  <option value="" ?selected=${!assignedTo} .selected=${!assignedTo}>${t('nobody')}</option>
  ${colleagues.map((one) => html`<option value=${one.id} .selected=${assignedTo?.id === one.id}>${one.isMe ? t('{name} (you)', { name: colleagueName(one) }) : colleagueName(one)}</option>`)}</select>`;

/** @param {Event} event */
function assigned(event) {
  const select = /** @type {HTMLSelectElement} */ (event.currentTarget);
  select.dispatchEvent(new CustomEvent('pli-assign', { detail: { person: select.value || null }, bubbles: true }));
}

/** @param {Standing} standing */
const doneView = ({ done }) => html`<button type="button" class="button small" data-command="done" aria-pressed=${done ? 'true' : 'false'} aria-keyshortcuts="d" @click=${finish}>${icon('check')}<span>${t('Done')}</span></button>`;

/** @param {Event} event */
const finish = (event) => event.currentTarget?.dispatchEvent(new CustomEvent('pli-command', { detail: { command: 'done' }, bubbles: true }));

/** @type {readonly (Share|'')[]} */
const SHARES = Object.freeze(['', 'mine', 'nobody', 'done']);

/** @param {Share|''} share */
function shareText(share) {
  switch (share) {
    case 'mine': return t('Mine');
    case 'nobody': return t('Nobody’s');
    case 'done': return t('Finished');
    default: return t('The whole list');
  }
}

/** @param {Share|''} current @param {(share: Share|'') => void} choose */
export const sharesView = (current, choose) => html`<div class="work-shares" role="group" aria-label=${t('Show which messages')}>${SHARES.map((share) => html`
  <button type="button" class="work-share" data-share=${share || 'all'} aria-pressed=${share === current ? 'true' : 'false'} @click=${() => choose(share)}>${shareText(share)}</button>`)}</div>`;

/** @param {Share} share */
export function nothingOf(share) {
  switch (share) {
    case 'mine': return [t('Nothing waits for you'), t('What colleagues assign to you, or you take yourself, stands here until it is done.')];
    case 'nobody': return [t('Every message has somebody'), t('What is neither assigned nor done stands here.')];
    default: return [t('Nothing is done yet'), t('Mark a message as done with the key d, or above the open message.')];
  }
}

/** @param {Standing} standing @param {() => void} close @param {() => void} takeOver */
export function takeOverView({ answering, answeringSince }, close, takeOver) {
  const name = answering ? colleagueName(answering) : t('a colleague');
  return html`<div class="dialog-head"><h2 class="dialog-title">${t('{name} is answering this message', { name })}</h2>
      <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>
    <p>${answeringSince ? t('An answer has been open at their desk since {time}. Two answers could contradict each other.', { time: formatTime(answeringSince) }) : t('Two answers could contradict each other.')}</p>
    <p>${t('If you take over, they are told at once; what they wrote stays with them as a draft.')}</p>
    <div class="button-row"><button type="button" class="button primary" data-action="take-over" @click=${() => { close(); takeOver(); }}>${t('Take over')}</button>
      <button type="button" class="button" @click=${close}>${t('Cancel')}</button></div>`;
}

/** For whoever manages a shared mailbox. @param {boolean} own @param {(own: boolean) => void} change */
export const readMarksView = (own, change) => html`<section class="place-section"><h3 class="place-subtitle">${t('Read marks')}</h3>
  <label class="option"><input type="checkbox" role="switch" data-action="read-marks" .checked=${own} @change=${(/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}>
    <span class="option-words"><span class="option-title">${t('Each member has own read marks')}</span>
      <span class="option-help">${t('A message stays unread for you until you have opened it yourself. Otherwise it counts as read for all as soon as one member has opened it.')}</span></span></label></section>`;
