// What writing is for, where one is: to send, to prepare a letter that the mailbox's owner signs, or to correct one of those.

/** @typedef {import('./store-types.js').Account} Account */
/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').Session} Session */
/** @typedef {import('./store-types.js').StoreFace} Store */
/** @typedef {'send'|'prepare'|'correct'} WritingMode */

/** The mailbox that is open. @param {Pick<Store, 'accounts'>} store @returns {Account | undefined} */
export const openAccount = ({ accounts }) => accounts.find(({ current }) => current);

/** Whoever may not sign as the practitioner prepares. @param {Session | null} session @param {Account | undefined} account @returns {boolean} */
export function preparesHere(session, account) {
  if (!session || !account || session.level !== 'full' || account.isPersonal || account.kind !== 'PER') return false;
  return session.role === 'reader' || account.profile === 'secretary';
}

/** @param {Session | null} session @param {Account | undefined} account @returns {boolean} whether there is nothing to write for here: a reader of a service's mailbox */
export const onlyReadsHere = (session, account) => session?.role === 'reader' && session.level === 'full' && !preparesHere(session, account);

/** @param {Session} session @param {Account | undefined} account @returns {boolean} whether there is a signature book to look at */
export const hasBook = (session, account) => preparesHere(session, account) || (session.role === 'owner' && session.level === 'full' && account?.kind === 'PER');

/** @param {Pick<Store, 'session'|'accounts'|'book'>} store @param {Draft} draft @returns {WritingMode} */
export function writingMode({ session, accounts, book }, draft) {
  if (preparesHere(session, openAccount({ accounts }))) return 'prepare';
  return session?.role === 'owner' && book?.letterOf(draft.id) ? 'correct' : 'send';
}
