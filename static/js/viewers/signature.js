// The sentence of a signature state (DESIGN §6): text first, colour second, never from the message's own words.
import { t } from '../i18n.js';
import { formatFullDate, formatRpps, plainLine } from './format.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';

/** @typedef {import('../pages/store-types.js').MessageSignature} MessageSignature */
/** @typedef {import('../pages/store-types.js').SignatureState} SignatureState */
/** @typedef {'proven'|'caution'|'neutral'} SignatureTone */
/** @typedef {{tone: SignatureTone, icon: string, title: string, detail: string}} SignatureText */

/** @param {MessageSignature} signature @returns {string} the signer as the certificate names him */
function signerName({ signer }) {
  const name = plainLine(signer?.name ?? '') || signer?.address || t('an unknown person');
  const number = signer?.idType === 'RPPS' && signer.idValue ? `, RPPS ${formatRpps(signer.idValue)}` : '';
  return name + number;
}

/** @type {Readonly<Record<SignatureState, (signature: MessageSignature) => SignatureText>>} */
const TEXTS = {
  S1: provenText,
  S1b: (signature) => ({
    tone: 'proven', icon: 'shieldCheck',
    title: t('Text signed by {name}', { name: signerName(signature) }),
    detail: signature.signer?.level === 'passkey'
      ? t('The address is proven; no health card vouches for the person.')
      : t('The subject and the recipients are not covered by the signature.'),
  }),
  S2: (signature) => ({
    tone: 'proven', icon: 'shieldCheck',
    title: t('Signed by {name} for {mailbox}', { name: signerName(signature), mailbox: signature.signer?.address ?? t('this mailbox') }),
    detail: t('This person was allowed to write for this mailbox when the message was signed.'),
  }),
  S3: (signature) => ({
    tone: 'caution', icon: 'shieldAlert',
    title: t('Signed by {name}, who is not the sender shown', { name: signerName(signature) }),
    detail: t('The signature is good, but the From line says something else. Trust the signer’s name, not the From line.'),
  }),
  S4: (signature) => ({
    tone: 'neutral', icon: 'shieldQuestion',
    title: t('The signature could not be checked'),
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

/** @param {MessageSignature} signature @returns {SignatureText} */
function provenText(signature) {
  const { level } = signature.signer ?? {};
  const details = {
    card: t('Proven with a health card.'),
    software: t('Proven with a software certificate, without a card.'),
    passkey: t('Proven address, with a passkey; no health card.'),
  };
  return {
    tone: 'proven', icon: 'shieldCheck', title: t('Signed by {name}', { name: signerName(signature) }),
    detail: level ? details[level] : t('The signature and the sender’s address agree.'),
  };
}

/** Why a state is not better, by J2's reason codes. @param {string|undefined} reason @returns {string} '' if nothing to add */
export function reasonText(reason) {
  switch (reason) {
    case 'matched-by-directory': return t('The certificate holds no address; the directory links its RPPS number to this sender.');
    case 'card-signature-invalid': return t('The health-card part of the signature is not valid. The rest is.');
    case 'no-card-signature': case 'no-card': return t('Signed without a health card.');
    case 'certificate-expired': return t('The signer’s credentials had expired.');
    case 'certificate-revoked': return t('The signer’s credentials had been cancelled.');
    case 'certificate-untrusted': case 'untrusted': return t('The authority that vouches for the signer is not known here.');
    case 'revocation-unknown': return t('It could not be checked whether the signer’s credentials were still valid.');
    case 'weak-algorithm': case 'weak-digest': case 'weak-key': return t('The signature uses an outdated method.');
    case 'bad-signature': case 'signature-invalid': case 'digest-mismatch': return t('The message was changed after it was signed, or the signature is not its own.');
    case 'multiple-signers': return t('Several signatures contradict each other.');
    case 'no-signed-attributes': return t('The signature lacks the parts that make it reliable.');
    case 'no-bridge': return t('Signatures are fully checked only with the card program on a computer.');
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
  const shown = signer && state !== 'S5' ? signer : undefined;
  return html`
    <dl>
      ${line(t('Name'), shown?.name && plainLine(shown.name))}
      ${line(shown?.idType || 'RPPS', shown?.idValue && formatRpps(shown.idValue))}
      ${line(t('Profession'), shown?.profession && plainLine(shown.profession))}
      ${line(t('Identity proven by'), shown?.level && levelText(shown.level))}
      ${line(t('Address'), shown?.address)}
      ${line(t('Vouched for by'), shown?.authority && plainLine(shown.authority))}
      ${line(t('Signed on'), shown?.signedAt && formatFullDate(shown.signedAt))}
      ${line(t('Encryption'), encrypted ? t('The sender encrypted this message for you.') : t('It came in the clear and was sealed on arrival.'))}
    </dl>
    ${why ? html`<p>${why}</p>` : nothing}`;
}

/** @param {string} name @param {string|undefined} value */
const line = (name, value) => (value ? html`<dt>${name}</dt><dd>${value}</dd>` : nothing);
