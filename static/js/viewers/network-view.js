// What an administrator's page looks like: people, inboxes, rules; and the inboxes that wait for whoever looks at it. Pure.
import { t, tn } from '../i18n.js';
import { mayLeave } from '../mail/network.js';
import { zoneName } from '../time-zone.js';
import { formatDay, plainLine } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { errorView, noticeView } from './notice.js';

/** @typedef {import('../mail/network.js').Tenant} Tenant */
/** @typedef {import('../mail/network.js').Colleague} Colleague */
/** @typedef {import('../mail/network.js').NetworkInbox} NetworkInbox */
/** @typedef {import('../mail/network.js').Rules} Rules */
/** @typedef {import('../mail/accounts.js').AwaitedInbox} AwaitedInbox */
/**
 * @typedef {object} NetworkPage
 * @property {Tenant | null} tenant
 * @property {boolean} known whether the server was asked
 * @property {readonly AwaitedInbox[]} awaited
 * @property {boolean} bridge an inbox is opened with a card
 * @property {Rules | null} rules as the form has them
 * @property {boolean} unsaved
 * @property {readonly Colleague[]} lockedOut by what the form has
 * @property {readonly Colleague[]} shown
 * @property {boolean} onlyUnready
 * @property {number} ready
 * @property {string} acting what is being waited for, in words; '' for nothing
 * @property {unknown} error
 * @property {() => void} dismiss
 * @property {(inbox: AwaitedInbox) => void} open
 * @property {(only: boolean) => void} filter
 * @property {(change: Partial<Rules>) => void} edit
 * @property {() => void} save
 * @property {() => void} undo
 * @property {string} own RPPS number of who looks, '' for none
 * @property {(person: Colleague) => void} letGo
 */

/** @param {NetworkPage} page */
export const networkView = (page) => html`
  <div class="network-page">
    <header><h2 class="access-title" tabindex="-1">${page.tenant ? plainLine(page.tenant.name) : t('Network')}</h2>
      ${page.tenant ? html`<p class="muted">${`${page.tenant.domain} · ${zoneName(page.tenant.timeZone)}`}</p>` : nothing}
    <div class="network-news" aria-live="polite">
      ${page.error ? errorView(page.error, { dismiss: page.dismiss }) : nothing}
      ${page.acting ? html`<p class="access-waiting" role="status"><span class="spinner small"></span>${page.acting}</p>` : nothing}</div></header>
    ${page.awaited.length ? awaitedView(page) : nothing}
    ${page.tenant ? tenantView(page.tenant, page) : page.known || page.error ? nothing : html`<p class="access-waiting" role="status"><span class="spinner small"></span>${t('Reading the network…')}</p>`}
  </div>`;

/** @param {NetworkPage} page */
const awaitedView = ({ awaited, bridge, acting, open }) => html`<section aria-labelledby="network-awaited"><h3 class="access-subtitle" id="network-awaited">${t('Inboxes that wait for you')}</h3>
  ${bridge ? nothing : html`<p class="field-help">${t('They are opened with your card: log in with it.')}</p>`}
  <ul class="access-list" role="list">${awaited.map((inbox) => html`<li class="access-item" data-awaited=${inbox.address}><span class="access-icon">${icon('inbox')}</span>
    <span class="access-words"><span class="access-name">${plainLine(inbox.name)}</span><span class="access-detail">${inbox.address}</span></span>
    <button type="button" class="button primary small" data-action="open-inbox" ?disabled=${Boolean(acting) || !bridge} @click=${() => open(inbox)}>${t('Open with my card')}</button></li>`)}</ul>
  <p class="field-help">${t('You become its first owner. Those on the list are then invited: give them access under “People”, in one go.')}</p></section>`;

/** @param {Tenant} tenant @param {NetworkPage} page */
const tenantView = (tenant, page) => html`
  ${noticeView({ tone: 'info', title: t('You see who is here and set the rules. You read nobody’s mail.'), body: t('Not a subject, a contact or a folder name reaches this page: the server itself cannot read them.') })}
  ${peopleView(tenant, page)}
  <section aria-labelledby="network-inboxes"><h3 class="access-subtitle" id="network-inboxes">${t('Shared inboxes')}</h3>
    ${tenant.inboxes.length ? html`<ul class="access-list" role="list">${tenant.inboxes.map(inboxView)}</ul>` : html`<p class="muted">${t('None yet.')}</p>`}</section>
  ${page.rules ? rulesView(page.rules, page) : nothing}`;

/** @param {Tenant} tenant @param {NetworkPage} page */
const peopleView = ({ people }, page) => {
  const { shown, onlyUnready, ready, filter } = page;
  return html`<section aria-labelledby="network-people">
  <div class="network-head"><h3 class="access-subtitle" id="network-people">${tn('{n} person', '{n} people', people.length)}</h3>
    <p class="muted" data-ready=${ready}>${t('{n} of {total} ready', { n: ready, total: people.length })}</p>
    <label class="check"><input type="checkbox" name="unready" .checked=${onlyUnready} @change=${(/** @type {Event} */ event) => filter(isChecked(event))}> ${t('Only those who are not ready')}</label></div>
  <ul class="network-people" role="list">${shown.map((person) => personView(person, page))}</ul>
  <p class="field-help">${t('The operator of this server adds people, from your list.')}</p></section>`;
};

