// A draft that answers or forwards a message, or follows a mailto link. Pure.
// Everything of the message answered stays in the draft, and with it inside the encryption: the outer header of what leaves
// has neither In-Reply-To nor References nor a subject (mail/compose.js; RFC 9788 §6.1 asks no less).
import { t } from '../i18n.js';
import { normaliseFilename } from '../mime/filename.js';
import { formatFullDate, personName, plainLine } from '../viewers/format.js';

/** @typedef {import('./store-types.js').Address} Address */
/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */

/** @returns {Draft} */
export const emptyDraft = () => ({ to: [], cc: [], bcc: [], subject: '', text: '', inReplyTo: '', references: '', attachments: [] });

/** @param {string} prefix `Re` or `Fwd` @param {string} subject as somebody else wrote it */
export function prefixed(prefix, subject) {
  const line = plainLine(subject);
  return /^(re|fwd?|tr)\s*:/i.test(line) && line.toLowerCase().startsWith(prefix.toLowerCase()) ? line : `${prefix}: ${line}`;
}

/** Whatever breaks a line in a text box or on its way: what stands after it would otherwise be no quotation, but the words of whoever answers. @param {string} text */
const lines = (text) => text.trimEnd().split(/\r\n?|[\n\v\f\u0085\u2028\u2029]/);

/**
 * Whom the reader shows as the sender, and who is therefore answered: in state S3 the proven identity stands where the
 * From field would (security §3.4). Its address is '' where the certificate has none.
 * @param {OpenedMessage} message
 * @returns {Address|null}
 */
export function displayedSender({ from, signature }) {
  if (signature.state === 'S3' && signature.signer) return { name: signature.signer.name, address: signature.signer.address };
  return from[0] ?? null;
}

/** @param {OpenedMessage} message @returns {string} */
function quoted(message) {
  const sender = displayedSender(message);
  const author = sender ? personName(sender) : t('unknown sender');
  const head = t('On {date}, {name} wrote:', { date: formatFullDate(message.date), name: author });
  return `\n\n${head}\n${lines(message.text).map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`)).join('\n')}\n`;
}

/** Notices of content whose bytes anyone could have changed (security §3.3). */
const UNPROVED = Object.freeze(['plain-text-only', 'old-cipher']);

/**
 * What was changed on its way, or copied out of another message, is not sent on under a signature of ours: that is how
 * an attacker would have it read to him.
 * @param {OpenedMessage} message
 */
const quotable = ({ notices = [], copyOf }) => !copyOf && !notices.some((notice) => UNPROVED.includes(notice));

/**
 * Who gets the answer. A Reply-To that differs from the sender is not followed by itself, one that somebody else than the
 * signer wrote not at all; an answer to what one wrote oneself goes where that went.
 * @param {OpenedMessage} message @param {string} own
 * @returns {Address[]}
 */
function answered(message, own) {
  const sender = displayedSender(message);
  if (!sender?.address) return [];
  if (message.signature.state === 'S3') return [sender];
  if (same(sender.address, own) && message.to.length) return message.to;
  return message.replyTo?.length && !message.notices?.includes('reply-to-differs') ? message.replyTo : [sender];
}

/** @param {string} one @param {string} other */
const same = (one, other) => one.toLowerCase() === other.toLowerCase();

/**
 * @param {OpenedMessage} message @param {{all: boolean, own: string}} how own: this mailbox's address
 * @returns {Draft}
 */
export function replyDraft(message, { all, own }) {
  const answerTo = answered(message, own);
  const taken = new Set([own.toLowerCase(), ...answerTo.map(({ address }) => address.toLowerCase())]);
  const others = all ? [...message.to, ...message.cc].filter(({ address }) => !taken.has(address.toLowerCase()) && taken.add(address.toLowerCase())) : [];
  return {
    ...emptyDraft(), to: [...answerTo], cc: others, subject: prefixed('Re', message.subject),
    text: quotable(message) ? quoted(message) : '', inReplyTo: message.messageId ?? '',
    references: [message.references, message.messageId].filter(Boolean).join(' '),
  };
}

/** @param {OpenedMessage} message @returns {Draft} what cannot be quoted is forwarded without content */
export function forwardDraft(message) {
  if (!quotable(message)) return { ...emptyDraft(), subject: prefixed('Fwd', message.subject) };
  const head = [
    t('Forwarded message'), `${t('From')}: ${[displayedSender(message) ?? []].flat().map(personName).join(', ')}`, `${t('Date')}: ${formatFullDate(message.date)}`,
    `${t('Subject')}: ${plainLine(message.subject)}`, `${t('To')}: ${message.to.map(personName).join(', ')}`,
  ];
  return {
    ...emptyDraft(), subject: prefixed('Fwd', message.subject),
    text: `\n\n---------- ${head.join('\n')}\n\n${lines(message.text).join('\n')}`,
    attachments: message.attachments.map(({ filename, type, bytes }) => ({ name: filename, type, bytes })),
  };
}

/**
 * The message whole, as a file of the new one: its signature travels with it.
 * @param {OpenedMessage} message @param {(message: OpenedMessage) => Promise<Uint8Array<ArrayBuffer>>} original
 * @returns {Promise<Draft>} what cannot be quoted is forwarded without content
 */
export async function forwardWholeDraft(message, original) {
  const draft = { ...emptyDraft(), subject: prefixed('Fwd', message.subject) };
  if (!quotable(message)) return draft;
  const name = `${normaliseFilename(message.subject || t('Message')).slice(0, 80)}.eml`;
  return { ...draft, attachments: [{ name, type: 'message/rfc822', bytes: await original(message) }] };
}

/** @param {import('../mail/mailto.js').Mailto} mailto @returns {Draft} */
export const mailtoDraft = ({ to, cc, subject, text }) => ({ ...emptyDraft(), to, cc, subject, text });
