// Remarks on one message, by the codes of mail/open.js, and why a message is not shown at all.
import { t, tn } from '../i18n.js';
import { html } from './lit.js';
import { noticeView } from './notice.js';

/** @param {string} code @returns {string} '' for a code that needs no words */
export function messageNotice(code) {
  switch (code) {
    case 'from-hostile': return t('The From line of this message is malformed and is not shown as a sender.');
    case 'addresses-hostile': return t('Some addresses of this message are malformed and are not shown.');
    case 'from-differs': return t('The sender inside the message is not the one outside. The proven one is shown.');
    case 'reply-to-differs': return t('Replies to this message would go to another address than its sender’s.');
    case 'not-addressed-to-you': return t('Your address is not among the recipients shown. You may have received a hidden copy.');
    case 'plain-text-only': return t('Shown as plain text: the way it was encrypted does not protect it against changes.');
    case 'short-tag': return t('The seal of this message is shorter than recommended.');
    case 'summary-forged': return t('The line in the list did not match this message. What you see here is the message itself.');
    default: return '';
  }
}

/** @param {readonly string[]} codes */
export const noticesView = (codes) => codes.map(messageNotice).filter(Boolean)
  .map((words) => noticeView({ tone: 'caution', title: words }));

/** @param {number} blocked images that would have been fetched from the network */
export const blockedView = (blocked) => (blocked
  ? noticeView({ tone: 'info', title: tn('{n} image from the network is not loaded.', '{n} images from the network are not loaded.', blocked),
    body: t('Loading images would tell their owner that you opened this message.') })
  : html``);

/** @param {string} code why a message is quarantined @returns {[title: string, next: string]} */
export function quarantineTexts(code) {
  switch (code) {
    case 'decrypt-failed': return [t('This message could not be opened.'), t('It is damaged or was encrypted for someone else. Ask its sender to send it again.')];
    case 'key-reused': return [t('This message repeats the secret of another one and is not shown.'), t('Someone may have copied an old message into it. Ask its sender to send it again.')];
    case 'limit-exceeded': case 'too-large': return [t('This message is larger or more deeply nested than Pli accepts.'), t('Ask its sender for a simpler one, at most 50 MB.')];
    case 'unsupported-algorithm': return [t('This message uses a method that Pli does not read.'), t('Ask its sender to send it again with a current program.')];
    default: return [t('This message is damaged and cannot be shown.'), t('Ask its sender to send it again. Your other messages are not affected.')];
  }
}
