// Words about what opens a mailbox, for the page "My access" and the reminders in the shell. Pure: the clock is a parameter.
import { t, tn } from '../i18n.js';
import { formatDay, plainLine } from './format.js';

/** @typedef {import('../mail/unlockers.js').Unlocker} Unlocker */
/** @typedef {import('../mail/unlockers.js').Readiness} Readiness */

/** @type {Readonly<Record<import('../mail/unlockers.js').UnlockerKind, string>>} */
export const UNLOCKER_ICONS = Object.freeze({ card: 'card', passkey: 'fingerprint', recovery: 'print', officer: 'people' });

/** @param {Unlocker} unlocker @returns {string} */
export function unlockerTitle({ kind, name }) {
  const called = plainLine(name);
  switch (kind) {
    case 'card': return called || t('Health card');
    case 'passkey': return called || t('Passkey');
    case 'recovery': return t('Printed recovery code');
    default: return t('Officers with shares');
  }
}

/** @param {Unlocker} unlocker @param {Date} now @returns {string} */
export function unlockerDetail({ kind, bodyHash, blocked, expiresAt, createdAt, lastUsedAt }, now) {
  if (blocked) return t('Blocked: it opens nothing any more');
  if (expiresAt && Date.parse(expiresAt) <= now.getTime()) return t('Ended on {date}', { date: formatDay(expiresAt) });
  if (bodyHash === null) return t('Does not open this mailbox');
  if (expiresAt) return t('Valid until {date}', { date: formatDay(expiresAt) });
  if (kind === 'officer') return t('Several people together, for a while and to read only');
  if (kind === 'recovery' && createdAt) return t('Made on {date}; opens for an hour, to read only', { date: formatDay(createdAt) });
  if (lastUsedAt) return t('Last used on {date}', { date: formatDay(lastUsedAt) });
  return createdAt ? t('Added on {date}', { date: formatDay(createdAt) }) : '';
}

/** @param {Readiness} readiness @param {number} count @param {boolean} card whether one of them is a card @returns {{tone: 'good'|'caution', title: string, body: string}} */
export function readinessText(readiness, count, card) {
  if (readiness === 'ready') {
    return { tone: 'good', title: card ? t('Ready for the day your card fails') : t('Ready for the day your passkey fails'), body: tn('{n} way opens this mailbox. Losing one closes nothing.', '{n} ways open this mailbox. Losing one closes nothing.', count) };
  }
  return { tone: 'caution', title: card ? t('Not ready for the day your card fails') : t('Not ready for the day your passkey fails'), body: t('Only one way opens this mailbox. Lose it, and nobody can read your messages again: not you, not Pli. Add a second one now.') };
}

/** @param {number} days until the card ends @returns {string} */
export function expiryTitle(days) {
  if (days < 0) return t('Your card has ended.');
  return days === 0 ? t('Your card ends today.') : tn('Your card ends in {n} day.', 'Your card ends in {n} days.', days);
}

/** What is lost and what is not, before the click. @param {Unlocker} unlocker @returns {string[]} */
export function lossTexts({ kind }) {
  const changed = t('The key of this mailbox is changed at once. Everybody else who has access keeps it, and your messages stay.');
  switch (kind) {
    case 'card': return [t('The card is blocked: from now on it logs in nowhere and opens nothing, whoever holds it.'), changed,
      t('Ask its issuer for a new one: this does not cancel it elsewhere.')];
    case 'passkey': return [t('The passkey stops working in Pli. Remove it from the device or the password program too.'), changed];
    case 'recovery': return [t('The printed code stops working. Destroy the sheet.'), changed];
    default: return [t('The shares of the officers stop working.'), changed];
  }
}
