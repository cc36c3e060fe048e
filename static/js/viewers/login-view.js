// What the login page looks like in each of its steps. pages/login.js decides which step it is.
import { t } from '../i18n.js';
import { errorCode, errorText } from './error-texts.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { agreeToRestoreButton, errorView, noticeView } from './notice.js';
import { lockText, waitingView, workingView } from './waiting.js';

/**
 * @typedef {object} CardChoice one card in a reader, from card.list
 * @property {string} card
 * @property {string} label
 * @property {string} reader
 * @property {'ready'|'pin-locked'|'last-try'|'unsupported'} state
 * @property {number|null} tries
 *
 * @typedef {object} LoginState
 * @property {'choose'|'explain'|'asking'|'relay'|'looking'|'pairing'|'cards'|'insert'|'pin'|'passkey'|'checking'|'opening'|'without'|'lost'|'code'|'renew'|'renew-code'} step
 *   pairing: drawn by pairing-view.js, which few visits need; without, code, renew, renew-code: by without-card-view.js;
 *   explain: the bridge will be contacted, the browser may ask; insert: no card yet; pin: the bridge asks for it
 * @property {boolean} passkeys whether the tenant allows passkeys
 * @property {CardChoice[]} cards
 * @property {import('./pairing-view.js').PairingState} [pairing]
 * @property {{name: string}} [why] there is no card: no reader, a card of another kind, another program
 * @property {unknown} [error]
 * @property {{address: string, code: string}} [typed] a recovery code that was not taken
 * @property {string} [notice] why the person is here: `locked`, `card-removed`, `expired`, `idle`, `bridge-stopped`, `logged-out`
 *
 * @typedef {object} LoginActions
 * @property {() => void} useCard
 * @property {() => void} allowBridge after the explanation: contact the bridge
 * @property {() => void} useWindow reach the bridge by its link window
 * @property {() => void} offerPairing say how this page is paired
 * @property {() => void} pair with the bridge that answers
 * @property {(same: boolean) => void} agree whether the digits are the same
 * @property {(card: string) => void} pickCard
 * @property {() => void} usePasskey
 * @property {() => void} retry
 * @property {() => void} back
 * @property {(statement: string) => void} agreeToRestore and try again
 * @property {() => void} withoutCard what else opens
 * @property {() => void} cardLost what blocks it
 * @property {() => void} showCode
 * @property {(address: string, code: string) => void} useCode a printed recovery code
 * @property {() => void} showRenewCode
 * @property {(by: 'passkey' | {code: string} | {card: string}) => void} renew the card that logged in takes the place of another
 * @property {() => void} announce the old card comes into the same reader
 * @property {() => void} openAccount go and open a new account with a passkey
 */

/** @param {LoginState} state @param {LoginActions} actions */
export const loginView = (state, actions) => html`
  ${state.notice ? noticeView({ tone: 'info', title: lockText(state.notice) }) : nothing}
  ${state.error ? errorView(state.error, { retry: actions.retry, more: moreView(state.error, actions) }) : nothing}
  ${stepView(state, actions)}`;

/** Another way on, where there is one. @param {unknown} error @param {LoginActions} actions */
function moreView(error, { useWindow, offerPairing, agreeToRestore }) {
  switch (errorCode(error)) {
    case 'bridge-blocked': case 'relay-blocked': case 'relay-closed':
      return html`<button type="button" class="button small" data-action="window" @click=${useWindow}>${t('Use the link window')}</button>`;
    case 'bridge-refused': case 'bridge-not-paired': case 'pairing-refused':
      return html`<button type="button" class="button small" data-action="offer-pairing" @click=${offerPairing}>${t('Pair…')}</button>`;
    default: return agreeToRestoreButton(error, agreeToRestore);
  }
}

