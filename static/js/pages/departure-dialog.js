// Questions of <pli-network> before somebody is let go: what ends, where mail goes, and who must follow first.
import { t, tn } from '../i18n.js';
import { plainLine } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html } from '../viewers/lit.js';

/** @typedef {import('../mail/network.js').Colleague} Colleague */
/** @typedef {import('../mail/network.js').Departure} Departure */

/** @param {string} title @param {() => void} close */
const headView = (title, close) => html`<div class="dialog-head"><h2 class="dialog-title">${title}</h2>
  <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>`;

/** @param {Colleague} person @param {() => void} close @param {(how: Departure) => void} act */
export const departureView = (person, close, act) => {
  const name = plainLine(person.name);
  return html`${headView(t('{name} leaves the establishment?', { name }), close)}
  <form @submit=${(/** @type {SubmitEvent} */ event) => { event.preventDefault(); const how = departure(/** @type {HTMLFormElement} */ (event.currentTarget)); close(); act(how); }}>
    <p>${t('From now on no card, passkey or code of {name} logs in here, and every shared inbox is closed. The key of each is changed at the next visit of one of its managers.', { name })}</p>
    <p>${t('The mailbox of {name} is handed to nobody: only those who hold its emergency shares can open it, together.', { name })}</p>
    <fieldset class="choice-set"><legend class="field-label">${t('New mail to {address}', { address: person.address })}</legend>
      ${ruleView('keep', t('Is kept, sealed'), t('For whoever opens the mailbox with the emergency shares.'), true)}
      ${ruleView('redirect', t('Goes to a colleague'), t('To the mailbox whose address you give below.'))}
      ${ruleView('refuse', t('Is refused'), t('Whoever writes is told that the address has ended.'))}</fieldset>
    <label class="field"><span class="field-label">${t('Address of the colleague')}</span><input class="input" type="email" name="redirect-to" autocomplete="off"></label>
    <p class="field-help">${t('Your card is asked for once more. This cannot be undone.')}</p>
    <div class="button-row"><button class="button primary" data-action="agree">${t('End all access')}</button><button type="button" class="button" @click=${close}>${t('Cancel')}</button></div>
  </form>`;
};

/** @param {Departure['address']} rule @param {string} title @param {string} help @param {boolean} [chosen] */
const ruleView = (rule, title, help, chosen = false) => html`<label class="option"><input type="radio" name="address" value=${rule} ?checked=${chosen}>
  <span class="option-words"><span class="option-title">${title}</span><span class="option-help">${help}</span></span></label>`;

/** @param {HTMLFormElement} form @returns {Departure} */
function departure(form) {
  const data = new FormData(form);
  return { address: /** @type {Departure['address']} */ (data.get('address')), redirectTo: String(data.get('redirect-to') ?? '').trim(), anyway: false };
}

/** Nothing has ended yet. @param {Colleague} person @param {readonly string[]} addresses @param {() => void} close @param {() => void} act */
export const successorView = (person, addresses, close, act) => {
  const name = plainLine(person.name);
  return html`${headView(t('Somebody must follow {name} first', { name }), close)}
  <p>${tn('{name} is the only owner of a shared inbox:', '{name} is the only owner of {n} shared inboxes:', addresses.length, { name })}</p>
  <ul data-stranded>${addresses.map((address) => html`<li>${address}</li>`)}</ul>
  <p>${t('Nothing has ended yet. Best: {name} makes a colleague owner there (“People”, then “Change”), and you come back here.', { name })}</p>
  <p>${t('If {name} cannot do this any more, end all access anyway. Those who have access go on reading and writing there, but only an owner ends the right of an owner: the key of the inbox can never be changed again, and {name} keeps the old one. Open a new shared inbox and go over to it.', { name })}</p>
  <div class="button-row"><button type="button" class="button primary" data-action="wait" @click=${close}>${t('Wait for a successor')}</button>
    <button type="button" class="button" data-action="anyway" @click=${() => { close(); act(); }}>${t('End all access anyway')}</button></div>`;
};
