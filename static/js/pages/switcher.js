// The mailboxes of this person, each with what is unread in it. One mailbox alone needs no choice.
import { formatNumber, t, tn } from '../i18n.js';
import { accountDetail, accountTitle, actingText, ownerName } from '../viewers/account-texts.js';
import { initials, personHue } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';

/** @typedef {import('./store-types.js').Account} Account */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** @param {{accounts: readonly Account[], unreadHere: number, opening: string, choose: (id: string) => void}} pane opening: id of the one being opened */
export function switcherView({ accounts, unreadHere, opening, choose }) {
  if (accounts.length < 2) return nothing;
  const now = new Date();
  return html`<ul role="list" class="accounts" aria-label=${t('Mailboxes')}>${accounts.map((account) => html`<li>${accountView(account, { now, opening, choose, unread: account.current ? unreadHere : account.unread })}</li>`)}</ul>`;
}

/** @param {Account} account @param {{now: Date, opening: string, unread: number, choose: (id: string) => void}} how */
function accountView(account, { now, opening, unread, choose }) {
  const person = { name: ownerName(account), address: account.address };
  return html`<button type="button" class="account" data-account=${account.address} aria-current=${account.current ? 'true' : 'false'} ?disabled=${Boolean(opening)}
    title=${`${accountTitle(account)}, ${account.address}`} @click=${() => choose(account.id)}>
    ${opening === account.id ? html`<span class="spinner small"></span>`
    : html`<span class="avatar small hue-${personHue(person)}" aria-hidden="true">${account.kind === 'PER' ? initials(person) : icon('people')}</span>`}
    <span class="account-words"><span class="account-title">${accountTitle(account)}</span><span class="account-detail">${accountDetail(account, now)}</span></span>
    ${unread ? html`<span class="folder-count" aria-hidden="true">${formatNumber(unread)}</span><span class="visually-hidden">${tn('{n} unread', '{n} unread', unread)}</span>` : nothing}</button>`;
}

/** For whom one reads and writes, wherever that is somebody else. @param {Store} store */
export function actingView({ session, accounts }) {
  const account = accounts.find(({ current }) => current);
  const words = session && account ? actingText(session, account) : '';
  return words ? html`<p class="acting" role="status">${icon('people')}<span>${words}</span></p>` : nothing;
}
