// What every error code of docs/PROTOCOL.md and docs/API.md means to a person, and what to do next.
import { t, tn } from '../i18n.js';
import { formatDay, formatSize } from './format.js';

/**
 * @typedef {object} ErrorText
 * @property {string} title what happened
 * @property {string} next what to do
 * @property {boolean} retry whether trying again can help
 * @property {boolean} check whether the page that checks the way to the card can help
 */
/** @typedef {{tries?: number, retryAfter?: number, help?: string, reason?: string, size?: number, process?: string, names?: string[], waiting?: string[], limit?: number, restoredAt?: string, lastAt?: string, seq?: number, address?: string, group?: number | null}} ErrorData */
/** @typedef {(data: ErrorData) => [title: string, next: string, retry?: boolean]} Wording */

/** Bridge and card: a person can usually put these right. @type {Record<string, Wording>} */
const CARD = {
  NOT_PAIRED: () => [t('This page is not yet known to the card program.'), t('Open the card program and allow this address, then try again.'), true],
  BUSY: () => [t('The card is busy with another request.'), t('Answer the question in the card program’s window, then try again.'), true],
  RATE_LIMITED: ({ retryAfter }) => [t('Too many requests in a short time.'), waitText(retryAfter), true],
  NO_READER: ({ help }) => [t('No card reader was found.'), help === 'pcscd' ? t('The card service of this computer (PC/SC) is not running: start it, or ask your administrator.') : t('Plug in the reader, wait for its light, then try again.'), true],
  NO_CARD: () => [t('There is no card in the reader.'), t('Insert your card, chip first, then try again.'), true],
  CARD_REMOVED: () => [t('The card was removed.'), t('Insert it again, then try again.'), true],
  CARD_UNSUPPORTED: () => [t('This card cannot be used here.'), t('Use a health card of the CPS family, or log in with a passkey.')],
  CARD_IN_USE: ({ process }) => [process ? t('Another program is using the card: {process}.', { process }) : t('Another program is using the card.'), t('Close that program, or wait until it has finished, then try again.'), true],
  USER_CANCELLED: () => [t('You declined in the card program’s window.'), t('Nothing was done. Try again when you are ready.'), true],
  PIN_INCORRECT: ({ tries }) => [t('That PIN is not right.'), triesText(tries), tries !== 1],
  PIN_LOCKED: () => [t('The card’s PIN is blocked.'), t('Unblock it with the letter that came with the card, or ask the card’s issuer. You can log in with a passkey meanwhile, if you have one.')],
  PIN_LAST_TRY: () => [t('The card has one PIN try left.'), lastTryText()],
  PIN_TIMEOUT: () => [t('No PIN was entered in time.'), t('Try again and enter the PIN in the card program’s window.'), true],
  PROMPT_MISSING: () => [t('The card program has no window to ask for your PIN.'), t('Install pinentry, or start the card program from your desktop session, then try again.'), true],
  PIN_REFUSED: () => [t('The card does not take this new PIN.'), t('Choose one of the length and kind its issuer asks for.'), true],
  KEY_USE_DENIED: ({ reason }) => (reason === 'session-limit'
    ? [t('You have opened as many messages as this emergency allows.'), t('Those that you opened stay readable until the session ends; for another, ask somebody who shares the mailbox.')] : [t('The card refused this use.'), t('Try again; if it happens again, use the card’s own program to check it.'), true]),
  ALG_UNSUPPORTED: () => [t('The card does not know the method that is needed.'), t('Use a more recent card, or log in with a passkey.')],
  RECIPIENT_MISMATCH: () => [t('This message was not encrypted for this mailbox.'), t('Ask its sender to send it again to your address.')],
  MODULE_CRASHED: () => [t('The card’s driver stopped.'), t('Remove the card, insert it again, then try again.'), true],
  MODULE_MISSING: () => [t('The card’s driver is not installed on this computer.'), t('Install the driver that came with the card reader, then try again.'), true],
  HANDLE_UNKNOWN: () => [t('The card program was restarted.'), t('Unlock your mailbox again. A message you were writing has been kept.'), true],
  GRANT_REFUSED: ({ reason = '' }) => (ACT_REASONS.includes(reason) ? SHARING.actRefused({ reason }) : [t('Your access to this mailbox could not be confirmed.'), t('Nothing was opened. Tell your administrator: the stored access does not match your card.')]),
  LOG_REFUSED: ({ reason }) => [t('The history of this mailbox has been altered on the server.'), logText(reason)],
  RESTORE_UNCONFIRMED: ({ restoredAt, lastAt, seq = 0, address = '' }) => [t('The operator put back a backup on {date}.', { date: dayText(restoredAt) }),
    t('The record of access to {address} now ends with act no. {seq}, of {last}: this browser saw more, and would forget it. Agree only if your administrator told you of the backup.', { address, seq, last: dayText(lastAt) })],
  BLOB_UNKNOWN: () => [t('The transfer to the card program was interrupted.'), t('Try again.'), true],
  BLOB_TOO_LARGE: () => [t('This is too large for the card program.'), t('Messages may weigh 50 MB at most.')],
  'other-card': () => [t('This is not the card of this mailbox.'), t('Insert your own card, then try again.'), true],
  'bridge-absent': () => [t('The card program does not answer.'), t('Start Pli’s card program on this computer, then try again.'), true],
  'bridge-blocked': () => [t('The browser did not allow this page to reach the card program.'), t('Click the icon beside the address, allow access to devices and apps on this computer, then try again.'), true],
  'bridge-refused': () => [t('A program on this computer answers, but does not know this page.'), t('If it is the card program, pair this page with it.'), true],
  'bridge-not-paired': () => [t('This page and the card program are not paired yet.'), t('Pair them once for this browser.'), true],
  'bridge-changed': () => [t('This is not the card program this page was paired with.'), t('Pair again only if it was installed anew, or if you changed computer or session.'), true],
  'pairing-refused': () => [t('The pairing was refused.'), t('Pair again only if you are at this computer yourself.'), true],
  'bridge-old': () => [t('The card program is too old for this page.'), t('Install its current version, then try again.'), true],
  'relay-blocked': () => [t('The browser blocked the link window.'), t('Allow windows for this address: the browser shows an icon beside it. Then try again.'), true],
  'relay-closed': () => [t('The link window was closed.'), t('Open it again, and leave it open while you use your card.'), true],
  'bridge-no-storage': () => [t('This browser keeps nothing for this page.'), t('Leave the private window, or allow this address to keep data, then try again.'), true],
  'bridge-lost': () => [t('The connection to the card program was lost.'), t('Start it again, then unlock your mailbox. A message you were writing has been kept.'), true],
};

