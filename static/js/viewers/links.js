// Where a link really leads. Pure: the reader's dialog shows what this finds.
import { t } from '../i18n.js';
import { plainLine } from './format.js';

/**
 * @typedef {object} LinkTarget
 * @property {string} href normalised; what would open
 * @property {string} host as the browser will look it up (punycode for foreign letters), with a port of its own
 * @property {'web'|'mail'|'telephone'} kind
 * @property {string[]} warnings sentences
 */

/** A text names a site where it says so, or where it is nothing else: `report.pdf` in a sentence is no site. */
const NAMED = Object.freeze([/https?:\/\/((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})/giu, /(?<![\p{L}\p{N}.@-])(www\.(?:[\p{L}\p{N}-]+\.)+\p{L}{2,})/giu, /^((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?:[/:?#@]|$)/gu]);

/** @param {string} text @returns {string[]} host names that a link's text claims to lead to: of two, one may be too small to be seen */
function claimedHosts(text) {
  const seen = plainLine(text);
  return NAMED.flatMap((named) => [...seen.matchAll(named)]).map(([, claimed]) => claimed.toLowerCase().replace(/^www\./, ''));
}

/** @param {string} host @param {string} claimed */
const leadsThere = (host, claimed) => {
  const [bare, named] = [host, URL.parse(`https://${claimed}`)?.hostname ?? claimed].map((name) => name.replace(/^www\./, ''));
  return bare === named || bare.endsWith(`.${named}`);
};

/** Where the rest of an address names another site, its own may send on to there. @param {URL} url @returns {string} that site, or '' */
function carriedHost({ href, hostname }) {
  const rest = href.slice(href.indexOf(hostname) + hostname.length).replace(/%(?:25)*(3a|2f)/gi, (_whole, code) => (code.toLowerCase() === '3a' ? ':' : '/'));
  const carried = [...rest.matchAll(/(?:https?:|=)\/\/+([^/?#&\s]+)/gi)].map(([, name]) => URL.parse(`https://${name}`)?.hostname ?? '');
  return carried.find((name) => name && !leadsThere(name, hostname)) ?? '';
}

/** @param {URL} url @param {string} text @returns {string[]} */
function webWarnings(url, text) {
  const warnings = [];
  const claimed = claimedHosts(text).find((one) => !leadsThere(url.hostname, one));
  if (claimed) warnings.push(t('The text names {claimed}, but the link leads elsewhere.', { claimed }));
  if (/(^|\.)xn--/.test(url.hostname)) warnings.push(t('The name contains foreign letters that can imitate another site.'));
  if (url.username || url.password) warnings.push(t('The address hides its real site behind a false beginning.'));
  const carried = carriedHost(url);
  if (carried) warnings.push(t('The address may send you on to {host}.', { host: carried }));
  if (url.protocol === 'http:') warnings.push(t('The connection would not be encrypted.'));
  if (url.port) warnings.push(t('The address names an unusual door (port {port}).', { port: url.port }));
  if (/^[\d.]+$|^\[/.test(url.hostname)) warnings.push(t('The address is a bare number instead of a name.'));
  return warnings;
}

/** @param {string} href @param {string} text what the message shows as the link @returns {LinkTarget|null} null: nothing to open */
export function linkTarget(href, text) {
  let url;
  try {
    url = new URL(href.trim());
  } catch {
    return null;
  }
  if (url.protocol === 'mailto:') return mailTarget(url);
  if (url.protocol === 'tel:') return { href: url.href, host: url.pathname, kind: 'telephone', warnings: [] };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const warnings = webWarnings(url, text);
  url.username = '';
  url.password = '';
  return { href: url.href, host: url.host, kind: 'web', warnings };
}

/** @param {URL} url @returns {LinkTarget|null} */
function mailTarget({ href, pathname }) {
  try {
    return { href, host: decodeURIComponent(pathname), kind: 'mail', warnings: [] };
  } catch {
    return null; // RFC 3986 §2.1: a percent sign without its two digits
  }
}
