// The page of <pli-delegation>: kind, whom, reach and dates, then what it protects and what it does not.
import { t, tn } from '../i18n.js';
import { beginText, kindTexts, missingText, promiseTexts, scopeTexts } from '../viewers/delegation-texts.js';
import { formatFullDate, initials, personHue } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { roleHelp, roleText } from '../viewers/member-texts.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { peopleOnDuty } from '../mail/rosters.js';
import { datesOf, isRpps, rolesFor } from './delegation-plan.js';
import { readingView, zoneView } from './roster-view.js';

/** @typedef {import('./delegation-plan.js').Plan} Plan */
/** @typedef {import('./store-types.js').DirectoryEntry} DirectoryEntry */
/** @typedef {import('../mail/membership-acts.js').PersonName} PersonName */

/**
 * @typedef {object} DelegationPage
 * @property {import('./store-types.js').Session} session
 * @property {Plan} plan
 * @property {readonly Plan['kind'][]} kinds
 * @property {readonly DirectoryEntry[]|null} found null: nobody was asked for
 * @property {string} searched
 * @property {boolean} reading
 * @property {boolean} acting
 * @property {unknown} error
 * @property {readonly import('./delegation-plan.js').Missing[]} missing
 * @property {number} limit days that the establishment allows; 0: no limit
 * @property {Date} now
 * @property {readonly {id: string, name: string}[]} folders
 * @property {(kind: Plan['kind']) => void} choose
 * @property {(change: Partial<Plan>) => void} edit
 * @property {(text: string) => void} search
 * @property {(person: PersonName | null) => void} pick
 * @property {(text: string) => void} readRoster
 * @property {() => void} agree
 * @property {() => void} leave
 * @property {() => void} dismiss
 */

/** @param {DelegationPage} page */
export const delegationView = (page) => html`
  <form class="place-page delegation" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); page.agree(); }}>
    <header class="place-head">
      <button type="button" class="icon-button" aria-label=${t('Back to the people with access')} @click=${page.leave}>${icon('back')}</button>
      <div class="place-words"><h2 class="place-title" tabindex="-1">${t('Give access')}</h2><p class="muted">${page.session.mailbox.address}</p></div>
    </header>
    ${kindsView(page)}
    ${page.plan.kind === 'duty' ? rosterField(page) : personField(page)}
    ${roleView(page)}
    ${scopeView(page)}
    ${page.plan.kind === 'duty' ? nothing : datesView(page)}
    ${reviewView(page)}
  </form>`;

/** @param {string} name @param {string} value @param {boolean} checked @param {{title: string, body: string}} words @param {() => void} choose @param {string} [type] */
const optionView = (name, value, checked, { title, body }, choose, type = 'radio') => html`<label class="option"><input type=${type} name=${name} value=${value} .checked=${checked} @change=${choose}>
  <span class="option-words"><span class="option-title">${title}</span>${body ? html`<span class="option-help">${body}</span>` : nothing}</span></label>`;

/** @param {DelegationPage} page */
const kindsView = ({ plan, kinds, choose }) => html`<fieldset class="choice-set wide"><legend class="step-title">${t('What for?')}</legend>
  ${kinds.map((kind) => optionView('kind', kind, kind === plan.kind, kindTexts(kind), () => choose(kind)))}</fieldset>`;

/** @param {DelegationPage} page */
const personField = (page) => html`<section class="step" aria-labelledby="whom-title"><h3 class="step-title" id="whom-title">${t('Whom?')}</h3>
  ${page.plan.person ? chosenView(page.plan.person, page) : searchView(page)}</section>`;

/** @param {PersonName} person @param {DelegationPage} page */
const chosenView = (person, { plan, pick }) => html`
  <div class="member chosen"><span class="avatar hue-${personHue({ name: person.name, address: person.idValue })}" aria-hidden="true">${initials({ name: person.name, address: person.idValue })}</span>
    <div class="member-words"><p class="member-name">${person.name}</p><p class="member-details">RPPS ${person.idValue}</p></div>
    <button type="button" class="button small" @click=${() => pick(null)}>${t('Somebody else')}</button></div>
  ${plan.known ? nothing : noticeView({ ...beginText({ known: false, name: person.name, when: '' }) })}`;