/** Logging in and opening an account. @type {Record<string, Wording>} */
const ENTRANCE = {
  'challenge-expired': () => [t('That took too long.'), t('Start again: a login must be finished within five minutes.'), true],
  'token-invalid': () => [t('The proof made by the card could not be checked.'), t('Try again; if it happens again, tell your administrator.'), true],
  'certificate-expired': () => [t('The card has expired.'), t('Use your new card. If you have none, ask the card’s issuer; you can log in with a passkey meanwhile, if you have one. If a shared mailbox is missing then, ask one of its managers to give access to the new card.')],
  'certificate-revoked': () => [t('This card has been cancelled.'), t('Use your new card. If you did not ask for this, call the card’s issuer. If a shared mailbox is missing then, ask one of its managers to give access to the new card.')],
  'credential-retired': () => [t('This card was blocked in Pli.'), t('Use another card, or log in without it. Whoever blocked it can say why.')],
  'card-required': () => [t('Your establishment wants cards.'), t('Log in with your card. Your administrator can say how to get in without it.')],
  'bridge-required': () => [t('Your establishment wants the card program.'), t('Log in with your card: neither a passkey nor a recovery code opens a mailbox without it. A new card is let in by them beside it.')],
  'not-listed': () => [t('You are not on the list of this network.'), t('Ask its administrator to put your name and RPPS number on the list, or choose an address of another domain.')],
  'name-differs': () => [t('The list of this network has another name for your RPPS number.'), t('Ask its administrator to correct the name on the list, then try again.')],
  'certificate-untrusted': () => [t('The issuer of this card is not known here.'), t('Use a health card of the CPS family, or ask your administrator.')],
  'wrong-key-usage': () => [t('This card is not made for logging in.'), t('Choose another card.'), true],
  'revocation-unknown': () => [t('It could not be checked whether the card is still valid.'), t('The issuer’s list is out of reach. Try again in a few minutes.'), true],
  'origin-refused': () => [t('This login was made for another address.'), t('Check the address in your browser, then start again.')],
  'passkey-unknown': () => [t('This passkey is not known here.'), t('Choose another one, or open an account.'), true],
  'passkey-refused': () => [t('The passkey was not accepted.'), t('Try again, or log in with your card.'), true],
  'prf-missing': () => [t('This passkey cannot open a mailbox.'), t('Use a recent phone, security key or browser: it must be able to derive a secret (PRF).')],
  'passkey-unsupported': () => [t('This browser cannot use passkeys.'), t('Use a recent browser, or log in with your card.')],
  'address-taken': () => [t('This address already belongs to someone.'), t('Choose another address, or log in.'), true],
  'address-refused': () => [t('This address cannot be used.'), t('Use letters, digits, dots and hyphens, and a domain of this service.'), true],
  'rpps-mismatch': () => [t('The RPPS number of the card is not the one registered for this address.'), t('Use your own card, or ask your administrator.')],
  'request-invalid': () => [t('The server did not accept the request.'), t('Reload the page and try again.'), true],
  'proof-invalid': () => [t('The account could not be opened: its proofs do not agree.'), t('Nothing was kept. Start again; if it happens again, tell your administrator.'), true],
  'session-expired': () => [t('Your session has ended.'), t('Log in again. A message you were writing has been kept.'), true],
  'rate-limited': ({ retryAfter }) => [t('Too many requests in a short time.'), waitText(retryAfter), true],
};

