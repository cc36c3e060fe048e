// A draft that answers or forwards a message. Pure.
import { t } from '../i18n.js';
import { formatFullDate, personName } from '../viewers/format.js';

/** @typedef {import('./store-types.js').Address} Address */
/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */

/** @returns {Draft} */
export const emptyDraft = () => ({ to: [], cc: [], bcc: [], subject: '', text: '', inReplyTo: '', references: '', attachments: [] });

/** @param {string} prefix `Re` or `Fwd` @param {string} subject */
export const prefixed = (prefix, subject) => (/^(re|fwd?|tr)\s*:/i.test(subject) && subject.toLowerCase().startsWith(prefix.toLowerCase())
  ? subject : `${prefix}: ${subject}`);

/** @param {OpenedMessage} message @returns {string} */
function quoted(message) {
  const author = message.from[0] ? personName(message.from[0]) : t('unknown sender');
  const head = t('On {date}, {name} wrote:', { date: formatFullDate(message.date), name: author });
  return `\n\n${head}\n${message.text.trimEnd().split('\n').map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`)).join('\n')}\n`;
}

/** Text whose bytes anyone could have changed is not quoted (security §3.3). @param {OpenedMessage} message */
const quotable = (message) => !message.notices?.includes('plain-text-only');

/**
 * @param {OpenedMessage} message @param {{all: boolean, own: string}} how own: this mailbox's address
 * @returns {Draft}
 */
export function replyDraft(message, { all, own }) {
  const answerTo = message.replyTo?.length && !message.notices?.includes('reply-to-differs') ? message.replyTo : message.from;
  const taken = new Set([own.toLowerCase(), ...answerTo.map(({ address }) => address.toLowerCase())]);
  const others = all ? [...message.to, ...message.cc].filter(({ address }) => !taken.has(address.toLowerCase()) && taken.add(address.toLowerCase())) : [];
  return {
    ...emptyDraft(), to: [...answerTo], cc: others, subject: prefixed('Re', message.subject),
    text: quotable(message) ? quoted(message) : '', inReplyTo: message.messageId ?? '',
    references: [message.references, message.messageId].filter(Boolean).join(' '),
  };
}

/** @param {OpenedMessage} message @returns {Draft} */
export function forwardDraft(message) {
  const lines = [
    t('Forwarded message'), `${t('From')}: ${message.from.map(personName).join(', ')}`, `${t('Date')}: ${formatFullDate(message.date)}`,
    `${t('Subject')}: ${message.subject}`, `${t('To')}: ${message.to.map(personName).join(', ')}`,
  ];
  return {
    ...emptyDraft(), subject: prefixed('Fwd', message.subject),
    text: quotable(message) ? `\n\n---------- ${lines.join('\n')}\n\n${message.text}` : '',
    attachments: message.attachments.map(({ filename, type, bytes }) => ({ name: filename, type, bytes })),
  };
}
