// The entrance without a card, and the first visit of a new card. pages/login.js decides which step is shown.
import { t } from '../i18n.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { errorView } from './notice.js';

/** @typedef {import('./login-view.js').LoginState} LoginState */
/** @typedef {import('./login-view.js').LoginActions} LoginActions */

/** @param {LoginState} state @param {LoginActions} actions */
export function withoutCardView(state, actions) {
  switch (state.step) {
    case 'without': return html`${errorOf(state, actions)}${withoutView(state, actions)}`;
    case 'lost': return html`${errorOf(state, actions)}${lostView(state, actions)}`;
    case 'code': return html`${errorOf(state)}${codeView(state.typed, actions)}`;
    case 'renew-code': return html`${errorOf(state)}${renewCodeView(state.typed, actions)}`;
    default: return html`${errorOf(state, actions)}${renewView(state, actions)}`;
  }
}

/** @param {LoginState} state @param {LoginActions} [actions] where trying the same once more can help */
const errorOf = ({ error }, actions) => (error ? errorView(error, { retry: actions?.retry }) : nothing);

/** @param {LoginState} state @param {LoginActions} actions */
const withoutView = ({ passkeys }, actions) => html`
  <h1 class="entrance-title">${t('Without my card')}</h1>
  <p class="entrance-lead">${t('Lost, broken or forgotten: what else opens your mailbox?')}</p>
  <div class="choices">
    ${passkeys ? choice('passkey', 'fingerprint', t('Passkey'), t('Read and write as usual; block the card under “My access”'), actions.usePasskey) : nothing}
    ${choice('code', 'print', t('Recovery code'), t('The sheet you printed: read only, for an hour'), actions.showCode)}
  </div>
  <p class="entrance-foot">${t('Neither? Ask a colleague who holds a share to open your mailbox under “Emergency access”, and ask your administrator for help.')}</p>
  ${backRow(actions)}`;

/** The same words for everybody: this page knows no address. @param {LoginState} state @param {LoginActions} actions */
const lostView = ({ passkeys }, actions) => html`
  <h1 class="entrance-title">${t('My card is lost')}</h1>
  <p class="entrance-lead">${t('Without its PIN nobody opens anything with it. Block it all the same, today. What else lets you in?')}</p>
  <div class="choices">
    ${passkeys ? choice('passkey', 'fingerprint', t('Passkey'), t('Then, under “My access”: block the card and change the key'), actions.usePasskey) : nothing}
    ${choice('code', 'print', t('Recovery code'), t('Then, under “My access”: block the card; the key changes when a card comes'), actions.showCode)}
  </div>
  <h2 class="entrance-subtitle">${t('Neither?')}</h2>
  <ul class="entrance-list">
    <li>${t('For an inbox of your service: its manager, under “People”, closes it to your card.')}</li>
    <li>${t('For your login as well: an administrator, if he manages an inbox that you share.')}</li>
    <li>${t('To read what cannot wait: colleagues who hold shares open your mailbox together, under “Emergency access”.')}</li>
    <li>${t('And in any case the issuer of the card, so that it is revoked everywhere.')}</li>
  </ul>
  ${backRow(actions)}`;

/** What was typed stays: nobody types 56 characters again for one slip. @param {LoginState['typed']} typed @param {LoginActions} actions */
const codeView = (typed, actions) => html`
  <h1 class="entrance-title">${t('Recovery code')}</h1>
  <p class="entrance-lead">${t('It opens your mailbox for an hour, to read only. Every use is recorded, and you receive a message about it.')}</p>
  <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => { const { address, code } = read(event); actions.useCode(address, code); }}>
    <label class="field"><span class="field-label">${t('Your address')}</span><input class="input" type="email" name="address" required autocomplete="username" .value=${typed?.address ?? ''}></label>
    ${codeField(typed)}
    <div class="button-row"><button class="button primary" data-action="use-code">${t('Open to read')}</button><button type="button" class="button" @click=${actions.back}>${t('Back')}</button></div>
  </form>`;

/** @param {LoginState['typed']} typed @param {LoginActions} actions */
const renewCodeView = (typed, actions) => html`
  <h1 class="entrance-title">${t('Recovery code')}</h1>
  <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => actions.renew({ code: read(event).code })}>
    ${codeField(typed)}
    <div class="button-row"><button class="button primary" data-action="use-code">${t('Let the new card in')}</button><button type="button" class="button" @click=${actions.back}>${t('Back')}</button></div>
  </form>`;

/** @param {LoginState['typed']} typed */
const codeField = (typed) => html`<label class="field"><span class="field-label">${t('The code on the sheet')}</span>
  <textarea class="input code-input" name="code" rows="3" required autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX XXXX XXXX …" .value=${typed?.code ?? ''}></textarea>
  <span class="field-help">${t('14 groups of four. Capitals, spaces and the letters O, I and L do not matter.')}</span></label>`;

/** @param {LoginState} state @param {LoginActions} actions */
const renewView = ({ passkeys, cards }, actions) => html`
  <h1 class="entrance-title">${t('A new card')}</h1>
  <p class="entrance-lead">${t('You are known, but your mailbox was opened by another card so far. Show once what opened it; from then on this card does, and nothing is lost.')}</p>
  <div class="choices">
    ${cards.map(({ card, label, reader }) => choice('renew-card', 'card', label, reader, () => actions.renew({ card })))}
    ${passkeys ? choice('renew-passkey', 'fingerprint', t('Passkey'), t('The old card is broken, lost or has ended'), () => actions.renew('passkey')) : nothing}
    ${choice('renew-code', 'print', t('Recovery code'), t('The old card is broken, lost or has ended'), actions.showRenewCode)}
    ${cards.length ? nothing : choice('announce', 'card', t('My old card still works'), t('In the same reader, one after the other'), actions.announce)}
  </div>
  ${backRow(actions)}`;

/** @param {LoginActions} actions */
const backRow = ({ back }) => html`<div class="button-row"><button type="button" class="button" @click=${back}>${t('Back')}</button></div>`;

/** @param {string} name @param {string} image @param {string} title @param {string} detail @param {() => void} act */
const choice = (name, image, title, detail, act) => html`
  <button type="button" class="choice" data-action=${name} @click=${act}><span class="choice-icon">${icon(image)}</span>
    <span class="choice-words"><span class="choice-title">${title}</span><span class="choice-detail">${detail}</span></span>${icon('next')}</button>`;

/** @param {SubmitEvent} event */
function read(event) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  return { address: String(form.get('address') ?? '').trim(), code: String(form.get('code') ?? '') };
}