/** Messages, recipients, storage and network. @type {Record<string, Wording>} */
const MAIL = {
  offline: () => [t('The server cannot be reached.'), t('Check your connection. What you write is kept and goes on when it is back.'), true],
  'server-error': () => [t('The server had a problem.'), t('Nothing is lost. Try again in a moment.'), true],
  'not-found': () => [t('This message no longer exists.'), t('It was probably deleted from another device.')],
  locked: () => [t('Your mailbox is locked.'), t('Unlock it to continue.'), true],
  'confidential-key-missing': () => [t('The owners’ key is not open here.'), t('A manager changed the keys of this mailbox, and only an owner can make this one. Change the key once yourself (“People”), then try again.')],
  'decrypt-failed': () => [t('This message could not be opened.'), t('It is damaged or was encrypted for someone else. Ask its sender to send it again.')],
  'bad-message': () => [t('This message is damaged and cannot be shown.'), t('Ask its sender to send it again. Your other messages are not affected.')],
  'limit-exceeded': () => [t('This message is larger or more deeply nested than Pli accepts.'), t('Ask its sender for a simpler one, at most 50 MB.')],
  'key-reused': () => [t('This message repeats the secret of another one and is not shown.'), t('Someone may have copied an old message into it. Ask its sender to send it again.')],
  'summary-forged': () => [t('The summary of this message does not match its content.'), t('What you see now was read from the message itself.')],
  'no-recipient': () => [t('There is nobody to send this to.'), t('Add at least one recipient.')],
  'recipient-without-certificate': () => [t('One recipient cannot receive encrypted mail yet.'), t('Remove this recipient, or invite them to open an account.')],
  'recipient-refused': () => [t('The address of a recipient could not be proved.'), t('Nothing was sent. The directory gave details that do not agree: tell your administrator.')],
  'identity-changed': () => [t('A recipient’s identity has changed since your last message.'), t('Nothing was sent. Check with this person by telephone before you accept the change.')],
  'message-too-large': ({ size }) => [tooLargeText(size), t('Remove an attachment, or send it in two messages.')],
  'recipient-key-unsupported': () => [t('The certificate of a recipient holds a kind of key that Pli cannot encrypt to.'), t('Nothing was sent. Ask this person for another certificate, or remove the recipient.')],
  'too-many-recipients': () => [t('A message may have 500 recipients at most.'), t('Send it in several messages.')],
  'object-refused': () => [t('Something kept for this mailbox has been altered on the server.'), t('It was not used. Tell your administrator.')],
  'object-rolled-back': () => [t('The server presented an older version of your drafts or contacts.'), t('It was not used. Tell your administrator.')],
  stateMismatch: () => [t('This was changed on another device at the same time.'), t('Pli has read the newer version. Check it, then try again.'), true],
  invalidProperties: () => [t('The server did not accept the message.'), t('It stays in your drafts. Check the recipients, then try again.'), true],
  overQuota: () => [t('Your mailbox is full.'), t('Delete large messages, then try again.')],
};

