// Words in the reader's language. English sentences in the source are the message ids (as in gettext); a catalogue
// is an ordinary module, so that it is served, reviewed and hashed like the rest, and works in Node and in workers.

/** @typedef {{[msgid: string]: string | [string, string]}} Catalogue a pair is [one, other] */
/** @typedef {{[name: string]: string | number}} Params */

export const LANGUAGES = Object.freeze(['fr', 'en']);
const STORAGE_NAME = 'pli-language';

/** What every page says; screens that load later bring catalogues of their own. @type {(() => Promise<{default: Catalogue}>)[]} */
const french = [() => import('./locale/fr.js'), () => import('./locale/fr-messages.js')];
let language = 'en';
/** @type {Catalogue} */
let catalogue = {};

/** @param {string} text @param {Params} params @returns {string} */
const fill = (text, params) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));

/**
 * The translation of an English sentence, with `{name}` replaced from `params`.
 * @param {string} msgid @param {Params} [params] @returns {string}
 */
export function t(msgid, params = {}) {
  const found = catalogue[msgid];
  return fill(typeof found === 'string' ? found : msgid, params);
}

/**
 * The sentence for a number; `{n}` is the number in the reader's notation. The msgid is the English plural.
 * @param {string} one @param {string} other @param {number} n @param {Params} [params] @returns {string}
 */
export function tn(one, other, n, params = {}) {
  const found = catalogue[other];
  const [singular, plural] = Array.isArray(found) ? found : [one, other];
  const rule = new Intl.PluralRules(language).select(n);
  return fill(rule === 'one' ? singular : plural, { n: formatNumber(n), ...params });
}

/** @param {number} n @returns {string} */
export const formatNumber = (n) => new Intl.NumberFormat(language).format(n);

/** @returns {string} `fr` or `en` */
export const currentLanguage = () => language;

/** @param {readonly string[]} wanted language tags, best first @returns {string} */
export function chooseLanguage(wanted) {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0] ?? '';
    if (LANGUAGES.includes(base)) return base;
  }
  return 'en';
}

/** Loads a catalogue and makes it the current one. @param {string} wanted @returns {Promise<void>} */
export async function useLanguage(wanted) {
  const next = chooseLanguage([wanted]);
  const parts = next === 'fr' ? await Promise.all(french.map((load) => load())) : [];
  catalogue = Object.assign({}, ...parts.map((part) => part.default));
  language = next;
  if (typeof document !== 'undefined') document.documentElement.lang = next;
}

/** Adds the French sentences of a screen that has just loaded. @param {() => Promise<{default: Catalogue}>} load */
export async function addFrench(load) {
  french.push(load);
  if (language === 'fr') await useLanguage(language);
}

/** Starts in the person's own choice, else the browser's. @returns {Promise<void>} */
export async function startLanguage() {
  const chosen = globalThis.localStorage?.getItem(STORAGE_NAME);
  await useLanguage(chosen ?? chooseLanguage(navigator.languages));
}

/** Remembers a choice on this device (a language is no secret) and applies it. @param {string} chosen */
export async function keepLanguage(chosen) {
  localStorage.setItem(STORAGE_NAME, chosen);
  await useLanguage(chosen);
}
