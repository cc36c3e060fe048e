// The sentence of a signature state (DESIGN §6): text first, colour second, never from the message's own words.
import { t } from '../i18n.js';
import { formatFullDate, plainLine } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {import('../pages/store-types.js').MessageSignature} MessageSignature */
/** @typedef {import('../pages/store-types.js').SignatureState} SignatureState */
/** @typedef {'proven'|'caution'|'neutral'} SignatureTone */
/** @typedef {{tone: SignatureTone, icon: string, title: string, detail: string}} SignatureText */

/** @param {MessageSignature} signature @returns {string} the signer as the certificate names him */
function signerName({ signer }) {
  const name = plainLine(signer?.name ?? '') || signer?.address || t('an unknown person');
  return signer?.idType === 'RPPS' && signer.idValue ? `${name}, RPPS ${signer.idValue}` : name;
}

/** @type {Readonly<Record<SignatureState, (signature: MessageSignature) => SignatureText>>} */
const TEXTS = {
  S1: (signature) => ({
    tone: 'proven', icon: 'shieldCheck', title: t('Signed by {name}', { name: signerName(signature) }),
    detail: [plainLine(signature.signer?.profession ?? ''), provenText(signature)].filter(Boolean).join(' · '),
  }),
  S1b: (signature) => ({
    tone: 'proven', icon: 'shieldCheck', title: partlyProvenTitle(signature),
    detail: signature.reason === 'headers-unprotected'
      ? t('The subject and the recipients are not covered by the signature.')
      : t('The address is proven; no health card vouches for the person.'),
  }),
  S2: (signature) => ({
    tone: 'proven', icon: 'shieldCheck',
    title: t('Signed by {name} for {mailbox}', { name: signerName(signature), mailbox: signature.signer?.address || t('this mailbox') }),
    detail: t('This person was allowed to write for this mailbox when the message was signed.'),
  }),
  S3: (signature) => ({
    tone: 'caution', icon: 'shieldAlert',
    title: t('Signed by {name}, who is not the sender shown', { name: signerName(signature) }),
    detail: t('The signature is good, but the From line says something else. Trust the signer’s name, not the From line.'),
  }),
  S4: (signature) => ({
    tone: 'neutral', icon: 'shieldQuestion', title: t('The signature could not be checked'),
    detail: signature.signer?.name
      ? t('It claims to be from {name}. Treat the sender as not proven.', { name: signerName(signature) })
      : t('Treat the sender as not proven.'),
  }),
  S5: () => ({
    tone: 'neutral', icon: 'shield', title: t('Sender not proven'),
    detail: t('No valid signature covers this message. Anyone could have written this name.'),
  }),
  N: (signature) => ({
    tone: 'neutral', icon: 'shieldQuestion',
    title: t('Signed by {name}; this address is not in the directory', { name: signerName(signature) }),
    detail: t('The signature is good, but nothing here links this person to the address.'),
  }),
};

/** @param {MessageSignature} signature */
const partlyProvenTitle = (signature) => (signature.reason === 'headers-unprotected'
  ? t('Text signed by {name}', { name: signerName(signature) })
  : t('Signed from {address}', { address: signature.signer?.address || signerName(signature) }));

/** @param {MessageSignature} signature @returns {string} */
function provenText({ signer, reason }) {
  if (reason === 'matched-by-directory') return t('The directory links this RPPS number to the sender’s address.');
  switch (signer?.level) {
    case 'card': return t('Proven with a health card.');
    case 'software': return t('Proven with a software certificate, without a card.');
    case 'passkey': return t('Proven address, with a passkey; no health card.');
    default: return t('The signature and the sender’s address agree.');
  }
}