/** @param {LoginState} state @param {LoginActions} actions */
function stepView(state, actions) {
  switch (state.step) {
    case 'choose': return chooseView(state, actions);
    case 'cards': return cardsView(state.cards, actions);
    case 'insert': return insertView(state.why, actions.back);
    case 'looking': return workingView(t('Looking for your card…'), t('The card program on this computer is being asked.'), actions.back);
    case 'pin': return waitingView('key', t('Enter your PIN'), t('The card program asks for it in a window of its own. Never type your PIN into a web page.'), actions.back);
    case 'passkey': return waitingView('fingerprint', t('Use your passkey'), t('Follow the instructions of your browser, phone or security key.'), actions.back);
    case 'checking': return workingView(t('Checking…'), t('The server checks the proof that your card or passkey made.'));
    default: return workingView(t('Opening your mailbox…'), t('Your keys are opened on this device. The server never sees them.'));
  }
}

/** @param {LoginState} state @param {LoginActions} actions */
const chooseView = ({ passkeys }, actions) => html`
  <h1 class="entrance-title">${t('Log in')}</h1>
  <p class="entrance-lead">${t('End-to-end encrypted mail for health professionals.')}</p>
  <div class="choices">
    ${choiceButton('card', t('Health card'), t('CPS or another card, with a reader on this computer'), actions.useCard, true)}
    ${passkeys ? choiceButton('fingerprint', t('Passkey'), t('Phone, security key or this computer'), actions.usePasskey) : nothing}
  </div>
  ${passkeys ? html`<p class="entrance-foot">${t('New here?')}
    <button type="button" class="link-button" data-action="open-account" @click=${actions.openAccount}>${t('Open an account with a passkey')}</button>.
    ${t('With a card, simply log in: your account is opened on the way.')}</p>` : nothing}
  <p class="entrance-foot"><button type="button" class="link-button" data-action="without-card" @click=${actions.withoutCard}>${t('Without my card')}</button> ·
    <button type="button" class="link-button" data-action="card-lost" @click=${actions.cardLost}>${t('My card is lost')}</button> ·
    <a href="/bridge-check" data-action="check">${t('Trouble with your card?')}</a></p>`;

/** @param {string} name @param {string} title @param {string} detail @param {() => void} act @param {boolean} [first] */
const choiceButton = (name, title, detail, act, first = false) => html`
  <button type="button" class="choice ${first ? 'choice-first' : ''}" data-action=${name === 'card' ? 'card' : 'passkey'} @click=${act}>
    <span class="choice-icon">${icon(name)}</span>
    <span class="choice-words"><span class="choice-title">${title}</span><span class="choice-detail">${detail}</span></span>
    ${icon('next')}
  </button>`;

/** @param {{name: string}|undefined} why @param {() => void} back */
function insertView(why, back) {
  if (!why || why.name === 'NO_CARD') return waitingView('card', t('Insert your card'), t('Put it in the reader, chip first. This page goes on by itself.'), back);
  const { title, next } = errorText({ code: why.name, data: why });
  return waitingView(why.name === 'NO_READER' ? 'reader' : 'card', title, next, back);
}

/** @param {CardChoice[]} cards @param {LoginActions} actions */
const cardsView = (cards, actions) => html`
  <h1 class="entrance-title">${t('Which card?')}</h1>
  <ul class="choices" role="list">${cards.map((card) => html`<li>${cardButton(card, actions)}</li>`)}</ul>
  <div class="button-row"><button type="button" class="button" @click=${actions.back}>${t('Back')}</button></div>`;

/** @param {CardChoice} card @param {LoginActions} actions */
const cardButton = (card, { pickCard }) => html`
  <button type="button" class="choice" data-card=${card.card} ?disabled=${card.state !== 'ready'} @click=${() => pickCard(card.card)}>
    <span class="choice-icon">${icon('card')}</span>
    <span class="choice-words"><span class="choice-title">${card.label}</span><span class="choice-detail">${cardDetail(card)}</span></span>
    ${icon('next')}
  </button>`;

/** @param {CardChoice} card @returns {string} */
function cardDetail({ state, reader }) {
  switch (state) {
    case 'pin-locked': return t('PIN blocked: unblock it with the card’s own program');
    case 'last-try': return t('One PIN try left: use the card’s own program first');
    case 'unsupported': return t('Not a card that Pli can use');
    default: return reader;
  }
}