/** Members, keys and recovery. @type {Record<string, Wording>} */
const SHARING = {
  UNSUPPORTED: () => [t('This needs your card.'), t('Log in with your card, then try again.')],
  CODE_REFUSED: ({ group }) => [t('This is not a recovery code of Pli.'), codeText(group)],
  'code-refused': () => [t('This recovery code does not open this mailbox.'), t('Check the address and the code. A code that was replaced by a newer one opens nothing any more.'), true],
  'message-limit': ({ limit = 0 }) => [t('You have opened as many messages as this emergency allows.'),
    tn('Its owner set a limit of {n} message. The one that you opened stays readable until the session ends; for another, ask somebody who shares the mailbox.', 'Its owner set a limit of {n} messages. Those that you opened stay readable until the session ends; for another, ask somebody who shares the mailbox.', limit)],
  'no-share': () => [t('You hold no share for this request.'), t('The officers were changed since: the request must be made again.')],
  SHARE_REFUSED: ({ reason }) => (reason === 'expired'
    ? [t('This request is too old.'), t('No share is given to it any more. Whoever needs the mailbox asks again.')]
    : [t('One of the shares does not fit.'), t('Ask the person who gave it to release it again.'), true]),
  actRefused: ({ reason }) => [t('The rules of this mailbox do not allow this.'), actText(reason)],
  'card-unknown': ({ names = [] }) => [t('The card of {names} is not known here.', { names: names.join(', ') }), t('They log in to Pli once with their card, then you try again.')],
  'holder-refused': (data) => [heldUpText(data), whatHoldsUpText(data), true],
  'rules-refused': () => [t('The server did not take these rules.'), t('Read the page again: you may not be an administrator any more.')],
  'departure-refused': () => [t('The server did not let this person go.'), t('Read the page again: this person may have left already, or you may not be an administrator any more.')],
  'redirect-refused': () => [t('Mail cannot go to this address.'), t('Nothing has ended. Give the address of a mailbox that is open here, of somebody who stays.')],
  'log-busy': () => [t('Others are changing the members of this mailbox at the same time.'), t('Nothing is lost. Try again in a moment.'), true],
  'key-renewed': () => [t('This mailbox has a new key.'), t('Lock and unlock it to read what came since.')],
  stepUpRequired: () => [t('This needs a fresh proof of who you are.'), t('Show your card or passkey once more, then try again.'), true],
};

