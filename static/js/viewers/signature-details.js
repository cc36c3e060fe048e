// What stands behind a signature and an encryption, line by line: from certificates and keys, never from the message's words.
import { t } from '../i18n.js';
import { formatDay, formatFullDate, plainLine } from './format.js';
import { icon } from './icons.js';
import { levelText } from './level-text.js';
import { html, nothing } from './lit.js';
import { reasonText } from './signature.js';

/** @typedef {import('../pages/store-types.js').MessageSignature} MessageSignature */
/** @typedef {import('../pages/store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('../pages/store-types.js').SignatureDetails} SignatureDetails */
/** @typedef {import('../mail/open.js').Harvest} Harvest */
/** @typedef {{adopt: (harvest: Harvest) => void}} DetailActions */

/** @param {OpenedMessage} message @param {DetailActions} actions */
export const detailsView = (message, actions) => html`
  ${signerView(message.signature)}
  ${proofsView(message.signature)}
  ${section(t('Encryption'), encryptionLines(message))}
  ${message.harvest ? certificateView(message.harvest, message.sender?.adopted ?? false, actions) : nothing}`;

/** @typedef {[name: string, value: string|null|undefined|false]} Line */

/** @param {string} title @param {Line[]} lines @param {unknown} [more] */
function section(title, lines, more = nothing) {
  const told = lines.filter(([, value]) => value);
  if (told.length === 0 && more === nothing) return nothing;
  return html`<section class="proof"><h3 class="proof-title">${title}</h3>
    ${told.length ? html`<dl class="proof-lines">${told.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>` : nothing}${more}</section>`;
}

/** A broken signature names nobody. @param {MessageSignature} signature */
function signerView({ state, signer, reason }) {
  const shown = state === 'S5' ? null : signer;
  const why = reasonText(reason);
  return section(shown ? t('Signer') : t('Signature'), [
    [t('Name'), shown?.name && plainLine(shown.name)],
    [shown?.idType || 'RPPS', shown?.idValue],
    [t('Profession'), shown?.profession && plainLine(shown.profession)],
    [t('Identity proven by'), shown?.level && levelText(shown.level)],
    [t('Address'), shown?.address],
  ], why ? html`<p class="proof-why">${why}</p>` : nothing);
}

/** The card signs inside the mailbox's signature, each under authorities of its own. @param {MessageSignature} signature */
function proofsView({ state, details, card }) {
  if (state === 'S5' || !details) return nothing;
  return html`
    ${section(card ? t('Signature of the mailbox') : t('Signature'), proofLines(details))}
    ${card ? section(t('Signature by the health card'), proofLines(card)) : nothing}`;
}

/** @param {SignatureDetails} details @returns {Line[]} */
function proofLines({ algorithm, digest, signedAt, validFrom, validTo, authority, revocation, revocationChecked }) {
  return [
    [t('Vouched for by'), plainLine(authority)],
    [t('Signed on'), signedAt && formatFullDate(signedAt)],
    [t('Credentials valid'), t('from {start} to {end}', { start: formatDay(validFrom), end: formatDay(validTo) })],
    [t('Cancelled since?'), revocationText(revocation, revocationChecked)],
    [t('Method'), [algorithmName(algorithm), digest].filter(Boolean).join(' · ')],
  ];
}

/** @param {SignatureDetails['revocation']} revocation @param {string|null} checked RFC 3339 @returns {string} */
export function revocationText(revocation, checked) {
  const date = checked ? formatFullDate(checked) : '';
  switch (revocation) {
    case 'good': return date ? t('No, checked on {date}', { date }) : t('No');
    case 'revoked': return t('Yes: they had been cancelled');
    case 'unchecked': return t('Not checked: they name no place to ask');
    default: return date ? t('Not checked since {date}', { date }) : t('Could not be checked');
  }
}

/** Names that people look up, of the names of cms/. @type {Readonly<Record<string, string>>} */
const ALGORITHMS = Object.freeze({
  'rsa-pkcs1': 'RSA PKCS#1 v1.5', 'rsa-oaep': 'RSA-OAEP', 'rsa-pss': 'RSA-PSS', rsa: 'RSA PKCS#1 v1.5', pss: 'RSA-PSS', ecdsa: 'ECDSA', ecdh: 'ECDH', ed25519: 'Ed25519',
  x25519: 'X25519', 'des-ede3-cbc': '3DES-CBC', '3des-cbc': '3DES-CBC', 'aes-wrap': 'AES-WRAP',
});

/** @param {string} name @returns {string} */
export const algorithmName = (name) => ALGORITHMS[name] ?? (/^(aes|rc2|3des)/.test(name) ? name.toUpperCase() : name);

/** @param {OpenedMessage} message @returns {Line[]} */
function encryptionLines({ encrypted, encryption }) {
  return [
    [t('In transit'), encrypted ? t('The sender encrypted this message for you.') : t('It came in the clear and was sealed on arrival.')],
    [t('Content'), encryption && algorithmName(encryption.content)],
    [t('Key'), encryption && (encryption.keyTransport === 'password' ? t('a password') : algorithmName(encryption.keyTransport))],
    [t('Strength'), encryption?.old && t('Outdated: this method protects little today.')],
  ];
}

/** A certificate is used only once a person says so. @param {Harvest} harvest @param {boolean} adopted @param {DetailActions} actions */
function certificateView(harvest, adopted, { adopt }) {
  const words = adopted
    ? html`<p class="proof-adopted">${icon('check')}${t('You adopted it: your messages to this address are encrypted to it where the directory has none.')}</p>`
    : html`<p class="proof-why">${t('Adopt it to write to this address encrypted, where the directory has no certificate for it.')}</p>
      <button type="button" class="button small" data-action="adopt" @click=${() => adopt(harvest)}>${t('Adopt for replies')}</button>`;
  return section(t('Encryption certificate of this sender'), [
    [t('Address'), harvest.address],
    [t('Reads'), harvest.capabilities.map(algorithmName).join(', ')],
    [t('Announced by'), harvest.proved ? t('the signature of this message') : t('this message, which nothing proves: ask the sender before you adopt it')],
  ], words);
}