/** @param {Colleague} person @param {NetworkPage} page */
const personView = (person, { own, acting, letGo }) => html`<li class="network-person" data-person=${person.address} data-state=${person.state}>
  <span class="access-words"><span class="access-name">${plainLine(person.name)}${person.administrator ? html` <span class="access-tag">${t('administrator')}</span>` : nothing}</span>
    <span class="access-detail">${person.address}${person.rppsNumber ? html` · ${t('RPPS {number}', { number: person.rppsNumber })}` : nothing}</span></span>
  <ul class="network-states" role="list">${statesOf(person).map(([tone, words]) => html`<li class="network-state ${tone}">${words}</li>`)}</ul>
  ${mayLeave(person, own) ? html`<button type="button" class="button quiet small" data-action="let-go" aria-label=${t('Departure of {name}…', { name: plainLine(person.name) })} ?disabled=${Boolean(acting)} @click=${() => letGo(person)}>${t('Departure…')}</button>` : nothing}</li>`;

/** @param {Colleague} person @returns {[tone: 'good'|'wait'|'bad', words: string][]} */
export function statesOf({ state, lacks, cardEnds }) {
  if (state === 'invited') return [['wait', t('Has not come yet')]];
  if (state === 'refused') return [['bad', t('Came with a card of another name')]];
  if (state === 'left') return [['wait', t('Has left')]];
  return lacks.length ? lacks.map((lack) => lackText(lack, cardEnds)) : [['good', t('Ready')]];
}

/** @param {import('../mail/network.js').Lack} lack @param {string | null} cardEnds @returns {['wait'|'bad', string]} */
function lackText(lack, cardEnds) {
  switch (lack) {
    case 'card-ended': return ['bad', t('The card has ended')];
    case 'card-ends': return ['wait', t('The card ends on {date}', { date: formatDay(cardEnds ?? '') })];
    case 'passkey-only': return ['wait', t('Opens with a passkey, no card')];
    default: return ['wait', t('No second way in')];
  }
}

/** @param {NetworkInbox} inbox */
const inboxView = ({ address, name, open, managers, members }) => html`<li class="access-item" data-inbox=${address}><span class="access-icon">${icon('inbox')}</span>
  <span class="access-words"><span class="access-name">${plainLine(name) || address}</span><span class="access-detail">${address}</span></span>
  <span class="access-detail">${open ? html`${tn('{n} member', '{n} members', members)} · ${t('managed by {names}', { names: managers.map(plainLine).join(', ') })}`
    : t('Waits for {name} to open it', { name: managers.map(plainLine).join(', ') || '?' })}</span></li>`;

/** @param {Rules} rules @param {NetworkPage} page */
const rulesView = (rules, page) => html`<section aria-labelledby="network-rules"><h3 class="access-subtitle" id="network-rules">${t('Rules')}</h3>
  <form class="network-rules" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); page.save(); }}>
    ${switchView('cardRequired', rules, page, t('The card is required'), t('No passkey opens a mailbox, and none is let in any more. Those that were end at the next visit with a card.'))}
    ${switchView('noBridgeAllowed', rules, page, t('Opening without the card program is allowed'), t('On a phone or a borrowed computer, with a passkey or a recovery code: the keys are then held by the browser.'))}
    ${page.lockedOut.length ? noticeView({ tone: 'caution', title: tn('{n} person would be locked out.', '{n} people would be locked out.', page.lockedOut.length),
      body: t('They have no card: {names}.', { names: page.lockedOut.map(({ name }) => plainLine(name)).join(', ') }) }) : nothing}
    ${switchView('recoveryRequired', rules, page, t('A second way in is required'), t('Until there is one, a mailbox cannot be shared, and its owner is reminded.'))}
    ${switchView('membersOpenServices', rules, page, t('Everybody may open shared inboxes'), t('Otherwise administrators, and whom the list names.'))}
    ${switchView('listedOnly', rules, page, t('Only people on the list open a mailbox'), t('Of the domain of this network.'))}
    ${daysView('delegationDaysMax', rules, page, t('Longest delegation, in days'), t('Of a person’s mailbox; 0 for no limit. Every delegation then has an end.'))}
    ${daysView('retentionDays', rules, page, t('The list of accesses is kept, in days'), t('0 for no limit. What happened in an emergency always stays.'))}
    <p class="field-help">${t('Everybody is told of a change, and it stands in the list of accesses of each mailbox. Your card is asked for once more.')}</p>
    <div class="network-acts"><button type="submit" class="button primary" data-action="save-rules" ?disabled=${!page.unsaved || Boolean(page.acting)}>${t('Set these rules')}</button>
      ${page.unsaved ? html`<button type="button" class="button quiet" data-action="undo-rules" @click=${page.undo}>${t('Undo')}</button>` : nothing}</div>
  </form></section>`;

/** @param {keyof Rules} name @param {Rules} rules @param {NetworkPage} page @param {string} title @param {string} help */
const switchView = (name, rules, { edit }, title, help) => html`<label class="network-rule"><input type="checkbox" name=${name} .checked=${Boolean(rules[name])}
  @change=${(/** @type {Event} */ event) => edit({ [name]: isChecked(event) })}><span class="access-words"><span class="access-name">${title}</span><span class="access-detail">${help}</span></span></label>`;

/** @param {keyof Rules} name @param {Rules} rules @param {NetworkPage} page @param {string} title @param {string} help */
const daysView = (name, rules, { edit }, title, help) => html`<label class="network-rule days"><input class="input" type="number" name=${name} min="0" max="36500" step="1" required .value=${String(rules[name])}
  @change=${(/** @type {Event} */ event) => edit({ [name]: Math.trunc(Number(/** @type {HTMLInputElement} */ (event.target).value)) })}><span class="access-words"><span class="access-name">${title}</span><span class="access-detail">${help}</span></span></label>`;

/** @param {Event} event */
const isChecked = (event) => /** @type {HTMLInputElement} */ (event.target).checked;