/** @param {ErrorData} data */
const heldUpText = ({ names = [] }) => (names.length > 1
  ? t('The key cannot change yet: the cards of {names} cannot be confirmed.', { names: names.join(', ') })
  : t('The key cannot change yet: the card of {names} cannot be confirmed.', { names: names.join(', ') }));

/** What passes by itself, and what has to be ended: nobody is to meet the second only after the first. @param {ErrorData} data */
function whatHoldsUpText({ names = [], reason, waiting = [] }) {
  const unreachable = t('Its authority’s list is out of reach. Whoever’s access you ended has lost it; the new key follows once your administrator has the list again.');
  if (reason === 'revocation-unknown') return names.length > 1 ? t('The lists of their authorities are out of reach. Whoever’s access you ended has lost it; the new key follows once your administrator has them again.') : unreachable;
  if (names.length < 2) return t('Whoever’s access you ended has lost it. End this access as well, and give it to the person’s new card later; then the key changes.');
  const over = names.filter((name) => !waiting.includes(name)).join(', ');
  const ending = t('Whoever’s access you ended has lost it. End the access of {names} as well, and give it to the new card later; then the key changes.', { names: over });
  return waiting.length ? `${ending} ${t('For {names}, your administrator has to get the list of the card’s authority again.', { names: waiting.join(', ') })}` : ending;
}

/** @param {number | null} [group] the one with the mistake, where it shows */
function codeText(group) {
  return group ? t('Look at group {n} again.', { n: group }) : t('Compare it with your sheet, group by group: O is read as 0, I and L as 1.');
}

const ACT_REASONS = Object.freeze(['signer-not-manager', 'role-above-signer', 'history-above-signer', 'end-above-signer', 'scope-above-signer', 'last-owner', 'owner-ended', 'confirm-self',
  'already-member', 'passkey-cannot-share', 'identity-changed', 'time-backwards', 'holder-blocked', 'holder-revoked', 'holder-left', 'tenant-card-required', 'tenant-recovery-required', 'tenant-no-end-date', 'tenant-too-long']);

/** @param {string} [reason] */
function actText(reason) {
  switch (reason) {
    case 'signer-not-manager': return t('Only a manager or the owner may do this.');
    case 'role-above-signer': case 'history-above-signer': case 'end-above-signer': case 'scope-above-signer': return t('Nobody gives more than they have: not a higher role, not older mail, not a later end.');
    case 'last-owner': return t('At least one owner or manager must stay.');
    case 'owner-ended': return t('Only an owner ends the right of an owner. If the card that stands in the way is an owner’s only way in, the owner logs in with a new card and puts it in the old one’s place (“My access”), or another owner ends the old one; then the keys can change.');
    case 'confirm-self': return t('Somebody else than the proposer and the person proposed must confirm.');
    case 'already-member': return t('This card or passkey has this mailbox already.');
    case 'identity-changed': return t('This is somebody else’s: only a card of the same person takes the place of a card, and a passkey or recovery code is made by its own holder alone.');
    case 'holder-blocked': return t('This card, passkey or code was reported lost: it gets no access. Read the list of members again, and ask the person for another way in.');
    case 'holder-revoked': return t('The authority that made this card has revoked it: it gets no access. Ask the person for the new card.');
    case 'holder-left': return t('This person has left the establishment and gets no access.');
    case 'time-backwards': return t('This computer’s clock is behind the last change of the members. Set it, then try again.');
    case 'tenant-card-required': return t('Your establishment wants cards: no passkey opens this mailbox.');
    case 'tenant-no-end-date': return t('Your establishment wants an end date for every delegation.');
    case 'tenant-too-long': return t('Your establishment allows no delegation as long as this: give it an earlier end.');
    case 'tenant-recovery-required': return t('Your establishment wants a second way to open this mailbox first: see “My access”.');
    case 'passkey-cannot-share': return t('A mailbox opened with a passkey alone cannot be shared: that takes a card.');
    default: return t('Nothing was changed. Read the list of members again.');
  }
}

