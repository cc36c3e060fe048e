// Questions of <pli-members> before an act: ending, leaving, changing. Each says what it does before the click.
import { t } from '../i18n.js';
import { endTexts } from '../viewers/delegation-texts.js';
import { formatFullDate } from '../viewers/format.js';
import { icon } from '../viewers/icons.js';
import { html } from '../viewers/lit.js';
import { roleHelp, roleText } from '../viewers/member-texts.js';
import { localOf, momentOf } from '../time-zone.js';

/** @typedef {import('../viewers/member-rows.js').MemberPerson} MemberPerson */
/** @typedef {import('../keys/agent.js').Role} Role */

/** @param {string} title @param {() => void} close */
const headView = (title, close) => html`<div class="dialog-head"><h2 class="dialog-title">${title}</h2>
  <button type="button" class="icon-button" aria-label=${t('Close')} @click=${close}>${icon('close')}</button></div>`;

/** @param {string} words @param {() => void} close @param {() => void} act */
const choiceView = (words, close, act) => html`<div class="button-row">
  <button type="button" class="button primary" data-action="agree" @click=${() => { close(); act(); }}>${words}</button>
  <button type="button" class="button" @click=${close}>${t('Cancel')}</button></div>`;

/** @param {MemberPerson} person @param {() => void} close @param {() => void} act */
export const endView = (person, close, act) => html`${headView(t('End the access of {name}?', { name: person.name }), close)}
  ${endTexts(person.name).map((words) => html`<p>${words}</p>`)}
  ${choiceView(t('End now'), close, act)}`;

/**
 * @param {MemberPerson} person
 * @param {readonly import('./store-types.js').MemberRow[]} cards of that person, one as a rule
 * @param {() => void} close
 * @param {(bodyHash: string) => void} act
 */
export const lostCardView = (person, cards, close, act) => html`${headView(t('{name} has lost a card?', { name: person.name }), close)}
  <p>${t('This mailbox is closed to the card at once, and its key is changed. Everybody else keeps access, and your messages stay.')}</p>
  <p>${person.kinds.length > 1 || cards.length > 1 ? t('What else opens it for {name} goes on working.', { name: person.name })
    : t('{name} has no other way in: give access again once there is a new card.', { name: person.name })}</p>
  <p>${t('For other mailboxes and for logging in, {name} blocks the card under “My access”, or asks the administrator. If you administer this establishment, this blocks its login too.', { name: person.name })}</p>
  ${cards.map(({ bodyHash, since }) => choiceView(cards.length > 1 ? t('Block the card in use since {date}', { date: formatFullDate(since) }) : t('Block it and change the key now'), close, () => act(bodyHash)))}`;

/** @param {() => void} close @param {() => void} act */
export const leaveView = (close, act) => html`${headView(t('Leave this mailbox?'), close)}
  <p>${t('You see nothing of it any more, at once. Only a manager can give you access again.')}</p>
  <p>${t('Your card program asks once, and your card signs once.')}</p>
  ${choiceView(t('Leave'), close, act)}`;

/**
 * @param {{person: MemberPerson, roles: readonly Role[], folders: readonly {id: string, name: string}[], confirmed: boolean}} how confirmed: by somebody else, if it makes a manager
 * @param {() => void} close
 * @param {(change: {role: Role, notAfter: string | null, profile: MemberPerson['profile'], folders: string[]}) => void} act
 */
export const changeView = ({ person, roles, folders, confirmed }, close, act) => html`${headView(t('Change the access of {name}', { name: person.name }), close)}
  <form @submit=${(/** @type {SubmitEvent} */ event) => { event.preventDefault(); const change = changed(/** @type {HTMLFormElement} */ (event.currentTarget), person); close(); act(change); }}>
    <fieldset class="choice-set"><legend class="field-label">${t('Role')}</legend>${roles.map((role) => html`<label class="option"><input type="radio" name="role" value=${role} ?checked=${role === person.role}>
      <span class="option-words"><span class="option-title">${roleText(role)}</span><span class="option-help">${roleHelp(role)}</span></span></label>`)}</fieldset>
    ${confirmed ? html`<p class="field-help">${t('As a manager or owner, {name} waits until another manager confirms, and sees nothing here until then.', { name: person.name })}</p>` : ''}
    <label class="field"><span class="field-label">${t('Until (empty: no end)')}</span><input class="input" type="datetime-local" name="until" .value=${person.notAfter ? localOf(new Date(person.notAfter)) : ''}></label>
    ${person.folders.length ? foldersField(person, folders) : ''}
    <p class="field-help">${t('Your card program asks once, and your card signs once.')}</p>
    <div class="button-row"><button class="button primary" data-action="agree">${t('Change')}</button><button type="button" class="button" @click=${close}>${t('Cancel')}</button></div>
  </form>`;

/** @param {MemberPerson} person @param {readonly {id: string, name: string}[]} folders */
const foldersField = (person, folders) => html`<fieldset class="choice-set"><legend class="field-label">${t('Folders')}</legend>${folders.map(({ id, name }) => html`
  <label class="option"><input type="checkbox" name="folder" value=${id} ?checked=${person.folders.includes(id)}><span>${name}</span></label>`)}</fieldset>`;

/** @param {HTMLFormElement} form @param {MemberPerson} person */
function changed(form, person) {
  const data = new FormData(form);
  const until = String(data.get('until') ?? '');
  const folders = data.getAll('folder').map(String);
  return { role: /** @type {Role} */ (data.get('role') ?? person.role), notAfter: until ? momentOf(until) : null, profile: person.profile, folders: person.folders.length ? folders : [] };
}
