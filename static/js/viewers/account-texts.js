// What is said of each mailbox a person may open: whose it is, as what one is there, until when. Pure.
import { t, tn } from '../i18n.js';
import { dateFormat } from '../time-zone.js';
import { plainLine, sameDay, sameYear } from './format.js';

/** @typedef {import('../pages/store-types.js').Account} Account */
/** @typedef {import('../pages/store-types.js').Session} Session */

/** A service without a name is called by its address. @param {string} address @returns {string} */
function serviceName(address) {
  const words = (address.split('@')[0] ?? address).replace(/[._-]+/g, ' ').trim();
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** Whom a mailbox belongs to. @param {Pick<Account, 'kind'|'name'|'address'>} account @returns {string} */
export const ownerName = ({ kind, name, address }) => plainLine(name) || (kind === 'PER' ? address : serviceName(address));

/** @param {Account} account @returns {string} */
export const accountTitle = (account) => (account.isPersonal || account.kind !== 'PER' ? ownerName(account) : t('For {name}', { name: ownerName(account) }));

/**
 * A day near enough to go without its year, today's with its hour.
 * @param {string} date RFC 3339 @param {Date} now @returns {string}
 */
export function formatEnd(date, now) {
  const at = new Date(date);
  /** @type {Intl.DateTimeFormatOptions} */
  const options = sameDay(at, now) ? { timeStyle: 'short' }
    : sameYear(at, now) ? { day: 'numeric', month: 'long' } : { dateStyle: 'long' };
  return dateFormat(options).format(at);
}

/** @param {Account} account @param {Date} now @returns {string} */
export function accountDetail(account, now) {
  if (account.isPersonal) return t('Your mailbox');
  const end = account.until ? t('until {date}', { date: formatEnd(account.until, now) }) : '';
  if (account.kind !== 'PER') return [tn('{n} member', '{n} members', account.members), end].filter(Boolean).join(', ');
  return [profileWord(account.profile), end].filter(Boolean).join(', ');
}

/** @param {Account['profile']} profile */
function profileWord(profile) {
  switch (profile) {
    case 'replacement': return t('replacement');
    case 'duty': return t('on-call duty');
    case 'secretary': return t('secretary');
    case 'officer': return t('emergency access');
    default: return t('delegated');
  }
}

/**
 * For whom one reads and writes here; '' in one's own mailbox.
 * @param {Session} session @param {Account} account @returns {string}
 */
export function actingText({ person, role, level }, account) {
  if (account.isPersonal) return '';
  const names = { person: person.name, name: ownerName(account) };
  if (level === 'recovery') return t('Opened for {name}: to read only.', names);
  if (account.kind === 'PER' && (role === 'reader' || account.profile === 'secretary')) return t('You read for {name}, and prepare letters to sign.', names);
  return role === 'reader' ? t('You read for {name}. Answering is not part of your access.', names) : t('You answer as {person} for {name}.', names);
}
