/**
 * What a `mailto:` link may put into a message (RFC 6068): recipients, copies, a subject, and a body that is text. Nothing
 * else: a hidden copy, a reply address or an attachment named by a link would be somebody else's choice (negative test 49).
 *
 * Only links inside messages come here. There is no address of the page that takes one: its subject and body would
 * travel to the server in clear.
 */
import { parseAddressList } from '../mime/address.js';

/** @typedef {import('../mime/address.js').Mailbox} Mailbox */
/** @typedef {{to: Mailbox[], cc: Mailbox[], subject: string, text: string}} Mailto */

/** Characters of a body or subject that a link may bring. */
const MAX_TEXT = 20_000;
const MAX_RECIPIENTS = 50;

/**
 * @param {string} href
 * @returns {Mailto | null} null where it is no mailto link, or not decodable
 */
export function parseMailto(href) {
  const [, path, query = ''] = /^\s*mailto:([^?#]*)(?:\?([^#]*))?/i.exec(href) ?? [];
  if (path === undefined) return null;
  try {
    const fields = query.split('&').filter(Boolean).map(readField);
    const all = (/** @type {string} */ name) => fields.filter(([found]) => found === name).map(([, value]) => value);
    return {
      to: addresses([decodeURIComponent(path), ...all('to')]),
      cc: addresses(all('cc')),
      subject: oneLine(all('subject')[0] ?? ''),
      text: plain(all('body').join('\n')),
    };
  } catch {
    return null;
  }
}

/** `+` stays a plus (RFC 6068 §5). @param {string} field @returns {[string, string]} */
function readField(field) {
  const at = field.indexOf('=');
  const name = at < 0 ? field : field.slice(0, at);
  return [decodeURIComponent(name).toLowerCase(), at < 0 ? '' : decodeURIComponent(field.slice(at + 1))];
}

/** @param {string[]} lists @returns {Mailbox[]} without display names, which a link could make up */
function addresses(lists) {
  const found = lists.filter((list) => !/[\r\n\0]/.test(list)).flatMap((list) => parseAddressList(list));
  return found.slice(0, MAX_RECIPIENTS).map(({ address }) => ({ name: '', address }));
}

/** Line ends as a text box has them, and nothing else that is not printed. @param {string} text */
const plain = (text) => text.replace(/\r\n?/g, '\n').replace(/[\0-\x08\x0b-\x1f\x7f]/g, '').slice(0, MAX_TEXT);
/** @param {string} text */
const oneLine = (text) => plain(text).replace(/[\n\t]+/g, ' ').trim();
