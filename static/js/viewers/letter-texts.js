// What became of a letter in the signature book, in words. Pure.
import { t, tn } from '../i18n.js';

/** @typedef {import('../mail/signature-book.js').Letter} Letter */
/** @typedef {import('../mail/signature-book.js').LetterState} LetterState */
/** @typedef {import('../mail/letter-signing.js').Outcome} Outcome */

/** @param {LetterState} state @returns {string} */
export function stateText(state) {
  switch (state) {
    case 'prepared': return t('To be signed');
    case 'returned': return t('Returned');
    case 'sending': return t('Being sent');
    case 'failed': return t('Not sent');
    case 'signed': return t('Signed and sent');
    default: return state;
  }
}

/** @param {LetterState} state @returns {'good'|'caution'|'plain'} */
export const stateTone = (state) => (state === 'signed' ? 'good' : state === 'prepared' || state === 'sending' ? 'plain' : 'caution');

/** Why a letter did not leave, and what helps. @param {string | null} failure a code @returns {string} */
export function failureText(failure) {
  switch (failure) {
    case 'recipient-without-certificate': case 'recipient-refused': return t('A recipient cannot receive encrypted mail yet: change the recipients.');
    case 'identity-changed': return t('A recipient’s identity has changed: open the letter, correct it and accept the new identity, or remove that recipient.');
    case 'no-recipient': return t('It has no recipient.');
    case 'too-many-recipients': return t('It has too many recipients: 500 at most.');
    case 'message-too-large': return t('It is too large: 50 MB at most with everything in it.');
    case 'unreadable': return t('It cannot be opened any more: write it again.');
    default: return t('Something went wrong while it was being sent. It can be signed again.');
  }
}

/** @param {Outcome} outcome @returns {string} '' where it was sent */
export function outcomeText({ state, failure }) {
  switch (state) {
    case 'signed': return '';
    case 'changed': return t('It was changed or withdrawn meanwhile, and was not sent. Read it again.');
    case 'unknown': return t('The connection was lost while it was being sent. Look among your sent messages before you sign it again.');
    default: return failureText(failure);
  }
}

/** @param {readonly Outcome[]} outcomes @returns {string} what became of all of them */
export function sentText(outcomes) {
  const sent = outcomes.filter(({ state }) => state === 'signed').length;
  return tn('{n} letter signed and sent.', '{n} letters signed and sent.', sent);
}

/** What a letter carries, by name. @param {Letter} letter @returns {string[]} */
export const attachmentNames = ({ draft, note }) => draft?.attachments.map(({ name }) => name) ?? note?.attachments ?? [];

/** @param {{step: 'checking'|'signing'|'sending', done: number, total: number}} progress @returns {string} */
export function stepText({ step, done, total }) {
  switch (step) {
    case 'checking': return t('Checking the recipients…');
    case 'signing': return total > 1 ? t('Answer your card program: it lists the {n} letters that you sign.', { n: total }) : t('Answer your card program: it shows the letter that you sign.');
    default: return t('Sending letter {n} of {total}…', { n: done + 1, total });
  }
}
