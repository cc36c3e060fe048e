// What the page "My access" looks like; pages/access.js decides and acts.
import { t } from '../i18n.js';
import { readinessText, UNLOCKER_ICONS, unlockerDetail, unlockerTitle } from './access-texts.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { errorView, noticeView } from './notice.js';
import { rotationText } from './member-texts.js';

/** @typedef {import('../mail/unlockers.js').Unlocker} Unlocker */
/**
 * @typedef {object} AccessPage
 * @property {string} address
 * @property {Unlocker[] | null} unlockers null: not read yet
 * @property {import('../mail/unlockers.js').Readiness} readiness
 * @property {number} usable
 * @property {Unlocker[]} waiting new cards of the person
 * @property {boolean} bridge
 * @property {boolean} full not a recovery session
 * @property {boolean} manages may set officers up
 * @property {boolean} passkeys the establishment allows them
 * @property {boolean} recoveryRequired by the establishment
 * @property {boolean} acting
 * @property {import('../mail/rotation.js').RotationProgress | null} progress
 * @property {string} done what was done, in words
 * @property {unknown} error
 * @property {AccessActions} actions
 *
 * @typedef {object} AccessActions
 * @property {() => void} back
 * @property {() => void} dismiss
 * @property {() => void} addPasskey
 * @property {() => void} addCard
 * @property {() => void} makeCode
 * @property {() => void} officers
 * @property {(unlocker: Unlocker) => void} lose
 * @property {(unlocker: Unlocker) => void} admit a new card
 * @property {() => void} emergency
 */

/** @param {AccessPage} page @param {Date} now */
export const accessView = (page, now) => html`
  <div class="access-page">
    <header class="access-head">
      <button type="button" class="icon-button only-narrow" aria-label=${t('Back to the list')} @click=${page.actions.back}>${icon('back')}</button>
      <div><h2 class="access-title">${t('My access')}</h2><p class="muted">${t('What opens {address}', { address: page.address })}</p></div>
    </header>
    <div class="access-notices" aria-live="polite">${noticesView(page)}</div>
    ${page.unlockers === null ? (page.error ? nothing : html`<p class="access-waiting" role="status"><span class="spinner small"></span>${t('Reading what opens this mailbox…')}</p>`) : html`
      ${page.waiting.map((card) => waitingCardView(card, page))}
      <ul class="access-list" role="list">${page.unlockers.map((unlocker) => html`<li>${unlockerView(unlocker, page, now)}</li>`)}</ul>
      ${page.full ? addView(page) : nothing}`}
    <p class="access-foot">${t('The mailbox of a colleague who is away is needed now?')}
      <button type="button" class="link-button" data-action="emergency" @click=${page.actions.emergency}>${t('Emergency access')}</button></p>
  </div>`;

/** @param {AccessPage} page */
function noticesView({ error, done, progress, acting, unlockers, readiness, usable, recoveryRequired, passkeys, actions }) {
  const text = readinessText(readiness, usable, Boolean(unlockers?.some(({ kind }) => kind === 'card')));
  return html`
    ${error ? errorView(error, { dismiss: actions.dismiss }) : nothing}
    ${acting ? html`<div class="access-progress" role="status"><span class="spinner small"></span><span>${progress ? rotationText(progress.step) : t('Under way…')}</span>
      ${progress?.step === 'carry' && progress.total ? html`<progress max=${progress.total} value=${progress.done} aria-label=${rotationText('carry')}></progress>` : nothing}</div>` : nothing}
    ${done ? noticeView({ tone: 'good', title: done }) : nothing}
    ${unlockers ? html`<div data-readiness=${readiness}>${noticeView({ tone: text.tone, title: text.title, body: text.body })}</div>` : nothing}
    ${unlockers && recoveryRequired && readiness !== 'ready' ? noticeView({ tone: 'caution', title: t('Your establishment asks for a second way.'), body: t('Until there is one, this mailbox cannot be shared.') }) : nothing}
    ${passkeys ? nothing : noticeView({ tone: 'info', title: t('Your establishment wants a card.'), body: t('Passkeys open nothing here. Choose a second card, a recovery code, or officers.') })}`;
}

/** @param {Unlocker} card @param {AccessPage} page */
const waitingCardView = (card, { actions, acting, full }) => html`<div class="access-waiting-card" data-card=${card.id}>${noticeView({
  tone: 'info', title: t('A new card of yours logged in, and opens nothing yet.'), body: t('Let it open this mailbox while the old one still works. Your card program asks once.'),
  actions: full ? html`<button type="button" class="button small" data-action="admit" ?disabled=${acting} @click=${() => actions.admit(card)}>${t('Let it open')}</button>` : nothing })}</div>`;

/** @param {Unlocker} unlocker @param {AccessPage} page @param {Date} now */
const unlockerView = (unlocker, { actions, acting }, now) => html`
  <div class="access-item ${unlocker.blocked || unlocker.bodyHash === null ? 'over' : ''}" data-kind=${unlocker.kind}>
    <span class="access-icon">${icon(UNLOCKER_ICONS[unlocker.kind])}</span>
    <span class="access-words"><span class="access-name">${unlockerTitle(unlocker)}${unlocker.current ? html` <span class="access-tag">${t('in use now')}</span>` : nothing}</span>
      <span class="access-detail">${unlockerDetail(unlocker, now)}</span></span>
    ${unlocker.current || unlocker.blocked ? nothing : html`<button type="button" class="button small" data-action="lose" ?disabled=${acting}
      aria-label=${`${loseText(unlocker)} ${unlockerTitle(unlocker)}`} @click=${() => actions.lose(unlocker)}>${loseText(unlocker)}</button>`}
  </div>`;

/** @param {Unlocker} unlocker */
const loseText = ({ kind }) => (kind === 'card' ? t('Lost or stolen…') : t('Remove…'));

/** @param {AccessPage} page */
function addView({ bridge, manages, passkeys, acting, actions }) {
  return html`<section class="access-add" aria-labelledby="access-add">
    <h3 id="access-add" class="access-subtitle">${t('Add another way')}</h3>
    <div class="access-choices">
      ${passkeys ? addButton('passkey', 'fingerprint', t('Passkey'), t('Phone, security key or this computer'), acting, actions.addPasskey) : nothing}
      ${addButton('code', 'print', t('Recovery code'), t('A sheet of paper for the safe'), acting, actions.makeCode)}
      ${bridge ? addButton('second-card', 'card', t('Second card'), t('Another card of yours, with the same RPPS number'), acting, actions.addCard) : nothing}
      ${bridge && manages ? addButton('officers', 'people', t('Officers'), t('Several colleagues open together, if nothing else does'), acting, actions.officers) : nothing}
    </div></section>`;
}

/** @param {string} name @param {string} image @param {string} title @param {string} detail @param {boolean} acting @param {() => void} act */
const addButton = (name, image, title, detail, acting, act) => html`
  <button type="button" class="choice" data-action=${`add-${name}`} ?disabled=${acting} @click=${act}>
    <span class="choice-icon">${icon(image)}</span>
    <span class="choice-words"><span class="choice-title">${title}</span><span class="choice-detail">${detail}</span></span></button>`;
