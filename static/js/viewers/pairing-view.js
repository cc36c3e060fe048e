// Pairing this page with the card program: how it begins, the six digits, and a bridge that is not the one of before.
import { t } from '../i18n.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { noticeView } from './notice.js';

/**
 * @typedef {object} PairingState
 * @property {'offer'|'digits'|'waiting'|'changed'|'refused'} step waiting: the person agreed here, and not yet at the card program
 * @property {string} digits "123 456", while they are compared
 * @property {string} origin
 *
 * @typedef {object} PairingActions
 * @property {() => void} pair
 * @property {(same: boolean) => void} agree
 * @property {() => void} back
 */

/** @param {PairingState} state @param {PairingActions} actions */
export function pairingView(state, actions) {
  switch (state.step) {
    case 'digits': return digitsView(state, actions);
    case 'waiting': return waitingForBridgeView(state, actions);
    case 'changed': return html`${changedNotice()}${offerView(state, actions)}`;
    case 'refused': return html`${noticeView({ tone: 'caution', title: t('The pairing was refused.'), body: t('Nothing was kept. Pair again only if you are at this computer yourself.') })}${offerView(state, actions)}`;
    default: return offerView(state, actions);
  }
}

const changedNotice = () => noticeView({
  tone: 'error',
  title: t('This is not the card program this page was paired with.'),
  body: t('That is normal after it was installed anew, or if you use another session of this computer. If nothing of the kind happened, do not go on and tell your administrator.'),
});

/** @param {PairingState} state @param {PairingActions} actions */
const offerView = ({ origin, step }, actions) => html`
  <h1 class="entrance-title">${step === 'changed' ? t('Pair again?') : t('Pair this page with the card program')}</h1>
  <p class="entrance-lead">${t('Once for this browser. Afterwards the card program recognises this page, and no other can pass for it.')}</p>
  ${stepsView([
    html`${t('On this computer, let the card program expect this page:')}${commandView(`pli-bridge pair ${origin}`)}<span class="step-aside">${t('Where an administrator has installed it for this address, this is done already.')}</span>`,
    t('Press “Pair”. Six digits appear here and in the card program’s window.'),
    t('Agree in both places if they are the same.'),
  ])}
  <div class="button-row">
    <button type="button" class="button primary" data-action="pair" @click=${actions.pair}>${t('Pair')}</button>
    <button type="button" class="button" @click=${actions.back}>${t('Back')}</button>
  </div>`;

/** @param {PairingState} state @param {PairingActions} actions */
const digitsView = ({ digits }, { agree }) => html`
  <h1 class="entrance-title">${t('Compare these 6 digits')}</h1>
  <p class="entrance-lead">${t('The card program shows six digits too, in a window of its own. Are they the same?')}</p>
  ${digitsBox(digits)}
  <div class="button-row">
    <button type="button" class="button primary" data-action="same" @click=${() => agree(true)}>${icon('check')}${t('They are the same')}</button>
    <button type="button" class="button" data-action="differ" @click=${() => agree(false)}>${t('They differ')}</button>
  </div>
  <p class="entrance-foot">${t('If they differ, or if there is no such window, someone may stand between this page and your card: refuse.')}</p>`;

/** @param {PairingState} state @param {PairingActions} actions */
const waitingForBridgeView = ({ digits }, { agree }) => html`
  <div class="waiting" role="status">
    <span class="spinner" aria-hidden="true"></span>
    <h1 class="entrance-title">${t('Now agree in the card program’s window')}</h1>
    <p class="entrance-lead">${t('It shows the same six digits and the address of this page.')}</p>
    ${digitsBox(digits)}
    <button type="button" class="button" data-action="differ" @click=${() => agree(false)}>${t('Cancel')}</button>
  </div>`;

/** Spelled out for screen readers: six digits, not a number of six figures. @param {string} digits */
const digitsBox = (digits) => html`
  <p class="digits" data-digits=${digits}><span aria-hidden="true">${[...digits].map((digit) => (digit === ' ' ? html`<span class="digits-gap"></span>` : html`<span class="digit">${digit}</span>`))}</span>
  <span class="visually-hidden">${[...digits.replaceAll(' ', '')].join(' ')}</span></p>`;

/** @param {unknown[]} steps */
export const stepsView = (steps) => (steps.length ? html`<ol class="steps">${steps.map((step) => html`<li>${step}</li>`)}</ol>` : nothing);

/** Something to type in a terminal, with a button that copies it. @param {string} command */
export const commandView = (command) => html`<span class="command"><code>${command}</code>
  <button type="button" class="icon-button" aria-label=${t('Copy')} title=${t('Copy')} @click=${() => void navigator.clipboard?.writeText(command)}>${icon('copy')}</button></span>`;
