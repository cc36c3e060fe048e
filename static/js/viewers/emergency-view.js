// Emergency access: asking for a mailbox, waiting for shares, giving one's own. pages/emergency.js decides and acts.
import { t, tn } from '../i18n.js';
import { formatTime, plainLine } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { errorView, noticeView } from './notice.js';

/** @typedef {import('../mail/emergency.js').Way} Way */
/** @typedef {import('../mail/emergency.js').RecoveryRequest} RecoveryRequest */
/**
 * @typedef {object} EmergencyPage
 * @property {boolean} bridge shares are sealed to cards: without one nothing is asked for, given or opened
 * @property {ReadonlySet<string>} managed ids of the mailboxes of which who looks may end what others ask
 * @property {RecoveryRequest[] | null} requests that are not over; null: not read yet
 * @property {ReadonlyMap<string, Way>} policies by id, of requests that are not open yet
 * @property {string} rppsNumber of who looks
 * @property {ReadonlySet<string>} given requests that this page gave a share for
 * @property {{address: string, ways: Way[]} | null} asked an address that was looked up
 * @property {string} acting id of the request, or `ask`
 * @property {string} done
 * @property {unknown} error
 * @property {{back: () => void, dismiss: () => void, find: (address: string) => void, ask: (way: Way, reason: string) => void, release: (request: RecoveryRequest) => void,
 *   open: (request: RecoveryRequest) => void, close: (request: RecoveryRequest) => void}} actions
 */

/** @param {EmergencyPage} page */
export const emergencyView = (page) => html`
  <div class="access-page">
    <header class="access-head">
      <button type="button" class="icon-button only-narrow" aria-label=${t('Back to the list')} @click=${page.actions.back}>${icon('back')}</button>
      <div><h2 class="access-title">${t('Emergency access')}</h2><p class="muted">${t('Read the mailbox of a colleague who is away, with the people its owner chose.')}</p></div>
    </header>
    <div class="access-notices" aria-live="polite">
      ${page.error ? errorView(page.error, { dismiss: page.actions.dismiss }) : nothing}
      ${page.done ? noticeView({ tone: 'good', title: page.done }) : nothing}
      ${page.bridge ? nothing : withoutCardView(page)}
    </div>
    ${requestsView(page)}${page.bridge ? askView(page) : nothing}
  </div>`;

/** @param {EmergencyPage} page */
const withoutCardView = ({ managed }) => noticeView({
  tone: 'caution', title: t('Asking, or giving a share, needs a card.'),
  body: managed.size ? t('Shares are sealed to cards: log in with yours. What others ask of your mailboxes stands here, and you can end it.') : t('Shares are sealed to cards: log in with yours.') });

/** @param {EmergencyPage} page */
function requestsView(page) {
  if (page.requests === null) return html`<p class="access-waiting" role="status"><span class="spinner small"></span>${t('Reading requests…')}</p>`;
  if (!page.requests.length) return nothing;
  return html`<ul class="access-list" role="list">${page.requests.map((request) => html`<li>${requestView(request, page)}</li>`)}</ul>`;
}

/** @param {RecoveryRequest} request @param {EmergencyPage} page */
const requestView = (request, page) => html`
  <article class="request-item" data-request=${request.id} data-mine=${request.mine}>
    <p class="access-name">${request.mine ? t('You asked for {address}', { address: request.address }) : t('{name} asks for {address}', { name: requesterText(request), address: request.address })}</p>
    <p class="request-reason">${t('“{words}”', { words: plainLine(request.reason) })}</p>
    <p class="access-detail">${standText(request, page.policies.get(request.policyId)?.threshold)}</p>
    <div class="button-row">${actionsView(request, page)}</div>
  </article>`;

/** @param {RecoveryRequest} request */
const requesterText = ({ requesterName, requesterRppsNumber }) => (requesterRppsNumber ? `${plainLine(requesterName)} (RPPS ${requesterRppsNumber})` : plainLine(requesterName));

/** @param {RecoveryRequest} request @param {number} [threshold] @returns {string} */
function standText({ createdAt, released, openedAt, closesAt }, threshold) {
  if (openedAt && closesAt) return t('Open to read until {time}. The owner was told.', { time: formatTime(closesAt) });
  const given = threshold ? t('{given} of {needed} shares given', { given: released, needed: threshold }) : tn('{n} share given', '{n} shares given', released);
  return t('Asked at {time}; {given}. The owner was told.', { time: formatTime(createdAt), given });
}

