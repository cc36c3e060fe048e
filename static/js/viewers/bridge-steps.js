// The steps of the entrance that few visits need: what the browser will ask, the link window, pairing.
import { t } from '../i18n.js';
import { html } from './lit.js';
import { pairingView, stepsView } from './pairing-view.js';
import { linkPicture, permissionPicture } from './pictures.js';

/** @typedef {import('./login-view.js').LoginState} LoginState */
/** @typedef {import('./login-view.js').LoginActions} LoginActions */

/** @param {LoginState} state @param {LoginActions} actions */
export function bridgeStepView(state, actions) {
  switch (state.step) {
    case 'explain': return explainView(actions);
    case 'asking': return askingView(actions);
    case 'relay': return relayView(actions);
    default: return pairingView(state.pairing ?? { step: 'offer', digits: '', origin: '' }, actions);
  }
}

/** @param {LoginActions} actions */
const explainView = ({ allowBridge, back }) => html`
  <h1 class="entrance-title">${t('Your browser will ask a question')}</h1>
  <p class="entrance-lead">${t('Your card is read by a small program on this computer. To reach it, your browser may ask whether this page may access other apps and services on this device.')}</p>
  ${permissionPicture()}
  ${stepsView([t('Press “Continue”.'), t('Answer “Allow”. The page talks to that program only, never to anything else on your network.')])}
  <div class="button-row">
    <button type="button" class="button primary" data-action="allow-bridge" @click=${allowBridge}>${t('Continue')}</button>
    <button type="button" class="button" @click=${back}>${t('Back')}</button>
  </div>`;

/** @param {LoginActions} actions */
const askingView = ({ back }) => html`
  <h1 class="entrance-title">${t('Your browser is asking')}</h1>
  <p class="entrance-lead" role="status">${t('Answer “Allow” to the question near the address.')}</p>
  ${permissionPicture()}
  <div class="button-row"><button type="button" class="button" @click=${back}>${t('Cancel')}</button></div>`;

/** @param {LoginActions} actions */
const relayView = ({ useWindow, back }) => html`
  <h1 class="entrance-title">${t('A link window will open')}</h1>
  <p class="entrance-lead">${t('This browser does not let a page reach the card program directly. A small window of the card program makes the link; what passes through it is encrypted.')}</p>
  ${linkPicture()}
  ${stepsView([t('Press “Open the link window”.'), t('Leave that window open while you use your card.')])}
  <div class="button-row">
    <button type="button" class="button primary" data-action="window" @click=${useWindow}>${t('Open the link window')}</button>
    <button type="button" class="button" @click=${back}>${t('Back')}</button>
  </div>`;
