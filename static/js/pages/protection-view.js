// With what a message is encrypted and why: one quiet line for everybody, the algorithms for who asks.
import { t, tn } from '../i18n.js';
import { html } from '../viewers/lit.js';

/** @typedef {import('../mail/protection.js').Protection} Protection */
/** @typedef {import('../mail/protection.js').RecipientProtection} RecipientProtection */
/** @typedef {(address: string) => string} NameOf */

const CIPHERS = Object.freeze({ 'aes-256-gcm': 'AES-256-GCM', 'aes-256-cbc': 'AES-256-CBC' });
const TRANSPORTS = Object.freeze({ 'rsa-oaep': 'RSA-OAEP', 'rsa-pkcs1': 'RSA PKCS#1 v1.5', ecdh: 'ECDH' });
/** Names that the line gives before it says that there are more. */
const NAMED = 2;

/** @param {Protection} protection @param {NameOf} nameOf @returns {string} */
export function protectionLine({ reason, perRecipient }, nameOf) {
  if (reason === 'pli') return t('Encrypted for everyone, in the recent form of Pli.');
  if (reason === 'announced') return tn('Encrypted in the recent form that this recipient’s program reads.', 'Encrypted for everyone, in the recent form that every program here reads.', perRecipient.length);
  const classic = perRecipient.filter((one) => one.reason === 'classic').map(({ address }) => nameOf(address));
  const names = classic.slice(0, NAMED).join(', ') + (classic.length > NAMED ? '…' : '');
  return tn('Encrypted for everyone, in the classic form that {names}’s program reads.', 'Encrypted for everyone, in the classic form that the programs of {names} read.', classic.length, { names });
}

/** @param {Protection} protection @param {NameOf} nameOf */
export const protectionView = (protection, nameOf) => html`
  <details class="protection"><summary>${protectionLine(protection, nameOf)}</summary>
    <ul class="protection-list" role="list">${protection.perRecipient.map((one) => html`<li><span class="protection-name">${nameOf(one.address)}</span>
      <span class="protection-form">${CIPHERS[one.cipher]} · ${TRANSPORTS[one.keyTransport]}</span> <span>${why(one)}</span></li>`)}</ul>
    <p>${t('The weakest form that one recipient needs is used for all who receive the same copy. Encryption cannot be switched off.')}</p>
  </details>`;

/** @param {RecipientProtection} one */
function why({ reason }) {
  if (reason === 'pli') return t('Uses Pli.');
  return reason === 'announced' ? t('Announced the recent form in a signed message.') : t('Has announced nothing more recent.');
}
