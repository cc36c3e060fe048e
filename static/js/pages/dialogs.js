// Dialogs of the desk: where a link leads, an image from an attachment, a message that came inside another.
import { t } from '../i18n.js';
import { subjectText } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html } from '../viewers/lit.js';
import { noticeView } from '../viewers/notice.js';

/** @typedef {import('../viewers/links.js').LinkTarget} LinkTarget */
/** @typedef {import('./store-types.js').Attachment} Attachment */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** @param {string} title @param {() => void} close */
const headView = (title, close) => html`
  <div class="dialog-head"><h2 class="dialog-title">${title}</h2>
    <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>`;

/** @param {LinkTarget} target @param {() => void} close */
export const linkView = (target, close) => html`
  ${headView(t('Leave Pli?'), close)}
  <p>${target.kind === 'telephone' ? t('This link calls:') : t('This link opens a page of:')}</p>
  <p class="link-host"><strong>${target.host}</strong><br>${target.href}</p>
  ${target.warnings.map((words) => noticeView({ tone: 'caution', title: words }))}
  <div class="button-row">
    <a class="button primary" href=${target.href} target="_blank" rel="noopener noreferrer" @click=${() => setTimeout(close)}>${t('Open')}</a>
    <button type="button" class="button" @click=${close}>${t('Stay here')}</button>
  </div>`;

/** @param {() => void} giveUp @param {() => void} close */
export const giveUpView = (giveUp, close) => html`
  ${headView(t('Give up what does not open?'), close)}
  <p>${t('What was written is deleted from this device and exists nowhere else. It may still open another day, with another way in: your card, for instance.')}</p>
  <div class="button-row">
    <button type="button" class="button primary" data-action="give-up" @click=${() => { giveUp(); close(); }}>${t('Delete it')}</button>
    <button type="button" class="button" @click=${close}>${t('Keep it')}</button>
  </div>`;

/** @param {{url: string, name: string}} image @param {() => void} close */
export const previewView = ({ url, name }, close) => html`
  ${headView(name, close)}
  <img src=${url} alt=${t('Attached image {name}', { name })}>`;

/** @param {{store: Store, attachment: Attachment, within: OpenedMessage}} opening @param {() => void} close */
export const separateView = ({ store, attachment, within }, close) => html`
  <div class="dialog-head"><div><h2 class="dialog-title">${t('Opened separately')}</h2>
    <p class="dialog-lead">${t('This came inside “{subject}” and proves nothing about it.', { subject: subjectText(within.subject) })}</p></div>
    <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>
  <pli-separate .store=${store} .within=${within.id} .attachment=${attachment}></pli-separate>`;
