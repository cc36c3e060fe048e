/**
 * Several letters of the signature book are signed in one go and leave one after the other. What one of them meets does not stop
 * the others; each is claimed, in the version that was read, before it leaves, so that none leaves twice or changed.
 */
import { ApiError } from './api.js';
import { draftSize } from './size.js';
import { addressesOf, deliver, orderOf } from './submit.js';

/** @typedef {import('./signature-book.js').Letter} Letter */
/** @typedef {import('./submit.js').Counter} Counter */
/** @typedef {import('./preparing.js').Order} Order */
/** @typedef {import('./preparing.js').Prepared} Prepared */
/** @typedef {{id: string, state: 'signed'|'failed'|'changed'|'unknown', failure: string}} Outcome unknown: the server was away when it left */
/** @typedef {{letter: Letter, order: Order, recipients: import('./recipients.js').Recipient[]}} Ready */

/**
 * @typedef {object} SigningDesk
 * @property {(orders: Order[]) => Promise<void>} sign composes and signs all of them, in one consent
 * @property {(index: number) => Promise<Prepared>} finish the one of that place, ready to leave
 */

/** Letters in one consent (docs/PROTOCOL.md, message.sign). */
export const MOST_LETTERS = 50;
/** Octets of all of them together: what one connection to a bridge carries, with room for MIME. */
export const MOST_OCTETS = 60_000_000;

/** These letters cannot be signed in one go. */
export class TooManyLetters extends Error {
  name = 'TooManyLetters';
  code = 'too-many-letters';
}

/** @param {readonly Letter[]} letters @returns {boolean} whether one consent can list them */
export function fitTogether(letters) {
  const octets = letters.reduce((sum, { draft }) => sum + (draft ? draftSize(draft, addressesOf(draft).length) : 0), 0);
  return letters.length <= MOST_LETTERS && octets <= MOST_OCTETS;
}

/**
 * @param {Counter & SigningDesk} counter
 * @param {import('./signature-book.js').SignatureBook} book
 * @param {readonly Letter[]} letters as they were read
 * @param {{onStep?: (step: {step: 'checking'|'signing'|'sending', done: number, total: number}) => void}} [options]
 * @returns {Promise<Outcome[]>} of each letter
 * @throws {TooManyLetters | import('../bridge/messages.js').BridgeError} and then nothing has left
 */
export async function signLetters(counter, book, letters, { onStep = () => {} } = {}) {
  if (!fitTogether(letters)) throw new TooManyLetters('Sign fewer letters at once');
  /** @type {Outcome[]} */
  const outcomes = [];
  /** @type {Ready[]} */
  const ready = [];
  for (const [done, letter] of letters.entries()) {
    onStep({ step: 'checking', done, total: letters.length });
    const found = await readyOf(counter, letter);
    if ('failure' in found) outcomes.push(await refuse(book, letter, found.failure));
    else ready.push(found);
  }
  if (ready.length) {
    onStep({ step: 'signing', done: 0, total: ready.length });
    await counter.sign(ready.map(({ order }) => order));
  }
  for (const [index, each] of ready.entries()) {
    onStep({ step: 'sending', done: index, total: ready.length });
    outcomes.push(await leave(counter, book, each, index));
  }
  return outcomes;
}

/** @param {Counter} counter @param {Letter} letter @returns {Promise<Ready | {failure: string}>} */
async function readyOf(counter, letter) {
  if (!letter.draft) return { failure: 'unreadable' };
  try {
    return { letter, ...(await orderOf(counter, letter.draft)) };
  } catch (error) {
    if (isAway(error)) throw error;
    return { failure: codeOf(error) };
  }
}

/**
 * It cannot even be signed: whoever prepared it is told why.
 * @param {import('./signature-book.js').SignatureBook} book @param {Letter} letter @param {string} failure
 * @returns {Promise<Outcome>}
 */
async function refuse(book, letter, failure) {
  try {
    await book.claim(letter);
    await book.fail(letter, failure);
    return { id: letter.id, state: 'failed', failure };
  } catch (error) {
    return { id: letter.id, state: 'changed', failure: codeOf(error) };
  }
}

/**
 * @param {Counter & SigningDesk} counter @param {import('./signature-book.js').SignatureBook} book @param {Ready} ready @param {number} index
 * @returns {Promise<Outcome>}
 */
async function leave(counter, book, { letter, recipients }, index) {
  const { id } = letter;
  try {
    await book.claim(letter);
  } catch (error) {
    return { id, state: 'changed', failure: codeOf(error) };
  }
  try {
    const emailId = await deliver(counter, await counter.finish(index), recipients);
    // It has left: that the book could not be written must not look like a failure to send.
    await book.finish(letter, emailId).catch(() => {});
    return { id, state: 'signed', failure: '' };
  } catch (error) {
    if (isAway(error)) return { id, state: 'unknown', failure: codeOf(error) };
    await book.fail(letter, codeOf(error)).catch(() => {});
    return { id, state: 'failed', failure: codeOf(error) };
  }
}

/** @param {unknown} error @returns {string} */
const codeOf = (error) => String(/** @type {{code?: string}} */ (error)?.code ?? 'failed');

/** @param {unknown} error */
const isAway = (error) => error instanceof ApiError && error.code === 'offline';
