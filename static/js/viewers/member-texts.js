// The words about members of a mailbox. Pure.
import { currentLanguage, t } from '../i18n.js';
import { formatEnd } from './account-texts.js';
import { formatDay, plainLine } from './format.js';
import { confirmersOf } from './member-rows.js';

/** @typedef {import('./member-rows.js').MemberPerson} MemberPerson */
/** @typedef {import('../keys/agent.js').Role} Role */

/** @param {Role} role @returns {string} */
export function roleText(role) {
  switch (role) {
    case 'owner': return t('Owner');
    case 'manager': return t('Manager');
    case 'sender': return t('Reads and answers');
    default: return t('Reads only');
  }
}

/** What a role allows, for somebody who chooses one. @param {Role} role @returns {string} */
export function roleHelp(role) {
  switch (role) {
    case 'owner': return t('Everything, and ends the right of other owners.');
    case 'manager': return t('Reads, answers, and decides who has access. Where others manage too, one of them confirms.');
    case 'sender': return t('Reads, and answers under their own name for this mailbox.');
    default: return t('Reads, files and prepares. Sends nothing.');
  }
}

/** @param {MemberPerson['profile']} profile @returns {string} '' for a plain member */
export function profileText(profile) {
  switch (profile) {
    case 'replacement': return t('Replacement');
    case 'duty': return t('On-call duty');
    case 'secretary': return t('Secretary');
    case 'officer': return t('Emergency access');
    default: return '';
  }
}

/** What a person has here, in a few words. @param {MemberPerson} person */
export const standingText = ({ role, profile }) => [roleText(role), profileText(profile)].filter(Boolean).join(' · ');

/** From when, until when and by whom. @param {MemberPerson} person @param {Date} now @returns {string} */
export function timesText({ state, since, by, notBefore, notAfter }, now) {
  const giver = plainLine(by.name);
  if (state === 'ended') return giver ? t('Given by {name} on {date}', { name: giver, date: formatDay(since) }) : formatDay(since);
  const begun = state === 'later' ? t('begins: {date}', { date: formatEnd(notBefore, now) }) : t('since {date}', { date: formatDay(notBefore) });
  const end = notAfter ? [state === 'over' ? t('ended: {date}', { date: formatEnd(notAfter, now) }) : t('until {date}', { date: formatEnd(notAfter, now) })] : [];
  return [begun, ...end, ...(giver ? [t('given by {name}', { name: giver })] : [])].join(', ');
}

/** Why somebody in the list does not have access now; '' if he has. @param {MemberPerson} person @param {readonly MemberPerson[]} present @returns {string} */
export function waitingText(person, present) {
  switch (person.state) {
    case 'pending': return confirmersOf(person, person.by, present).length ? t('Waits until a second manager confirms') : t('Only {name} is left to confirm', { name: plainLine(person.by.name) });
    case 'later': return t('Not begun');
    case 'over': return t('The date has passed: nothing is shown to them any more');
    default: return '';
  }
}

/** What an act has just given, as the log says it now. @param {MemberPerson} person @param {Date} now @returns {string} */
export function givenText({ name, state, notBefore }, now) {
  switch (state) {
    case 'pending': return t('The access of {name} waits until a second manager confirms.', { name });
    case 'later': return t('The access of {name} begins: {date}', { name, date: formatEnd(notBefore, now) });
    default: return t('{name} has access.', { name });
  }
}

/** @param {MemberPerson} person @param {readonly {id: string, name: string}[]} known named as people see them @returns {string} */
export function reachText({ folders, wholeHistory }, known) {
  const names = folders.map((id) => known.find((folder) => folder.id === id)?.name ?? '').filter(Boolean);
  const where = folders.length ? t('Only these folders: {names}', { names: listed(names) }) : '';
  return [where, wholeHistory ? '' : t('Mail from the change of key on, nothing older')].filter(Boolean).join('. ');
}

/** @param {readonly string[]} words */
export const listed = (words) => new Intl.ListFormat(currentLanguage(), { type: 'conjunction' }).format(words);

/** @param {string} kind of what opens a mailbox @returns {string} */
export function kindText(kind) {
  switch (kind) {
    case 'card': return t('card');
    case 'passkey': return t('passkey');
    case 'recovery': return t('recovery code');
    case 'officer': return t('officers');
    default: return t('program');
  }
}

/** @param {import('../mail/membership-acts.js').Invitation & {reason?: string | null}} invitation @returns {string} */
export function invitationText({ state, reason = null }) {
  if (state === 'ready') return t('Has come with the card of this number and name: complete the access.');
  if (state === 'refused' && reason === 'name-differs') return t('A card with this number came under another name. Check the number, then invite again.');
  return t('Waits for the first visit with the card of this number.');
}

/** Steps of a change of key. @param {import('../mail/rotation.js').RotationStep} step @returns {string} */
export function rotationText(step) {
  switch (step) {
    case 'log': return t('Reading who has access…');
    case 'certify': return t('Having the new key certified…');
    case 'give': return t('Giving the new key to everybody who stays…');
    case 'append': return t('Signing the change…');
    default: return t('Taking drafts and settings along…');
  }
}
