// What giving access does and does not protect, said before the click. Pure: docs/SECURITY-MODEL.md says the same at length.
import { t } from '../i18n.js';
import { formatFullDate } from './format.js';

/** @typedef {import('../pages/delegation-plan.js').PlanKind} PlanKind */
/** @typedef {import('../pages/delegation-plan.js').Missing} Missing */
/** @typedef {{title: string, body: string}} Said */

/** @param {PlanKind} kind @returns {Said} */
export function kindTexts(kind) {
  switch (kind) {
    case 'replacement': return { title: t('Replacement'), body: t('A colleague reads, and answers for you, from one date to another.') };
    case 'duty': return { title: t('On-call duty'), body: t('Those of a roster, each during their slots only.') };
    case 'secretary': return { title: t('Secretary'), body: t('Sorts, prints and prepares letters. Never signs as you.') };
    default: return { title: t('Member'), body: t('Shares this mailbox, each with an own card.') };
  }
}

/** @param {'all'|'now'|'folders'} reach @returns {Said} */
export function scopeTexts(reach) {
  switch (reach) {
    case 'now': return { title: t('Mail from now on'), body: t('The key of the mailbox is changed first: older mail stays closed to them, by mathematics and not by a rule.') };
    case 'folders': return { title: t('Some folders'), body: t('A rule of the server: it shows them these folders and no other. The key they get would open every folder.') };
    default: return { title: t('The whole mailbox'), body: t('All folders, with the mail already there.') };
  }
}

/**
 * What an end date protects, and what it does not.
 * @param {{name: string, until: string | null}} delegation name: of whoever gets access
 * @returns {Said[]}
 */
export function promiseTexts({ name, until }) {
  if (!until) return [{ title: t('No end date'), body: t('The access lasts until you, or another manager, end it on this page.') }, ...keptText(name)];
  return [
    { title: t('It stops by itself: {date}', { date: formatFullDate(until) }), body: t('The server and the card program give {name} nothing from that date on. You need not be there.', { name }) },
    { title: t('This is a rule, not mathematics'), body: t('Until the key is changed, it is the server that keeps {name} out. Your first opening after that date changes the key by itself: mail that comes later then stays closed, even to a key that was kept.', { name }) },
    ...keptText(name),
  ];
}

/** @param {string} name @returns {Said[]} */
const keptText = (name) => [{ title: t('What was seen stays seen'), body: t('What {name} has read, copied, printed or still keeps open cannot be taken back.', { name }) }];

/** @param {string} name @returns {string[]} what ending by hand does */
export const endTexts = (name) => [
  t('The server gives {name} nothing any more, at once, and the key of the mailbox is changed: mail that comes from now on stays closed to them.', { name }),
  t('What {name} has read, copied, printed or still keeps open cannot be taken back.', { name }),
  t('Your card program asks once, and your card signs once.'),
];

/** When it begins; `when` '' for at once. @param {{known: boolean, name: string, when: string}} how @returns {Said} */
export const beginText = ({ known, name, when }) => (known
  ? { title: when ? t('It begins: {date}', { date: when }) : t('It begins at once'), body: t('The card of {name} is known here: nothing else is needed.', { name }) }
  : { title: t('The card of {name} is not known here yet', { name }), body: t('The access waits for a visit with the card of this number and name, then for your next visit, which completes it. Nothing is encrypted for anybody before.') });

/** @param {Missing} missing @param {number} [limit] days @returns {string} */
export function missingText(missing, limit = 0) {
  switch (missing) {
    case 'person': return t('Choose a colleague.');
    case 'name': return t('Give the name as on the card.');
    case 'rpps': return t('An RPPS number has eleven digits; these do not form one.');
    case 'roster': return t('Paste or choose a roster, and have it read.');
    case 'folders': return t('Choose at least one folder.');
    case 'start': return t('Say when it begins.');
    case 'end': return t('Say when it ends.');
    case 'order': return t('It must end after it begins.');
    case 'limit': return t('Your establishment allows a delegation of {n} days at most: give it an earlier end.', { n: limit });
    case 'roster-limit': return t('Your establishment allows a delegation of {n} days at most: cut this roster into shorter ones.', { n: limit });
    default: return t('This date has passed.');
  }
}
