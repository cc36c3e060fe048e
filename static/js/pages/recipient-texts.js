// What the composer says of a recipient, and how typed addresses become recipients. Pure.
import { t } from '../i18n.js';
import { formatFullDate, plainLine } from '../viewers/format.js';

/** @typedef {import('./store-types.js').Address} Address */
/** @typedef {import('./store-types.js').DirectoryEntry} DirectoryEntry */
/** @typedef {import('./store-types.js').Recipient} Recipient */

const ADDRESS = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]+\.[^\s@<>,;".]+$/u;

/** @param {string} text @returns {Address|null} `Name <a@b>` or a bare address */
export function parseAddress(text) {
  const named = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(text);
  const address = (named?.[2] ?? text).trim();
  return ADDRESS.test(address) ? { name: plainLine(named?.[1] ?? ''), address } : null;
}

/** @param {string} text pasted or typed @returns {{found: Address[], rest: string}} rest: what is no address */
export function parseAddresses(text) {
  /** @type {Address[]} */
  const found = [];
  const rest = text.split(/[,;\n]/).filter((piece) => {
    const address = piece.trim() ? parseAddress(piece) : null;
    if (address) found.push(address);
    return !address && piece.trim();
  });
  return { found, rest: rest.join(', ').trim() };
}

/** @param {DirectoryEntry} entry @returns {string} */
export const entryDetail = ({ profession, rppsNumber, address }) =>
  [profession, rppsNumber && `RPPS ${rppsNumber}`, address].filter(Boolean).join(' · ');

/** @param {string} state @returns {string} one or two words */
export function stateTag(state) {
  switch (state) {
    case 'ready': return t('Can receive');
    case 'expired': return t('Expired');
    case 'revoked': return t('Cancelled');
    default: return t('Not yet reachable');
  }
}

/** Why a recipient cannot be written to, and what is possible instead. @param {Recipient} recipient @returns {{title: string, body: string}} */
export function blockedText(recipient) {
  const { address, entry, state, pin, error, announced } = recipient;
  if (announced && pin !== 'changed') return announcedText(recipient, announced);
  const name = plainLine(entry?.name ?? recipient.name ?? '') || address;
  if (pin === 'changed') return { title: t('{name} is not proven the same way as last time.', { name }), body: t('Check with this person by telephone. Then accept the change, or remove the recipient.') };
  switch (state) {
    case 'expired': return { title: t('{name} can no longer receive encrypted mail.', { name }), body: t('Their credentials have expired. Ask them or your administrator to renew them, or remove the recipient.') };
    case 'revoked': return { title: t('{name} must not be written to at this address.', { name }), body: t('Their credentials were cancelled. Ask them for another address, or remove the recipient.') };
    case 'refused': return { title: t('The identity of {name} could not be proved.', { name }), body: t('The directory gave details that do not agree ({error}). Remove the recipient and tell your administrator.', { error: error ?? '' }) };
    default: return { title: t('{name} cannot receive encrypted mail yet.', { name }), body: t('Invite them to open an account, give their certificate to your administrator, or remove the recipient. Pli never sends in the clear.') };
  }
}

/**
 * Of a certificate that not the directory but the recipient himself gave, in a signed message.
 * @param {Recipient} recipient @param {import('../mail/recipients.js').Announced} announced
 */
function announcedText({ address, entry, name: proven, state, error }, { seen, authority }) {
  const name = plainLine(entry?.name || proven || '') || address;
  switch (state) {
    case 'offered': return { title: t('{name} sent you a certificate to be written to.', { name }),
      body: t('It came in a signed message of {date}, for the address {address}; {authority} vouches for it. Use it if you know this correspondent.', { date: formatFullDate(seen), address, authority: plainLine(authority) }) };
    case 'expired': return { title: t('The certificate that {name} sent you has expired.', { name }), body: t('Ask for a new signed message, open it, then write again. Or remove the recipient.') };
    default: return { title: t('The certificate that {name} sent you cannot be used.', { name }), body: `${refusalText(error)} ${t('Ask for another one, or remove the recipient.')}` };
  }
}

/** @param {string|undefined} error @returns {string} */
function refusalText(error) {
  switch (error) {
    case 'certificate-untrusted': return t('Its issuer is not one that is trusted here.');
    case 'certificate-revoked': return t('It was cancelled.');
    case 'certificate-not-yet-valid': return t('It is not valid yet.');
    case 'address-mismatch': return t('It is for another address.');
    case 'binding-missing': return t('It is for an address of this service, which only the directory may name.');
    case 'wrong-key-usage': return t('It is not made for encrypting.');
    case 'weak-algorithm': return t('Its key is too weak.');
    case 'revocation-unknown': return t('It could not be checked whether it was cancelled.');
    default: return t('It could not be checked.');
  }
}

/** @param {Recipient|undefined} recipient @returns {'waiting'|'ready'|'blocked'} */
export function recipientStatus(recipient) {
  if (!recipient) return 'waiting';
  return recipient.state === 'ready' && recipient.pin !== 'changed' ? 'ready' : 'blocked';
}