/** Why a state is not better, by the codes of mail/state.js. @param {string|undefined} reason @returns {string} '' if nothing to add */
export function reasonText(reason) {
  const cardPath = /^card-((?:certificate|revocation|wrong)-.*)$/.exec(reason ?? '');
  if (cardPath) return reasonText(cardPath[1]);
  switch (reason) {
    case 'matched-by-directory': return t('The signer’s credentials hold no address; the directory links their RPPS number to this sender.');
    case 'card-signature-invalid': return t('The health-card part of the signature is not valid. The rest is.');
    case 'no-card': return t('Signed without a health card.');
    case 'headers-unprotected': return t('Older programs sign the text only, not the subject.');
    case 'certificate-expired': return t('The signer’s credentials had expired.');
    case 'certificate-revoked': return t('The signer’s credentials had been cancelled.');
    case 'certificate-untrusted': return t('The authority that vouches for the signer is not known here.');
    case 'certificate-missing': return t('The signer’s credentials are not in the message.');
    case 'wrong-key-usage': return t('The signer’s credentials are not made for signing mail.');
    case 'revocation-unknown': return t('It could not be checked whether the signer’s credentials were still valid.');
    case 'weak-algorithm': return t('The signature uses an outdated method.');
    case 'signature-invalid': case 'digest-mismatch': case 'attributes-refused': case 'signer-mismatch': return t('The message was changed after it was signed, or the signature belongs to another one.');
    case 'signature-malformed': case 'no-signer': return t('The signature is damaged.');
    case 'several-signers': return t('Several signatures contradict each other.');
    case 'from-hostile': return t('The From line is not a single plain address.');
    case 'from-differs': case 'from-mismatch': case 'outer-from-differs': return t('The address that signed is not the address in the From line.');
    case 'directory-differs': return t('The directory gives this address to another person.');
    case 'no-directory-entry': return t('The directory does not know this address.');
    case 'sender-not-proved': return t('The message was encrypted for you, but not signed.');
    case 'not-checked': return t('Signatures are fully checked only with the card program on a computer.');
    default: return '';
  }
}

/** @param {MessageSignature} signature @returns {SignatureText} */
export const signatureText = (signature) => (TEXTS[signature.state] ?? TEXTS.S5)(signature);

/** @param {string} level */
export function levelText(level) {
  switch (level) {
    case 'card': return t('Health card');
    case 'software': return t('Software certificate');
    default: return t('Passkey');
  }
}

/** The bar above a message. @param {MessageSignature} signature @param {boolean} encrypted */
export function signatureView(signature, encrypted) {
  const text = signatureText(signature);
  return html`
    <details class="signature signature-${text.tone}" data-state=${signature.state}>
      <summary>
        ${icon(text.icon)}
        <span class="signature-words"><span class="signature-title">${text.title}</span><br>${text.detail}</span>
        <span class="signature-more">${t('Details')}</span>
      </summary>
      <div class="signature-details">${detailsView(signature, encrypted)}</div>
    </details>`;
}

/** @param {MessageSignature} signature @param {boolean} encrypted */
function detailsView({ signer, reason, state }, encrypted) {
  const why = reasonText(reason);
  const shown = state === 'S5' ? null : signer;
  return html`
    <dl>
      ${line(t('Name'), shown?.name && plainLine(shown.name))}
      ${line(shown?.idType || 'RPPS', shown?.idValue)}
      ${line(t('Profession'), shown?.profession && plainLine(shown.profession))}
      ${line(t('Identity proven by'), shown?.level && levelText(shown.level))}
      ${line(t('Address'), shown?.address)}
      ${line(t('Vouched for by'), shown?.authority && plainLine(shown.authority))}
      ${line(t('Signed on'), shown?.signedAt && formatFullDate(shown.signedAt))}
      ${line(t('Encryption'), encrypted ? t('The sender encrypted this message for you.') : t('It came in the clear and was sealed on arrival.'))}
    </dl>
    ${why ? html`<p>${why}</p>` : nothing}`;
}

/** @param {string} name @param {string|null|undefined} value */
const line = (name, value) => (value ? html`<dt>${name}</dt><dd>${value}</dd>` : nothing);