/** @type {Readonly<Record<string, Wording>>} */
const WORDINGS = Object.freeze({ ...CARD, ...ENTRANCE, ...MAIL, ...SHARING });

/** Every code that has a text of its own. */
export const KNOWN_CODES = Object.freeze(Object.keys(WORDINGS));

/** What the page that checks the way to the card takes apart further. */
const CHECKED = Object.freeze(['NOT_PAIRED', 'NO_READER', 'NO_CARD', 'CARD_UNSUPPORTED', 'CARD_IN_USE', 'PIN_LOCKED', 'PIN_LAST_TRY',
  'MODULE_CRASHED', 'MODULE_MISSING', 'bridge-absent', 'bridge-blocked', 'bridge-refused', 'bridge-not-paired', 'bridge-changed', 'bridge-no-storage', 'bridge-old', 'bridge-lost', 'relay-blocked', 'relay-closed']);

/** @type {Readonly<Record<string, string>>} codes that say the same thing as another */
const SAME_AS = Object.freeze({
  INTERNAL_ERROR: 'MODULE_CRASHED', 'no-certificate': 'recipient-without-certificate', tooLarge: 'message-too-large',
  forbidden: 'session-expired', notFound: 'not-found', serverFail: 'server-error', serverUnavailable: 'offline',
  'network-error': 'offline', 'step-up-required': 'stepUpRequired', BRIDGE_ABSENT: 'bridge-absent', BRIDGE_LOST: 'bridge-lost', rateLimit: 'rate-limited', 'worker-stopped': 'locked',
});

/** Only the person's own command spends it (PIN rule 4): trying again here would open no prompt. */
const lastTryText = () => t('Pli does not use the last try. Type pli-bridge pin --last-try in a terminal and follow it, then come back.');

/** @param {number|undefined} tries */
function triesText(tries) {
  if (tries === undefined) return t('Try again.');
  if (tries === 1) return `${t('The card has one PIN try left.')} ${lastTryText()}`;
  return tn('{n} try is left. Check it before you try again.', '{n} tries are left. Check it before you try again.', tries);
}

/** @param {number|undefined} seconds */
const waitText = (seconds) => seconds === undefined
  ? t('Wait a minute, then try again.') : tn('Wait {n} second, then try again.', 'Wait {n} seconds, then try again.', Math.ceil(seconds));

/** Rounded up, so that it never reads as if it fitted. @param {number|undefined} size bytes */
const tooLargeText = (size) => size === undefined
  ? t('The message weighs more than 50 MB.') : t('The message would weigh {size}; a message may weigh 50 MB at most.', { size: formatSize(Math.ceil(size / 1e6) * 1e6) });

/** @param {string} [at] RFC 3339 */
const dayText = (at) => (at ? formatDay(at) : '…');

/** @param {string|undefined} reason */
const logText = (reason) => reason === 'rollback'
  ? t('An older state than the one you last saw was presented. Nothing was opened. Tell your administrator.')
  : t('Nothing was opened. Tell your administrator before you use this mailbox again.');

/** The stable code of any error. @param {unknown} error @returns {string} */
export function errorCode(error) {
  const { code, data, name } = /** @type {{code?: unknown, data?: {name?: unknown}, name?: unknown}} */ (error ?? {});
  if (typeof data?.name === 'string') return data.name;
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : '';
}

/** @param {unknown} error anything thrown by the layers below @returns {ErrorText} */
export function errorText(error) {
  const code = errorCode(error);
  const wording = WORDINGS[code] ?? WORDINGS[SAME_AS[code] ?? ''];
  if (!wording) return { title: t('Something went wrong.'), next: t('Nothing is lost. Try again; if it happens again, reload the page.'), retry: true, check: false };
  const data = /** @type {{data?: ErrorData}} */ (error).data ?? /** @type {ErrorData} */ (error);
  const [title, next, retry = false] = wording(data);
  return { title, next, retry, check: CHECKED.includes(SAME_AS[code] ?? code) };
}