/** @param {DelegationPage} page */
const searchView = (page) => html`
  <label class="field"><span class="field-label">${t('Name or address in the directory')}</span>
    <input class="input" type="search" name="search" autocomplete="off" .value=${page.searched} @input=${(/** @type {Event} */ event) => page.search(valueOf(event))}></label>
  ${page.found?.length ? html`<ul role="list" class="found" aria-label=${t('Found in the directory')}>${page.found.map((entry) => html`<li><button type="button" class="found-person" data-rpps=${entry.rppsNumber ?? ''}
    @click=${() => page.pick({ idType: 'RPPS', idValue: entry.rppsNumber ?? '', name: entry.name })}><span class="member-name">${entry.name}</span><span class="member-details">${[entry.profession, entry.address].filter(Boolean).join(' · ')}</span></button></li>`)}</ul>` : nothing}
  <p class="found-nobody muted" role="status">${page.found?.length === 0 ? t('The directory has nobody for “{words}”. Choose by RPPS number whoever has never been here.', { words: page.searched.trim() }) : ''}</p>
  <details class="by-number"><summary>${t('By RPPS number: a colleague who has never used Pli')}</summary>${numberView(page)}</details>`;

/** @param {DelegationPage} page */
const numberView = ({ pick }) => html`<div class="field-pair">
  <label class="field"><span class="field-label">${t('RPPS number')}</span><input class="input" name="rpps" inputmode="numeric" maxlength="14" autocomplete="off"></label>
  <label class="field"><span class="field-label">${t('First and last name, as on the card')}</span><input class="input" name="name" autocomplete="off"></label>
  <button type="button" class="button" data-action="by-number" @click=${(/** @type {Event} */ event) => take(event, pick)}>${t('Choose')}</button></div>`;

/** @param {Event} event @param {(person: PersonName) => void} pick */
function take({ currentTarget }, pick) {
  const form = /** @type {HTMLButtonElement} */ (currentTarget).form;
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form?.elements.namedItem(name));
  const [number, name] = [field('rpps'), field('name')];
  const idValue = number.value.replace(/\s/g, '');
  number.setCustomValidity(isRpps(idValue) ? '' : missingText('rpps'));
  name.setCustomValidity(name.value.trim() ? '' : missingText('name'));
  if (number.reportValidity() && name.reportValidity()) pick({ idType: 'RPPS', idValue, name: name.value.trim() });
}

/** @param {DelegationPage} page */
const rosterField = (page) => html`<section class="step" aria-labelledby="roster-step"><h3 class="step-title" id="roster-step">${t('Which roster?')}</h3>
  <p class="field-help first">${t('A table (CSV) with the columns rpps, start, end and perhaps name, or a calendar (iCalendar) whose events hold the RPPS number.')}</p>
  <label class="field"><span class="field-label">${t('Paste it here')}</span><textarea class="input roster-text" name="roster" rows="5" spellcheck="false"></textarea></label>
  <div class="button-row tight"><button type="button" class="button" data-action="read-roster" ?disabled=${page.reading} @click=${(/** @type {Event} */ event) => readPasted(event, page)}>${page.reading ? html`<span class="spinner small"></span>` : nothing}${t('Read the roster')}</button>
    <label class="button quiet attach-button">${icon('attachment')}<span>${t('Choose a file')}</span><input class="visually-hidden" type="file" name="roster-file" accept=".csv,.ics,text/csv,text/calendar" @change=${(/** @type {Event} */ event) => void readFile(event, page)}></label></div>
  ${page.plan.roster ? readingView(page.plan.roster) : nothing}</section>`;

/** @param {Event} event @param {DelegationPage} page */
function readPasted({ currentTarget }, page) {
  const field = /** @type {HTMLTextAreaElement|undefined} */ (/** @type {HTMLButtonElement} */ (currentTarget).form?.elements.namedItem('roster') ?? undefined);
  if (field?.value.trim()) page.readRoster(field.value);
}

/** @param {Event} event @param {DelegationPage} page */
async function readFile({ currentTarget }, page) {
  const input = /** @type {HTMLInputElement} */ (currentTarget);
  const file = input.files?.[0];
  input.value = '';
  if (file) page.readRoster(await file.text());
}

