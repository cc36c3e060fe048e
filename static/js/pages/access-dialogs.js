// Questions of <pli-access> before an act: each says what it does before the click.
import { t } from '../i18n.js';
import { lossTexts, unlockerTitle } from '../viewers/access-texts.js';
import { icon } from '../viewers/icons.js';
import { html } from '../viewers/lit.js';

/** @param {string} title @param {() => void} close */
export const dialogHead = (title, close) => html`<div class="dialog-head"><h2 class="dialog-title">${title}</h2>
  <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>`;

/** @param {import('../mail/unlockers.js').Unlocker} unlocker @param {() => void} close @param {() => void} act */
export const lossView = (unlocker, close, act) => html`
  ${dialogHead(unlocker.kind === 'card' ? t('My card is lost') : t('Remove “{what}”?', { what: unlockerTitle(unlocker) }), close)}
  ${lossTexts(unlocker).map((words) => html`<p>${words}</p>`)}
  <div class="button-row">
    <button type="button" class="button primary" data-action="agree" @click=${() => { close(); act(); }}>${unlocker.kind === 'card' ? t('Block it and change the key now') : t('Remove it and change the key')}</button>
    <button type="button" class="button" @click=${close}>${t('Cancel')}</button>
  </div>`;

/** @param {() => void} close @param {(name: string) => void} act */
export const addPasskeyView = (close, act) => html`
  ${dialogHead(t('Add a passkey'), close)}
  <p>${t('It logs in and opens this mailbox without your card. Your device or security key asks for your finger, face or code.')}</p>
  <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => submitted(event, 'name', close, act)}>
    <label class="field"><span class="field-label">${t('A name to recognise it by')}</span><input class="input" name="name" required maxlength="100" autocomplete="off"></label>
    <div class="button-row"><button class="button primary" data-action="agree">${t('Add it')}</button><button type="button" class="button" @click=${close}>${t('Cancel')}</button></div>
  </form>`;

/** @param {SubmitEvent} event @param {string} field @param {() => void} close @param {(value: string) => void} act */
function submitted(event, field, close, act) {
  event.preventDefault();
  const value = String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get(field) ?? '').trim();
  if (!value) return;
  close();
  act(value);
}

/** @param {{card: string, label: string, reader: string}[]} cards in other readers @param {() => void} close @param {(card: string) => void} act */
export const addCardView = (cards, close, act) => html`
  ${dialogHead(t('Add a second card'), close)}
  ${cards.length ? html`<p>${t('Which one? It must bear your own RPPS number.')}</p>
    <div class="choices">${cards.map(({ card, label, reader }) => html`<button type="button" class="choice" data-card=${card} @click=${() => { close(); act(card); }}>
      <span class="choice-icon">${icon('card')}</span><span class="choice-words"><span class="choice-title">${label}</span><span class="choice-detail">${reader}</span></span></button>`)}</div>`
    : html`<p>${t('With a second reader: put the other card in it, then come back here.')}</p>
    <p>${t('With one reader: log out, log in once with the other card, then log in again with this one. This page then offers to let it in.')}</p>`}
  <div class="button-row"><button type="button" class="button" @click=${close}>${t('Close')}</button></div>`;
