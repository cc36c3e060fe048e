// How dates, sizes and people are written. Pure: the clock is a parameter.
import { currentLanguage, t } from '../i18n.js';
import { dateFormat, dayOf } from '../time-zone.js';

/** @typedef {import('../pages/store-types.js').Address} Address */

const UNITS = Object.freeze(['byte', 'kilobyte', 'megabyte', 'gigabyte']);

/** A size as people say it, decimal units. @param {number} bytes @returns {string} */
export function formatSize(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(currentLanguage(), {
    style: 'unit', unit: UNITS[unit], unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: unit > 0 && value < 10 ? 1 : 0,
  }).format(value);
}

/** @param {Date} a @param {Date} b */
export const sameDay = (a, b) => dayOf(a) === dayOf(b);

/** @param {Date} a @param {Date} b */
export const sameYear = (a, b) => dayOf(a).slice(0, 4) === dayOf(b).slice(0, 4);

/**
 * The date of a list row: the hour today, the weekday this week, else day and month, with the year when it differs.
 * @param {string|null} date RFC 3339 @param {Date} now @returns {string}
 */
export function formatListDate(date, now) {
  const at = date ? new Date(date) : null;
  if (!at || Number.isNaN(at.getTime())) return '';
  return dateFormat(listDateOptions(at, now)).format(at);
}

/** @param {Date} at @param {Date} now @returns {Intl.DateTimeFormatOptions} */
function listDateOptions(at, now) {
  if (sameDay(at, now)) return { hour: '2-digit', minute: '2-digit' };
  const days = (now.getTime() - at.getTime()) / 86_400_000;
  if (days > 0 && days < 6) return { weekday: 'short' };
  if (sameYear(at, now)) return { day: 'numeric', month: 'short' };
  return { day: 'numeric', month: 'short', year: 'numeric' };
}

/** @param {string|null} date RFC 3339 @returns {string} */
export function formatFullDate(date) {
  const at = date ? new Date(date) : null;
  if (!at || Number.isNaN(at.getTime())) return t('No date');
  return dateFormat({ dateStyle: 'full', timeStyle: 'short' }).format(at);
}

/** @param {string} date RFC 3339 @returns {string} the time of day alone */
export const formatTime = (date) => dateFormat({ timeStyle: 'short' }).format(new Date(date));

/** @param {string} date RFC 3339 @returns {string} the day alone */
export const formatDay = (date) => dateFormat({ dateStyle: 'long' }).format(new Date(date));

/** Characters that change the direction or hide part of a text: never shown from a name that others chose. */
const DECEPTIVE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** @param {string} text @returns {string} one line without deceptive characters */
export const plainLine = (text) => text.replace(/\s+/g, ' ').replace(DECEPTIVE, '').trim();

/** What stands for a person in a list: the name, else the address. @param {Address} person @returns {string} */
export const personName = (person) => plainLine(person.name) || person.address;

/** @param {readonly Address[]} people @returns {string} */
export function peopleNames(people) {
  if (people.length === 0) return t('(nobody)');
  return new Intl.ListFormat(currentLanguage(), { type: 'unit', style: 'short' }).format(people.map(personName));
}

/** Two letters for the disc beside a name. @param {Address} person @returns {string} */
export function initials(person) {
  const words = personName(person).replace(/^(dr|pr|m|mme|mr|mrs)\.?\s+/i, '').split(/[\s.@_-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toLocaleUpperCase() || '?';
}

/** One of eight hues, always the same for one address. @param {Address} person @returns {number} 0 to 7 */
export function personHue(person) {
  let sum = 0;
  for (const character of person.address.toLowerCase()) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % 8;
}

/** @param {string} subject @returns {string} */
export const subjectText = (subject) => plainLine(subject) || t('(no subject)');
