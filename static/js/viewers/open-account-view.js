// What opening an account looks like in each of its steps. pages/open-account.js decides which step it is.
import { t } from '../i18n.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { waitingView, workingView } from './waiting.js';
import { errorView } from './notice.js';

/**
 * @typedef {object} OpenAccountState
 * @property {'person'|'passkey'|'address'|'keys'|'consent'|'completing'|'done'} step
 *   person: name and address of someone without card; passkey: the browser makes one; address: confirm it;
 *   keys: made in the vault; consent: the card signs
 * @property {string} name from the card, or as typed
 * @property {string} rppsNumber '' without card
 * @property {string} profession
 * @property {string} address suggested, or as typed
 * @property {boolean} card whether a card proves the person
 * @property {unknown} [error]
 *
 * @typedef {object} OpenAccountActions
 * @property {(person: {name: string, address: string}) => void} register
 * @property {(address: string) => void} confirm
 * @property {() => void} retry
 * @property {() => void} back
 * @property {() => void} enter go to the mailbox
 */

/** @param {OpenAccountState} state @param {OpenAccountActions} actions */
export const openAccountView = (state, actions) => html`
  ${state.error ? errorView(state.error, { retry: actions.retry }) : nothing}
  ${stepView(state, actions)}`;

/** @param {OpenAccountState} state @param {OpenAccountActions} actions */
function stepView(state, actions) {
  switch (state.step) {
    case 'person': return personView(state, actions);
    case 'passkey': return waitingView('fingerprint', t('Make your passkey'), t('Follow the instructions of your browser, phone or security key.'), actions.back);
    case 'address': return addressView(state, actions);
    case 'keys': return workingView(t('Preparing your mailbox…'), t('Its secrets are made on this device and never leave it in the clear. This takes a few seconds.'));
    case 'consent': return waitingView('card', t('Confirm in the card program'), t('Your card signs once that this address is yours.'), actions.back);
    case 'completing': return workingView(t('Opening your account…'), t('The server checks the proofs and keeps only sealed data.'));
    default: return doneView(state, actions);
  }
}

/** @param {OpenAccountState} state @param {OpenAccountActions} actions */
const personView = (state, actions) => html`
  <h1 class="entrance-title">${t('Open an account')}</h1>
  <p class="entrance-lead">${t('Your passkey opens the mailbox. Readers will see a proven address, not a proven RPPS number, until a colleague’s card vouches for you.')}</p>
  <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => submitPerson(event, actions)}>
    ${field('name', t('First and last name'), state.name, { autocomplete: 'name' })}
    ${field('address', t('Address you would like'), state.address, { type: 'email', autocomplete: 'off' })}
    <div class="button-row">
      <button class="button primary" data-action="register">${icon('fingerprint')}${t('Continue with a passkey')}</button>
      <button type="button" class="button" @click=${actions.back}>${t('Back')}</button>
    </div>
  </form>`;

/** @param {SubmitEvent} event @param {OpenAccountActions} actions */
function submitPerson(event, actions) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  actions.register({ name: String(form.get('name')).trim(), address: String(form.get('address')).trim() });
}

/** @param {OpenAccountState} state @param {OpenAccountActions} actions */
const addressView = (state, actions) => html`
  <h1 class="entrance-title">${t('Open your account')}</h1>
  ${state.card ? identityView(state) : nothing}
  <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => submitAddress(event, actions)}>
    ${field('address', t('Your address'), state.address, { type: 'email', autocomplete: 'off' })}
    <p class="field-help">${state.card
      ? t('Your card will sign once that this address is yours. That is what lets colleagues be sure who writes.')
      : t('Your passkey confirms that this address is yours.')}</p>
    <div class="button-row">
      <button class="button primary" data-action="open">${t('Open my account')}</button>
      <button type="button" class="button" @click=${actions.back}>${t('Back')}</button>
    </div>
  </form>`;

/** @param {SubmitEvent} event @param {OpenAccountActions} actions */
function submitAddress(event, actions) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  actions.confirm(String(form.get('address')).trim());
}

/** @param {OpenAccountState} state */
const identityView = ({ name, profession, rppsNumber }) => html`
  <div class="identity-card">
    <span class="choice-icon">${icon('card')}</span>
    <p><strong>${name}</strong><br><span class="muted">${profession}${rppsNumber ? html` · RPPS ${rppsNumber}` : nothing}</span></p>
  </div>`;

/** @param {string} name @param {string} label @param {string} value @param {{type?: string, autocomplete?: string}} [how] */
const field = (name, label, value, { type = 'text', autocomplete = 'off' } = {}) => html`
  <label class="field"><span class="field-label">${label}</span>
    <input class="input" name=${name} type=${type} autocomplete=${/** @type {'off'} */ (autocomplete)} .value=${value} required spellcheck="false"></label>`;

/** @param {OpenAccountState} state @param {OpenAccountActions} actions */
const doneView = (state, actions) => html`
  <div class="waiting">
    <span class="waiting-icon good">${icon('check')}</span>
    <h1 class="entrance-title">${t('Your mailbox is open')}</h1>
    <p class="entrance-lead">${state.address}</p>
    <button type="button" class="button primary" data-action="enter" @click=${actions.enter}>${t('Go to my mail')}</button>
  </div>`;