/** @param {DelegationPage} page */
function roleView({ plan, edit }) {
  const roles = rolesFor(plan.kind);
  if (roles.length === 1) return nothing;
  return html`<fieldset class="choice-set wide"><legend class="step-title">${t('What may they do?')}</legend>
    ${roles.map((role) => optionView('role', role, role === plan.role, { title: roleText(role), body: roleHelp(role) }, () => edit({ role })))}</fieldset>`;
}

/** @param {DelegationPage} page */
const scopeView = ({ plan, folders, edit }) => html`<fieldset class="choice-set wide"><legend class="step-title">${t('How much do they see?')}</legend>
  ${/** @type {const} */ (['all', 'now', 'folders']).map((reach) => optionView('reach', reach, reach === plan.reach, scopeTexts(reach), () => edit({ reach })))}
  ${plan.reach === 'folders' ? html`<div class="folder-options" role="group" aria-label=${t('Folders')}>${folders.map(({ id, name }) => optionView('folder', id, plan.folders.includes(id), { title: name, body: '' },
    () => edit({ folders: plan.folders.includes(id) ? plan.folders.filter((one) => one !== id) : [...plan.folders, id] }), 'checkbox'))}</div>` : nothing}</fieldset>`;

/** @param {DelegationPage} page */
const datesView = ({ plan, limit, edit }) => html`<fieldset class="choice-set"><legend class="step-title">${t('From when until when?')}</legend>
  <div class="field-pair"><label class="field"><span class="field-label">${t('From')}</span><input class="input" type="datetime-local" name="from" .value=${plan.from} @change=${(/** @type {Event} */ event) => edit({ from: valueOf(event) })}></label>
    <label class="field"><span class="field-label">${plan.kind === 'replacement' || limit ? t('Until') : t('Until (empty: no end)')}</span><input class="input" type="datetime-local" name="until" .value=${plan.until} @change=${(/** @type {Event} */ event) => edit({ until: valueOf(event) })}></label></div>
  ${limit ? html`<p class="field-help" data-limit=${limit}>${t('Your establishment allows {n} days at most.', { n: limit })}</p>` : nothing}${zoneView()}</fieldset>`;

/** What this does, before the click. @param {DelegationPage} page */
function reviewView(page) {
  const { plan, acting, error } = page;
  const name = plan.person?.name ?? (plan.kind === 'duty' ? t('those on call') : t('your colleague'));
  const [, until] = datesOf(plan);
  return html`<section class="step review" aria-labelledby="review-title"><h3 class="step-title" id="review-title">${t('What this protects, and what it does not')}</h3>
    <dl class="promises">${[...beginning(page), ...promiseTexts({ name, until })].map(({ title, body }) => html`<div class="promise-line"><dt>${title}</dt><dd>${body}</dd></div>`)}</dl>
    ${error ? errorView(error, { dismiss: page.dismiss, retry: page.agree }) : nothing}
    ${page.missing.map((each) => noticeView({ tone: 'caution', role: 'alert', title: missingText(each, page.limit) }))}
    ${acting ? noticeView({ title: t('Answer your card program.'), body: t('It names everybody who gets access, what they may do and until when.') }) : nothing}
    <p class="field-help">${plan.person && !plan.known ? t('Nothing is signed now: your card signs at the visit that completes the access.') : t('Your card program asks once, and your card signs once.')}</p>
    <div class="button-row"><button class="button primary" data-action="agree" ?disabled=${acting}>${acting ? html`<span class="spinner small"></span>` : icon('check')}<span>${plan.person && !plan.known ? t('Invite') : t('Give access')}</span></button>
      <button type="button" class="button" ?disabled=${acting} @click=${page.leave}>${t('Cancel')}</button></div></section>`;
}

/** @param {DelegationPage} page */
function beginning({ plan, now }) {
  const [from] = datesOf(plan);
  if (plan.kind === 'duty') {
    const people = peopleOnDuty(plan.roster?.slots ?? []);
    return people.length ? [{ title: tn('{n} person, each during the own slots', '{n} people, each during their own slots', people.length), body: t('Between slots the server shows them nothing. The key they get holds for the whole period.') }] : [];
  }
  if (!plan.person || !plan.known || !plan.from) return [];
  return [beginText({ known: true, name: plan.person.name, when: from <= now.toISOString() ? '' : formatFullDate(from) })];
}

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;
