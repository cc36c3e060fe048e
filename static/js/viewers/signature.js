// The sentence of a signature state (DESIGN §6): text first, colour second, never from the message's own words.
import { t } from '../i18n.js';
import { plainLine } from './format.js';
import { icon } from './icons.js';
import { html } from './lit.js';

/** @typedef {import('../pages/store-types.js').MessageSignature} MessageSignature */
/** @typedef {import('../pages/store-types.js').SignatureState} SignatureState */
/** @typedef {'proven'|'caution'|'neutral'} SignatureTone */
/** @typedef {{tone: SignatureTone, icon: string, title: string, detail: string}} SignatureText */

/** @param {MessageSignature} signature @returns {string} the signer as the certificate names him */
function signerName({ signer }) {
  const name = plainLine(signer?.name ?? '') || signer?.address || t('an unknown person');
  return signer?.idType === 'RPPS' && signer.idValue ? `${name}, RPPS ${signer.idValue}` : name;
}

/** @type {Readonly<Record<SignatureState, (signature: MessageSignature, claimed: string|null) => SignatureText>>} */
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
  S3: (signature, claimed) => (claimed === null ? partText(signature) : {
    tone: 'caution', icon: 'shieldAlert',
    title: t('Signed by {name}; the From line says something else', { name: signerName(signature) }),
    detail: claimed
      ? t('The signature is good, but the From line names {address}. The signer is shown in its place.', { address: claimed })
      : t('The signature is good, but the From line names nobody clearly. The signer is shown in its place.'),
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

/** A part without a From line cannot contradict it. @param {MessageSignature} signature @returns {SignatureText} */
const partText = (signature) => ({
  tone: 'neutral', icon: 'shieldQuestion', title: t('Signed by {name}', { name: signerName(signature) }),
  detail: t('The signature is good. This part names no sender, and proves nothing about the message around it.'),
});

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
    case 'delegation-refused': return t('The signer shows a permission to write for this address, but it does not hold.');
    case 'delegation-unchecked': return t('The signer shows a permission to write for this address; it could not be checked.');
    case 'no-directory-entry': return t('The directory does not know this address.');
    case 'sender-not-proved': return t('The message was encrypted for you, but not signed.');
    case 'not-checked': return t('Signatures are fully checked only with the card program on a computer.');
    default: return '';
  }
}

/** @param {MessageSignature} signature @param {string|null} [claimed] see signatureView @returns {SignatureText} */
export const signatureText = (signature, claimed = '') => (TEXTS[signature.state] ?? TEXTS.S5)(signature, claimed);

/**
 * The bar above a message, drawn by the page and outside every pixel of the message.
 * @param {MessageSignature} signature @param {unknown} details what it unfolds
 * @param {string|null} [claimed] the address of the From line; null: there is no such line
 */
export function signatureView(signature, details, claimed = '') {
  const text = signatureText(signature, claimed);
  return html`
    <details class="signature signature-${text.tone}" data-state=${signature.state}>
      <summary>
        ${icon(text.icon)}
        <span class="signature-words"><span class="signature-title">${text.title}</span><br>${text.detail}</span>
        <span class="signature-more">${t('Details')}</span>
      </summary>
      <div class="signature-details">${details}</div>
    </details>`;
}