/** @param {RecoveryRequest} request @param {EmergencyPage} page */
function actionsView(request, { bridge, managed, policies, rppsNumber, given, acting, actions }) {
  const busy = Boolean(acting);
  const endButton = request.mine ? html`<button type="button" class="button" data-action="close-request" ?disabled=${busy} @click=${() => actions.close(request)}>${t('I need it no more')}</button>`
    : !managed.has(request.accountId) ? nothing : html`<button type="button" class="button" data-action="refuse" ?disabled=${busy} @click=${() => actions.close(request)}>${t('End this')}</button>`;
  if (!bridge) return endButton;
  const policy = policies.get(request.policyId);
  const ready = request.released >= (policy?.threshold ?? Infinity) || Boolean(request.openedAt);
  const holds = !ready && !given.has(request.id) && policy?.holders.some(({ idValue }) => idValue !== '' && idValue === rppsNumber);
  const shareButton = holds ? html`<button type="button" class="button primary" data-action="release" ?disabled=${busy} @click=${() => actions.release(request)}>${request.mine ? t('Give my own share') : t('Give my share')}</button>` : nothing;
  if (request.mine) {
    return html`${shareButton}<button type="button" class=${`button ${ready ? 'primary' : ''}`} data-action="open-shares" ?disabled=${busy || !ready} @click=${() => actions.open(request)}>${ready ? t('Open the mailbox to read') : t('Waiting for shares…')}</button>
      ${endButton}`;
  }
  return html`${shareButton}
    ${endButton}`;
}

/** @param {EmergencyPage} page */
const askView = (page) => html`
  <section class="access-add" aria-labelledby="ask-title">
    <h3 id="ask-title" class="access-subtitle">${t('Ask for a mailbox')}</h3>
    <form class="ask-form" @submit=${(/** @type {SubmitEvent} */ event) => { event.preventDefault(); page.actions.find(value(event, 'address')); }}>
      <label class="field"><span class="field-label">${t('Address of the mailbox')}</span><input class="input" type="email" name="address" required autocomplete="off"></label>
      <button class="button" data-action="find-ways" ?disabled=${Boolean(page.acting)}>${t('Continue')}</button>
    </form>
    ${page.asked ? waysView(page.asked, page) : nothing}
  </section>`;

/** @param {{address: string, ways: Way[]}} asked @param {EmergencyPage} page */
function waysView({ address, ways }, page) {
  if (!ways.length) return noticeView({ tone: 'caution', title: t('{address} cannot be opened this way.', { address }), body: t('Its owner chose no officers, or it is not of your establishment.') });
  return ways.map((way, place) => html`<form class="way-form" data-kind=${way.kind} @submit=${(/** @type {SubmitEvent} */ event) => { event.preventDefault(); page.actions.ask(way, value(event, 'reason')); }}>
    <p>${wayText(way)}</p>
    <p class="muted">${way.holders.map(({ name }) => plainLine(name)).join(', ')}</p>
    <label class="field"><span class="field-label">${t('Why (the owner reads this)')}</span><textarea class="input" name="reason" rows="2" required minlength="5" maxlength="200" aria-describedby=${`reason-help-${place}`}></textarea></label>
    <p class="field-help" id=${`reason-help-${place}`}>${t('Name no patient: those who hold shares read it too, and so can the server.')}</p>
    <p class="field-help">${t('The owner is told at once, by a message and by a notice on the page. What you open stands in the record of accesses for good.')}</p>
    <p class="field-help">${t('While it is open you only read there, even as a member; “I need it no more” gives you back what you had.')}</p>
    <div class="button-row"><button class="button primary" data-action="ask" ?disabled=${Boolean(page.acting)}>${t('Ask the holders')}</button></div>
  </form>`);
}

/** @param {Way} way @returns {string} */
function wayText({ threshold, holders, minutes, messages }) {
  const limit = messages ? tn('{n} message', '{n} messages', messages) : t('All messages');
  return t('{k} of {n} people must agree. Then you read for {minutes} minutes; at most: {limit}.', { k: threshold, n: holders.length, minutes, limit });
}

/** @param {SubmitEvent} event @param {string} name */
const value = (event, name) => String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get(name) ?? '').trim();
