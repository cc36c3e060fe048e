// Where a link really leads. Pure: the reader's dialog shows what this finds.
import { t } from '../i18n.js';

/**
 * @typedef {object} LinkTarget
 * @property {string} href normalised; what would open
 * @property {string} host as the browser will look it up (punycode for foreign letters), with a port of its own
 * @property {'web'|'mail'|'telephone'} kind
 * @property {string[]} warnings sentences
 */

/** @param {string} text @returns {string} a host name that a link's text claims to lead to, or '' */
function claimedHost(text) {
  const match = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+[\p{L}]{2,})(?:[/:?#]|\s*$)/iu.exec(text);
  return match?.[1]?.toLowerCase().replace(/^www\./, '') ?? '';
}

/** @param {string} host @param {string} claimed */
const leadsThere = (host, claimed) => {
  const bare = host.replace(/^www\./, '');
  return bare === claimed || bare.endsWith(`.${claimed}`);
};

/** @param {URL} url @param {string} text @returns {string[]} */
function webWarnings(url, text) {
  const warnings = [];
  const claimed = claimedHost(text);
  if (claimed && !leadsThere(url.hostname, claimed)) warnings.push(t('The text names {claimed}, but the link leads elsewhere.', { claimed }));
  if (/(^|\.)xn--/.test(url.hostname)) warnings.push(t('The name contains foreign letters that can imitate another site.'));
  if (url.username || url.password) warnings.push(t('The address hides its real site behind a false beginning.'));
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
