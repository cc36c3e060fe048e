// The page of <pli-members>: people, those invited, rosters, and those whose access ended.
import { t, tn } from '../i18n.js';
import { formatFullDate, initials, personHue } from '../viewers/format.js';
import { backButton } from '../viewers/back-button.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { possibleActs } from '../viewers/member-rows.js';
import { invitationText, kindText, listed, reachText, rotationText, standingText, timesText, waitingText } from '../viewers/member-texts.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { accountTitle } from '../viewers/account-texts.js';
import { rosterView } from './roster-view.js';
import { readMarksView } from './work-view.js';

/** @typedef {import('../viewers/member-rows.js').MemberPerson} MemberPerson */
/** @typedef {import('./store-types.js').Invitation} Invitation */
/** @typedef {{id: string, name: string}} NamedFolder */

/**
 * @typedef {object} MembersPage
 * @property {import('./store-types.js').StoreFace} store
 * @property {import('./store-types.js').Session} session
 * @property {import('./store-types.js').Account} [account]
 * @property {{present: MemberPerson[], former: MemberPerson[], shared: import('./store-types.js').MemberRow[]}} people
 * @property {boolean} manages
 * @property {boolean} known the log was read
 * @property {import('../mail/member-claims.js').Claim[]} claims
 * @property {Invitation[]} invitations
 * @property {import('../mail/rosters.js').DutySlot[]} slots
 * @property {NamedFolder[]} folders
 * @property {string} acting
 * @property {import('../mail/rotation.js').RotationProgress|null} progress
 * @property {unknown} error
 * @property {() => void} dismiss
 * @property {() => void} retry
 * @property {() => void} delegate
 * @property {(person: MemberPerson) => void} end
 * @property {(person: MemberPerson) => void} lostCard
 * @property {(person: MemberPerson) => void} change
 * @property {() => void} leave
 * @property {(person: MemberPerson) => void} confirm
 * @property {() => void} join
 * @property {(invitation: Invitation) => void} withdraw
 * @property {() => void} changeKey
 * @property {(rosterId: string) => void} removeRoster
 * @property {(own: boolean) => void} keepReadMarks
 */

/** @param {MembersPage} page */
export const membersView = (page) => html`
  <div class="place-page">
    <header class="place-head">
      ${backButton()}
      <div class="place-words"><h2 class="place-title">${t('People with access')}</h2>
        <p class="muted">${page.account ? `${accountTitle(page.account)} · ` : ''}${page.session.mailbox.address}</p></div>
      ${page.manages ? html`<button type="button" class="button primary" data-action="delegate" ?disabled=${Boolean(page.acting)} @click=${page.delegate}>${icon('person')}<span>${t('Give access')}</span></button>` : nothing}
    </header>
    <div class="place-notices">${noticesView(page)}</div>
    ${page.known ? peopleView(page) : html`<p class="empty" role="status"><span class="spinner"></span>${t('Reading who has access…')}</p>`}
  </div>`;

/** @param {MembersPage} page */
const noticesView = (page) => html`
  ${page.error ? errorView(page.error, { dismiss: page.dismiss, retry: page.retry }) : nothing}
  ${page.acting ? noticeView({ title: page.acting, body: page.progress ? progressView(page.progress) : '' }) : page.progress ? noticeView({ title: t('The key of this mailbox is being changed.'), body: progressView(page.progress) }) : nothing}
  ${page.session.keyChangeDue && !page.progress && !page.acting ? keyDueView(page) : nothing}
  ${page.claims.map(({ name, rppsNumber }) => noticeView({ tone: 'error', title: t('The server takes {name} for a member, and no signature proves it.', { name: [name || t('somebody'), rppsNumber].filter(Boolean).join(', ') }),
    body: t('They hold no key and nothing was ever encrypted for them. Tell your administrator.') }))}`;

/** @param {import('../mail/rotation.js').RotationProgress} progress */
const progressView = ({ step, done, total }) => html`${rotationText(step)}${total > 1 ? html` <progress max=${total} value=${done}></progress>` : nothing}`;

/** @param {MembersPage} page */
const keyDueView = ({ manages, changeKey }) => noticeView({
  tone: 'caution', title: t('A key change is due: somebody’s access has ended.'),
  body: manages ? t('The server gives them nothing any more. The new key closes the mail to come for good.') : t('The next visit of a manager makes it. The server gives them nothing any more.'),
  actions: manages ? html`<button type="button" class="button small" data-action="change-key" @click=${changeKey}>${t('Change the key now')}</button>` : nothing,
});

/** @param {MembersPage} page */
function peopleView(page) {
  const { present, former, shared } = page.people;
  return html`
    <p class="place-lead">${icon('shieldCheck')}<span>${t('Checked on this device: every line is signed in the log of this mailbox.')}</span></p>
    <ul role="list" class="people-list">${present.map((person) => html`<li>${personView(person, page)}</li>`)}</ul>
    ${present.length === 1 && page.manages && !page.invitations.some(isOpen) ? aloneView(page) : nothing}
    ${shared.length ? html`<p class="muted people-more">${t('In an emergency officers can open it together.')}</p>` : nothing}
    ${invitationsView(page)}
    ${rosterView({ slots: page.slots, remove: page.manages ? page.removeRoster : null })}
    ${page.manages && page.account && (page.account.kind !== 'PER' || present.length > 1) ? readMarksView(page.account.perPersonUnread, page.keepReadMarks) : nothing}
    ${former.length ? formerView(former) : nothing}
    ${page.manages ? html`<pli-resealing .store=${page.store}></pli-resealing>` : nothing}
    ${page.account?.isPersonal && page.session.level === 'full' ? html`<pli-new-inbox .store=${page.store}></pli-new-inbox>` : nothing}`;
}

