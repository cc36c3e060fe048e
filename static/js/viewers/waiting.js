// What is shown while something is done or waited for, and why a mailbox is locked.
import { t } from '../i18n.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @param {string} title @param {string} detail @param {() => void} [cancel] */
export const workingView = (title, detail, cancel) => html`
  <div class="waiting" role="status">
    <span class="spinner" aria-hidden="true"></span>
    <h1 class="entrance-title">${title}</h1><p class="entrance-lead">${detail}</p>
    ${cancel ? html`<button type="button" class="button" @click=${cancel}>${t('Cancel')}</button>` : nothing}
  </div>`;

/** @param {string} name @param {string} title @param {string} detail @param {() => void} cancel */
export const waitingView = (name, title, detail, cancel) => html`
  <div class="waiting" role="status">
    <span class="waiting-icon">${icon(name)}</span>
    <h1 class="entrance-title">${title}</h1><p class="entrance-lead">${detail}</p>
    <button type="button" class="button" @click=${cancel}>${t('Cancel')}</button>
  </div>`;

/** Why a mailbox is locked. @param {string} reason @returns {string} */
export function lockText(reason) {
  switch (reason) {
    case 'card-removed': return t('The card was removed, so the mailbox was locked. A message you were writing has been kept. Insert the card again, then unlock.');
    case 'expired': return t('Your session has ended. Log in again.');
    case 'idle': return t('The mailbox was locked because nobody used it for a while.');
    case 'bridge-stopped': return t('The card program was stopped, so the mailbox was locked. A message you were writing has been kept. Start the program again, then unlock.');
    case 'screen-locked': return t('The screen was locked, so the mailbox was locked too.');
    case 'suspended': return t('The computer was asleep, so the mailbox was locked.');
    case 'module-crashed': return t('The card’s driver stopped, so the mailbox was locked. A message you were writing has been kept.');
    case 'card-announced': return t('Your new card is known. Now log in with the old one, and let the new one in under “My access”.');
    case 'logged-out': return t('You are logged out.');
    default: return t('Your mailbox is locked.');
  }
}

/** Why the card asks for its PIN again. @param {string} reason of grant.ended @returns {string} */
export function grantEndText(reason) {
  switch (reason) {
    case 'expired': return t('The card has been open for its time: it asks for its PIN at the next use.');
    case 'used-up': return t('The card has been used as often as one PIN allows: it asks for it at the next use.');
    case 'module-crashed': return t('The card’s driver stopped and was started again: the card asks for its PIN at the next use.');
    default: return '';
  }
}
