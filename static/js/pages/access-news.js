// What the shell says by itself about access: a card that ends, a request that waits for a share, a session that only reads.
import { t, tn } from '../i18n.js';
import { pending } from '../mail/emergency.js';
import { expiring, readiness } from '../mail/unlockers.js';
import { expiryTitle } from '../viewers/access-texts.js';
import { formatDay, formatTime, plainLine } from '../viewers/format.js';
import { html, nothing } from '../viewers/lit.js';
import { noticeView } from '../viewers/notice.js';

/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {import('../mail/emergency.js').RecoveryRequest} RecoveryRequest */

/** The step of the reminder that was put aside on this device, by card: no secret. */
const ASIDE_NAME = 'pli-card-reminder';
/** The emergencies whose notice was put aside on this device, by id: no secret. */
const NOTED_NAME = 'pli-emergencies-noted';
/** For how long the notice of an emergency comes back, milliseconds; the record of accesses keeps it for good. */
const REMEMBERED = 90 * 86_400_000;
const MANAGING = Object.freeze(['manager', 'owner']);

/** Read once an open mailbox has been shown. */
export class AccessNews {
  /** @type {ReturnType<typeof expiring>} */ ending = null;
  /** Asked of this person's shares or mailboxes, not over yet. @type {RecoveryRequest[]} */ requests = [];
  /** Over, in a mailbox of this person who may have been away. @type {RecoveryRequest[]} */ past = [];
  /** What this session was opened by, where that were shares. @type {RecoveryRequest | null} */ own = null;
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
    if (!session) return;
    await Promise.allSettled([session.level === 'full' && this.#readCards(session), this.#readRequests(session)]);
    this.#changed();
  }

  /** Somebody asked, gave a share, or opened. */
  async readRequests() {
    const { session } = this.#store;
    if (!session) return;
    await this.#readRequests(session).catch(() => {});
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
  async #readRequests({ bridge, role, level, mailbox }) {
    if (!bridge && !MANAGING.includes(role)) return;
    const [all, now] = [await (await this.#store.emergency()).requests(), new Date()];
    const [open, others] = [all.filter((request) => pending(request, now)), all.filter(({ mine }) => !mine)];
    this.own = level === 'full' ? null : open.find(({ mine, accountId, openedAt }) => mine && openedAt && accountId === mailbox.id) ?? null;
    if (level !== 'full') return;
    this.requests = open.filter(({ mine }) => !mine);
    this.past = others.filter((request) => !open.includes(request) && this.#concerns(request, now));
  }

  /** Whether somebody read, not long ago, in a mailbox of this person, and he has not noted it yet. @param {RecoveryRequest} request @param {Date} now */
  #concerns({ id, openedAt, accountId }, now) {
    if (!openedAt || now.getTime() - Date.parse(openedAt) > REMEMBERED || noted().includes(id)) return false;
    return this.#store.accounts.some((account) => account.id === accountId);
  }

  /** @param {RecoveryRequest} request */
  #note({ id }) {
    localStorage.setItem(NOTED_NAME, JSON.stringify([...noted(), id].slice(-100)));
    this.past = this.past.filter((each) => each.id !== id);
    this.#changed();
  }

  get #asksForSecond() {
    const shown = this.#store.accounts.find(({ current }) => current);
    return Boolean(shown?.isPersonal && shown.rules.includes('recovery-required'));
  }

  view() {
    const { session } = this.#store;
    if (!session) return nothing;
    return html`${session.level === 'recovery' ? recoveryView(session.until, this.own) : nothing}${this.requests.map(requestView)}${this.past.map((request) => pastView(request, keepsRecord(session, request), () => this.#note(request)))}${this.#store.lapsed.map((one) => lapsedView(one, one.address === session.mailbox.address, () => this.#store.forgetLapsed()))}${this.alone ? aloneView() : nothing}${this.#endingView()}`;
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

/** @param {string | null} until @param {RecoveryRequest | null} own */
const recoveryView = (until, own) => html`<div data-news="recovery">${noticeView({
  tone: 'caution', title: until ? t('You read only, until {time}.', { time: formatTime(until) }) : t('You read only.'),
  body: [t('This mailbox was opened without its card. Its owner was told, and everything opened now is recorded.'), limitText(own)].filter(Boolean).join(' ') })}</div>`;

/** @param {RecoveryRequest | null} own @returns {string} */
export function limitText(own) {
  if (!own?.messageLimit) return '';
  const left = own.messageLimit - own.messagesOpened;
  return left > 0 ? tn('You may still open {n} message; those that you opened stay readable.', 'You may still open {n} messages; those that you opened stay readable.', left)
    : t('You have opened as many messages as its owner allows; those that you opened stay readable.');
}

const aloneView = () => html`<div data-news="recovery-required">${noticeView({
  tone: 'caution', title: t('Your establishment asks for a second way to open this mailbox.'),
  body: t('Until there is one, it cannot be shared; and if your card were lost, nobody could open it.'), actions: placeButton('access', t('My access')) })}</div>`;

/** @param {{address: string, names: string[]}} lapsed @param {boolean} shown that mailbox @param {() => void} note */
const lapsedView = ({ address, names }, shown, note) => html`<div data-news="lapsed">${noticeView({
  tone: 'caution', title: t('The key of {address} was changed. To be proposed again: {names}.', { address, names: names.map(plainLine).join(', ') }),
  body: t('Whoever waits for a second manager’s confirmation gets no new key. Give access again.'),
  actions: html`${shown ? placeButton('members', t('People')) : nothing}<button type="button" class="button small quiet" data-action="note-lapsed" @click=${note}>${t('I have seen it')}</button>` })}</div>`;

/** The record of accesses is that of the mailbox shown, for its owner. @param {import('./store-types.js').Session} session @param {RecoveryRequest} request */
const keepsRecord = ({ mailbox, role, level }, { accountId }) => accountId === mailbox.id && role === 'owner' && level === 'full';

/** Whoever was away hears of it when he is back. @param {RecoveryRequest} request @param {boolean} recorded in what this person may look at here @param {() => void} note */
const pastView = ({ requesterName, address, reason, openedAt, messagesOpened }, recorded, note) => html`<div data-news="past-emergency">${noticeView({
  tone: 'caution', title: t('{name} read {address} in an emergency, on {date}.', { name: plainLine(requesterName), address, date: formatDay(openedAt ?? '') }),
  body: [t('“{words}”', { words: plainLine(reason) }), tn('{n} message was opened.', '{n} messages were opened.', messagesOpened)].join(' · '),
  actions: html`${recorded ? placeButton('trace', t('Who has read')) : nothing}<button type="button" class="button small quiet" data-action="note" @click=${note}>${t('I have seen it')}</button>` })}</div>`;

/** What cannot be read was noted by nobody: rather once more than never. @returns {string[]} */
function noted() {
  try {
    const kept = JSON.parse(localStorage.getItem(NOTED_NAME) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {RecoveryRequest} request */
const requestView = ({ requesterName, address, reason, openedAt }) => html`<div data-news="request">${noticeView({
  tone: 'caution', title: openedAt ? t('{name} reads {address} in an emergency.', { name: plainLine(requesterName), address }) : t('{name} asks to read {address} in an emergency.', { name: plainLine(requesterName), address }),
  body: t('“{words}”', { words: plainLine(reason) }), actions: placeButton('emergency', t('Look')) })}</div>`;

/** @param {string} place @param {string} words */
const placeButton = (place, words) => html`<button type="button" class="button small" data-action=${`go-${place}`}
  @click=${(/** @type {Event} */ event) => event.currentTarget?.dispatchEvent(new CustomEvent('pli-place', { detail: { place }, bubbles: true }))}>${words}</button>`;