/** @param {MembersPage} page */
const aloneView = ({ account }) => html`<div class="empty small">${icon('people')}<p class="empty-title">${t('Nobody else has access')}</p>
  <p>${account && account.kind !== 'PER' ? t('Add the members of this service: each opens it with an own card, never with a shared password.')
    : t('For a replacement, on-call duty or a secretary, give a colleague access for as long as it takes.')}</p></div>`;

/** @param {MemberPerson} person @param {MembersPage} page */
function personView(person, page) {
  const now = new Date();
  const waiting = waitingText(person, page.people.present);
  const details = [person.idValue ? `${person.idType} ${person.idValue}` : '', t('opens with {means}', { means: listed(person.kinds.map(kindText)) }), reachText(person, page.folders),
    person.lastSeenAt ? t('last seen {date}', { date: formatFullDate(person.lastSeenAt) }) : ''];
  return html`<article class="member" data-person=${person.idValue || person.name} data-state=${person.state}>
    <span class="avatar hue-${personHue({ name: person.name, address: person.key })}" aria-hidden="true">${initials({ name: person.name, address: person.key })}</span>
    <div class="member-words">
      <h3 class="member-name">${person.name}${person.own ? html` <span class="chip-word">${t('you')}</span>` : nothing}</h3>
      <p class="member-role">${standingText(person)}${waiting ? html` <span class="chip-word caution">${waiting}</span>` : nothing}</p>
      <p class="member-times">${timesText(person, now)}</p>
      <p class="member-details">${details.filter(Boolean).join(' · ')}</p>
    </div>
    <div class="member-actions">${actionsView(person, page)}</div></article>`;
}

/** @param {MemberPerson} person @param {MembersPage} page */
function actionsView(person, page) {
  const may = possibleActs(person, page.session, page.people.present);
  const button = (/** @type {string} */ action, /** @type {string} */ words, /** @type {(person: MemberPerson) => void} */ act) => html`<button type="button" class="button small"
    data-action=${action} aria-label=${`${words}: ${person.name}`} ?disabled=${Boolean(page.acting)} @click=${() => act(person)}>${words}</button>`;
  return html`
    ${may.confirm ? button('confirm', t('Confirm'), page.confirm) : nothing}
    ${may.change ? button('change', t('Change'), page.change) : nothing}
    ${may.end ? button('end', person.state === 'pending' ? t('Withdraw') : t('End now'), page.end) : nothing}
    ${may.end && person.state === 'active' && person.kinds.includes('card') ? button('lost-card', t('Card lost'), page.lostCard) : nothing}
    ${may.leave ? button('leave', t('Leave'), page.leave) : nothing}`;
}

/** @param {Invitation} invitation */
const isOpen = ({ state }) => state !== 'done';

/** @param {MembersPage} page */
function invitationsView(page) {
  const open = page.invitations.filter(isOpen).filter((each) => /** @type {any} */ (each).reason !== 'withdrawn');
  if (!open.length) return nothing;
  const ready = open.filter(({ state }) => state === 'ready');
  return html`<section class="place-section" aria-labelledby="invited-title">
    <h3 class="place-subtitle" id="invited-title">${t('Invited')}</h3>
    <ul role="list" class="people-list">${open.map((invitation) => html`<li><article class="member" data-invited=${invitation.idValue}>
      <span class="avatar waiting-avatar" aria-hidden="true">${icon('person')}</span>
      <div class="member-words"><h4 class="member-name">${invitation.name}</h4>
        <p class="member-role">${standingText(/** @type {any} */ (invitation))}</p>
        <p class="member-times">${invitationText(invitation)}</p><p class="member-details">RPPS ${invitation.idValue}</p></div>
      <div class="member-actions">${invitation.state === 'refused' ? nothing : html`<button type="button" class="button small" data-action="withdraw" aria-label=${`${t('Withdraw')}: ${invitation.name}`}
        ?disabled=${Boolean(page.acting)} @click=${() => page.withdraw(invitation)}>${t('Withdraw')}</button>`}</div></article></li>`)}</ul>
    ${ready.length ? html`<button type="button" class="button primary" data-action="join" ?disabled=${Boolean(page.acting)} @click=${page.join}>${tn('Complete the access of {n} person', 'Complete the access of {n} people', ready.length)}</button>` : nothing}
  </section>`;
}

/** @param {MemberPerson[]} former */
const formerView = (former) => html`<details class="place-section"><summary>${tn('{n} person whose access ended', '{n} people whose access ended', former.length)}</summary>
  <ul role="list" class="people-list former">${former.map((person) => html`<li><article class="member" data-state="ended">
    <div class="member-words"><p class="member-name">${person.name}</p><p class="member-times">${standingText(person)}. ${timesText(person, new Date())}</p></div></article></li>`)}</ul></details>`;
