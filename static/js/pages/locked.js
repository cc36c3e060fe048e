// The mailbox while it is closed: locked, opening, or not yet opened. Nothing of its content is on this page.
import { t } from '../i18n.js';
import { agreeToRestore } from '../mail/restored.js';
import { lastEntrance } from '../mail/workroom.js';
import { icon, mark } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { lockText, workingView } from '../viewers/waiting.js';
import { errorCode } from '../viewers/error-texts.js';
import { agreeToRestoreButton, errorView } from '../viewers/notice.js';
import { languageButton, themeButton } from './entrance.js';

/** @typedef {{own: boolean, other: {card: string, label: string}|null}} Seen cards in the reader */

/** @param {{phase: string, reason: string, error: unknown, seen?: Seen, unlock: () => void,
 *   giveWay?: (card: string) => void, logout: () => void, redraw: () => void}} page */
export const lockedView = (page) => html`
  <main class="entrance entrance-page locked-page" id="main">
    <div class="entrance-brand">${mark()}<span class="brand-name">Pli</span></div>
    <section class="entrance-card" aria-live="polite">
      ${page.error ? errorView(unlockError(page.error), { more: agreeToRestoreButton(page.error, (statement) => { agreeToRestore(statement); page.unlock(); }) }) : nothing}
      ${page.phase === 'opening' || page.phase === 'starting'
        ? workingView(t('Opening your mailbox…'), t('Your keys are opened on this device. The server never sees them.')) : closedView(page)}
    </section>
    <footer class="entrance-footer"><div class="entrance-tools">${languageButton(page.redraw)}${themeButton(page.redraw)}</div></footer>
  </main>`;

/**
 * Opens the mailbox again by what opened it the last time. A code was typed at the entrance and is kept nowhere: back there.
 * @param {Pick<import('./store-types.js').StoreFace, 'openMailbox' | 'logout'>} store
 */
export const reopen = (store) => (lastEntrance() === 'code' ? store.logout() : store.openMailbox());

/** A card that cannot unwrap a message's key is here the card of somebody else. @param {unknown} error */
const unlockError = (error) => (errorCode(error) === 'RECIPIENT_MISMATCH' ? { code: 'other-card' } : error);

/** @type {Seen} */
const NONE = Object.freeze({ own: false, other: null });

/** Reasons of a lock whose text says how to go on. */
const SAYS_HOW = Object.freeze(['card-removed', 'bridge-stopped', 'expired']);

/** How to go on, where the reason does not say it. */
const howText = () => (lastEntrance() === 'code' ? t('Your recovery code opens it again, at the entrance.') : lastEntrance() === 'passkey' ? t('Your passkey opens it again.') : t('Your card opens it again: leave it in its reader.'));

/** @param {string} reason @returns {string} */
const leadText = (reason) => (SAYS_HOW.includes(reason) ? lockText(reason) : `${lockText(reason)} ${howText()}`);

/** An error says what is wrong now, which the reason of the lock may no longer be. @param {{reason: string, error: unknown, seen?: Seen, unlock: () => void, giveWay?: (card: string) => void, logout: () => void}} page */
const closedView = ({ reason, error, seen = NONE, unlock, giveWay = () => {}, logout }) => (seen.other ? otherCardView(seen.other, giveWay, logout) : html`
  <div class="waiting">
    <span class="waiting-icon">${icon('lock')}</span>
    <h1 class="entrance-title">${t('Locked')}</h1>
    <p class="entrance-lead">${error ? t('Your mailbox is locked.') : seen.own ? t('Your card is in the reader.') : leadText(reason)}</p>
    <button type="button" class="button primary" data-action="unlock" @click=${unlock}>${t('Unlock')}</button>
    <button type="button" class="button quiet" data-action="logout" @click=${logout}>${t('Log out')}</button>
  </div>`);

/** The next person's card: whoever was here before is logged out, and nothing stays. @param {{card: string, label: string}} other @param {(card: string) => void} giveWay @param {() => void} logout */
const otherCardView = ({ card, label }, giveWay, logout) => html`
  <div class="waiting">
    <span class="waiting-icon">${icon('card')}</span>
    <h1 class="entrance-title">${label}</h1>
    <p class="entrance-lead">${t('Another card is in the reader. Its owner can log in; who was here before is logged out.')}</p>
    <button type="button" class="button primary" data-action="give-way" @click=${() => giveWay(card)}>${t('Log in with this card')}</button>
    <button type="button" class="button quiet" data-action="logout" @click=${logout}>${t('Log out')}</button>
  </div>`;
