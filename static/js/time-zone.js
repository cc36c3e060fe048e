// Where the mailbox that is shown is at home: its establishment's time zone, else the browser's. Every date on a page goes through here.
import { currentLanguage } from './i18n.js';

/** @type {string | undefined} undefined: the browser's */
let zone;
/** Making a format costs more than using it, and a list uses one per row. @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string | null | undefined} wanted an IANA name, as the session tells it; null: the browser's */
export function useTimeZone(wanted) {
  zone = wanted || undefined;
}

/** @returns {string} an IANA name */
export const currentTimeZone = () => zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {string} [place] an IANA name; that of this page @returns {string} as people call it: « heure de La Réunion » */
export function zoneName(place = currentTimeZone()) {
  const parts = new Intl.DateTimeFormat(currentLanguage(), { timeZone: place, timeZoneName: 'long' }).formatToParts(new Date());
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? place;
}

/** Whether times on this page are not those of this computer's clock. @param {Date} at */
export const isElsewhere = (at) => zone !== undefined && offsetAt(at.getTime(), zone) !== -at.getTimezoneOffset() * 60_000;

/** @param {Intl.DateTimeFormatOptions} options @returns {Intl.DateTimeFormat} in the reader's language */
export function dateFormat(options) {
  const key = JSON.stringify([currentLanguage(), zone, options]);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(currentLanguage(), { ...options, timeZone: zone });
  formats.set(key, known);
  return known;
}

/** @param {Date} at @returns {string} `2026-11-22`, there */
export const dayOf = (at) => localOf(at).slice(0, 10);

/** @param {Date} at @returns {string} `2026-11-22T10:30`, as a field of a form has it */
export function localOf(at) {
  return new Date(at.getTime() + offsetAt(at.getTime(), currentTimeZone())).toISOString().slice(0, 16);
}

/**
 * The moment of a day and time there. A time that a change of clocks leaves out is taken an hour later, one that comes twice the first time.
 * @param {string} local `2026-11-22T10:30`, or a day alone for its first moment
 * @returns {string} RFC 3339
 */
export function momentOf(local) {
  const wall = Date.parse(`${local.length > 10 ? local : `${local}T00:00`}Z`);
  const place = currentTimeZone();
  const [before, after] = [wall - 86_400_000, wall + 86_400_000].map((near) => wall - offsetAt(near, place));
  const fits = [before, after].filter((at) => at + offsetAt(at, place) === wall);
  return new Date(fits.length ? Math.min(...fits) : before).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** How far its clocks are ahead of UTC. @param {number} at @param {string} place @returns {number} milliseconds */
function offsetAt(at, place) {
  const parts = partsFormat(place).formatToParts(at);
  const read = (/** @type {string} */ type) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
  return wall - Math.floor(at / 1000) * 1000;
}

/** @param {string} place */
function partsFormat(place) {
  const known = formats.get(place) ?? new Intl.DateTimeFormat('en-US', {
    timeZone: place, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
  formats.set(place, known);
  return known;
}
