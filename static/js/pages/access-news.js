// What the shell says by itself about access: a card that ends, a request that waits for a share, a session that only reads.
import { t } from '../i18n.js';
import { pending } from '../mail/emergency.js';
import { expiring, readiness } from '../mail/unlockers.js';
import { expiryTitle } from '../viewers/access-texts.js';
import { formatDay, formatTime, plainLine } from '../viewers/format.js';
import { html, nothing } from '../viewers/lit.js';
import { noticeView } from '../viewers/notice.js';

/** @typedef {import('./store-types.js').StoreFace} Store */

/** The step of the reminder that was put aside on this device, by card: no secret. */
const ASIDE_NAME = 'pli-card-reminder';
const MANAGING = Object.freeze(['manager', 'owner']);

/** Read once an open mailbox has been shown. */
export class AccessNews {
  /** @type {ReturnType<typeof expiring>} */ ending = null;
  /** @type {import('../mail/emergency.js').RecoveryRequest[]} */ requests = [];
  /** Whether the establishment asks for a second way to open the mailbox shown, and there is none. */ alone = false;
  #store;
  #changed;

  /** @param {Store} store @param {() => void} changed */
  constructor(store, changed) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Reminders are no reason to trouble anybody when they cannot be read. */
  async read() {
    const { session } = this.#store;
    if (!session || session.level !== 'full') return;
    await Promise.allSettled([this.#readCards(session), this.#readRequests(session)]);
    this.#changed();
  }

  /** @param {import('./store-types.js').Session} session */
  async #readCards({ bridge }) {
    if (!bridge && !this.#asksForSecond) return;
    const [unlockers, members] = await Promise.all([this.#store.unlockers(), this.#store.members.length ? this.#store.members : this.#store.readMembers()]);
    const all = await unlockers.list(members);
    this.ending = bridge ? expiring(all, new Date()) : null;
    this.alone = this.#asksForSecond && readiness(all, new Date()) !== 'ready';
  }

  /** @param {import('./store-types.js').Session} session */
  async #readRequests({ bridge, role }) {
    if (!bridge && !MANAGING.includes(role)) return;
    this.requests = (await (await this.#store.emergency()).requests()).filter((request) => !request.mine && pending(request, new Date()));
  }

  get #asksForSecond() {
    const shown = this.#store.accounts.find(({ current }) => current);
    return Boolean(shown?.isPersonal && shown.rules.includes('recovery-required'));
  }

  view() {
    const { session } = this.#store;
    if (!session) return nothing;
    return html`${session.level === 'recovery' ? recoveryView(session.until) : nothing}${this.requests.map(requestView)}${this.alone ? aloneView() : nothing}${this.#endingView()}`;
  }

  #endingView() {
    const { ending } = this;
    if (!ending || this.#aside(ending)) return nothing;
    const { unlocker, days } = ending;
    const body = days < 0 ? t('Log in with the new one, then let it open your mailboxes.') : t('It ends on {date}. Ask for the new one now; when it is here, log in with it once.', { date: formatDay(unlocker.expiresAt ?? '') });
    return html`<div data-news="card-ends">${noticeView({ tone: days < 7 ? 'caution' : 'info', title: expiryTitle(days), body, actions: html`
      ${placeButton('access', t('My access'))}
      ${days < 7 ? nothing : html`<button type="button" class="button small quiet" data-action="aside" @click=${() => this.#putAside()}>${t('Later')}</button>`}` })}</div>`;
  }

  /** @param {NonNullable<ReturnType<typeof expiring>>} ending */
  #aside({ unlocker, step }) {
    return step > 7 && localStorage.getItem(ASIDE_NAME) === `${unlocker.id}:${step}`;
  }

  #putAside() {
    if (this.ending) localStorage.setItem(ASIDE_NAME, `${this.ending.unlocker.id}:${this.ending.step}`);
    this.#changed();
  }
}

/** @param {string | null} until */
export const recoveryView = (until) => html`<div data-news="recovery">${noticeView({
  tone: 'caution', title: until ? t('You read only, until {time}.', { time: formatTime(until) }) : t('You read only.'),
  body: t('This mailbox was opened without its card. Its owner was told, and everything opened now is recorded.') })}</div>`;

const aloneView = () => html`<div data-news="recovery-required">${noticeView({
  tone: 'caution', title: t('Your establishment asks for a second way to open this mailbox.'),
  body: t('Until there is one, it cannot be shared; and if your card were lost, nobody could open it.'), actions: placeButton('access', t('My access')) })}</div>`;

/** @param {import('../mail/emergency.js').RecoveryRequest} request */
const requestView = ({ requesterName, address, reason, openedAt }) => html`<div data-news="request">${noticeView({
  tone: 'caution', title: openedAt ? t('{name} reads {address} in an emergency.', { name: plainLine(requesterName), address }) : t('{name} asks to read {address} in an emergency.', { name: plainLine(requesterName), address }),
  body: t('“{words}”', { words: plainLine(reason) }), actions: placeButton('emergency', t('Look')) })}</div>`;

/** @param {string} place @param {string} words */
const placeButton = (place, words) => html`<button type="button" class="button small" data-action=${`go-${place}`}
  @click=${(/** @type {Event} */ event) => event.currentTarget?.dispatchEvent(new CustomEvent('pli-place', { detail: { place }, bubbles: true }))}>${words}</button>`;
