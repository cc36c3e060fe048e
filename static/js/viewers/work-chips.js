// What is said of a message in a shared inbox, in a few words each: who answers it, whose it is, whether it is done.
import { t } from '../i18n.js';
import { formatFullDate, formatTime, plainLine } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {import('../mail/work.js').Colleague} Colleague */
/** @typedef {import('../mail/work.js').Standing} Standing */
/** @typedef {{kind: 'answering'|'mine'|'other'|'done', image: string, words: string, title: string}} Chip */

/** @param {Colleague} person */
export const colleagueName = ({ name }) => plainLine(name) || t('a colleague');

/** @param {Standing} standing @returns {Chip[]} what a colleague must see first stands first */
export function chipsOf({ answering, answeringSince, assignedTo, done, doneAt }) {
  /** @type {Chip[]} */
  const chips = [];
  if (answering) chips.push({ kind: 'answering', image: 'compose', words: answering.isMe ? t('you are answering') : t('{name} is answering', { name: colleagueName(answering) }), title: answeringSince ? t('since {time}', { time: formatTime(answeringSince) }) : '' });
  if (done) chips.push({ kind: 'done', image: 'check', words: t('done'), title: t('{name}, {date}', { name: colleagueName(done), date: formatFullDate(doneAt) }) });
  if (assignedTo) chips.push({ kind: assignedTo.isMe ? 'mine' : 'other', image: 'person', words: assignedTo.isMe ? t('assigned to you') : t('assigned to {name}', { name: colleagueName(assignedTo) }), title: '' });
  return chips;
}

/** @param {Standing|undefined} standing undefined: not of a shared inbox */
export function chipsView(standing) {
  const chips = standing ? chipsOf(standing) : [];
  if (!chips.length) return nothing;
  return html`<span class="work-chips">${chips.map(({ kind, image, words, title }) => html`<span class="work-chip" data-work=${kind} title=${[words, title].filter(Boolean).join(', ')}>${icon(image)}<span>${words}</span></span>`)}</span>`;
}
