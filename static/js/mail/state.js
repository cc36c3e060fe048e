/**
 * Signature states (DESIGN §6, security reference §3.4). A state says what a reader may believe: who signed, proved
 * how, and whether that is the person the From field names.
 *
 * S1 signed by a person with a proven identity; S1b text signed, by a proven address or without the header fields;
 * S2 a delegate for a mailbox (comes with delegation); S3 a valid signature of somebody else than From; S4 could not
 * be checked; S5 as unsigned; N a valid card signature whose holder no directory links to the address.
 */
import { CmsError } from '../cms/errors.js';
import { equal } from '../cms/octets.js';
import { PLI_OID } from '../cms/oids.js';
import { names } from '../cms/recipients.js';
import { parseSigned, readableCertificates, signerCertificate, verifySigner } from '../cms/signed.js';
import { canonicalLines } from '../mime/bytes.js';
import { sameAddress } from '../mime/address.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/signed.js').Signed} Signed */
/** @typedef {import('../cms/signed.js').Signer} SignerInfo */
/** @typedef {import('../cms/signed.js').VerifiedSigner} VerifiedSigner */
/** @typedef {import('../keys/agent.js').Verdict} Verdict */
/** @typedef {import('../keys/agent.js').UnverifiedCertificate} UnverifiedCertificate */
/** @typedef {'S1'|'S1b'|'S2'|'S3'|'S4'|'S5'|'N'} SignatureState */

/**
 * @typedef {object} Signer read from certificates, never from text
 * @property {'card'|'software'|'passkey'|null} level how the person proved who he is; null: an address is proved, no person
 * @property {string} idType "RPPS", or "" where there is none
 * @property {string} idValue
 * @property {string} name
 * @property {string} profession
 * @property {string} address '' for a certificate without one
 * @property {string} authority who vouches for it
 * @property {string | null} signedAt RFC 3339, as the signer claims
 */

/**
 * @typedef {object} SignatureDetails one signature that holds, for the details panel
 * @property {string} algorithm of the signature, by the names of cms/signature.js
 * @property {string} digest WebCrypto's name
 * @property {string | null} signedAt RFC 3339, as the signer claims
 * @property {'good' | 'unchecked' | 'unknown' | 'revoked'} revocation unchecked: no list was asked; unknown: none answered
 * @property {string | null} revocationChecked RFC 3339, when the list that answered was made
 * @property {string} validFrom RFC 3339
 * @property {string} validTo RFC 3339
 * @property {string} authority who vouches; '' where nobody does
 * @property {Uint8Array} certificate DER
 */

/**
 * @typedef {object} Signature
 * @property {SignatureState} state
 * @property {Signer | null} signer
 * @property {string} reason stable code, see mail/texts.js
 * @property {boolean} intact the octets are those that somebody signed, whoever it was
 * @property {SignatureDetails | null} details of the signature that counts; null where none holds
 * @property {SignatureDetails | null} card of the health card's own signature inside; null where there is none or it does not
 *   hold (`reason` tells which: `no-card`, `card-signature-invalid`)
 */

/**
 * @typedef {object} DirectoryPerson the part of a directory entry that counts here
 * @property {string} [rppsNumber]
 * @property {string | null} [level]
 * @property {Uint8Array | null} [signatureCertificate]
 * @property {Uint8Array[]} [chain]
 */

/**
 * @typedef {object} Judging what a signature is judged by
 * @property {((items: UnverifiedCertificate[]) => Promise<Verdict[]>) | null} validate null where nothing can check a path
 * @property {(address: string) => Promise<DirectoryPerson | null>} directory
 * @property {Date} at the latest moment at which the message can have been signed
 */

/**
 * @typedef {object} Claim what the message says of itself
 * @property {string | null} from the single From inside the signed content if its fields are protected, else the outer one
 * @property {string | null} outerFrom the single outer From
 * @property {boolean} headersProtected From, Date and Subject stand inside the signed content
 */

/** @type {ReadonlySet<string>} path errors that leave the question open instead of answering no */
const OPEN_QUESTIONS = new Set(['certificate-untrusted', 'revocation-unknown']);

/** cRLDistributionPoints and authorityInfoAccess. */
const NAMES_REVOCATION = Object.freeze(['2.5.29.31', '1.3.6.1.5.5.7.1.1']);

/** An address without a person: what a mailbox certificate says of its holder does not count. */
const NOBODY = Object.freeze({ idType: '', idValue: '', profession: '' });

/** @param {string} reason @returns {Signature} */
export const unsigned = (reason = 'unsigned') => ({ state: 'S5', signer: null, reason, intact: false, details: null, card: null });

/**
 * @param {Signed | null} signed the innermost signature layer; null if it could not be read
 * @param {Uint8Array} content the octets it should cover
 * @param {Claim} claim
 * @param {Judging} judging
 * @returns {Promise<Signature>}
 */
export async function judgeSignature(signed, content, claim, judging) {
  if (!signed) return unsigned('signature-malformed');
  if (signed.signers.length !== 1) return unsigned(signed.signers.length ? 'several-signers' : 'no-signer');
  const [signerInfo] = signed.signers;
  const entry = claim.from ? await judging.directory(claim.from) : null;
  const certificate = signerCertificate(signed, signerInfo) ?? directoryCertificate(entry, signerInfo);
  if (!certificate) return { ...unsigned('certificate-missing'), state: 'S4' };
  const covered = await verifyContent(signed, signerInfo, content, certificate);
  if ('failure' in covered) return unsigned(covered.failure);
  const proof = { ...covered, signed, claim, entry };
  if (!judging.validate) return { state: 'S4', signer: signerOf(covered.verified, null), reason: 'not-checked', intact: true, details: null, card: null };
  return { intact: true, details: null, card: null, ...(await judgeProof(proof, judging)) };
}

/**
 * @typedef {object} Proof a signature that holds, by a certificate nobody has vouched for yet
 * @property {Signed} signed
 * @property {VerifiedSigner} verified
 * @property {Uint8Array} content the octets it covers
 * @property {Claim} claim
 * @property {DirectoryPerson | null} entry of the From address
 */

/** @typedef {Pick<Signature, 'state' | 'signer' | 'reason'>} Judgement */

/** @param {DirectoryPerson | null} entry @param {SignerInfo} signerInfo of a signer who sent no certificate along */
function directoryCertificate(entry, signerInfo) {
  const known = readableCertificates(entry?.signatureCertificate ? [entry.signatureCertificate] : []);
  return known.find((certificate) => names(signerInfo.sid, certificate)) ?? null;
}

/**
 * A relay may have turned CRLF into LF; the canonical form is what was signed then.
 * @param {Signed} signed @param {SignerInfo} signerInfo @param {Uint8Array} content @param {Certificate} certificate
 * @returns {Promise<{verified: VerifiedSigner, content: Uint8Array} | {failure: string}>}
 */
async function verifyContent(signed, signerInfo, content, certificate) {
  const first = await tryVerify(signed, signerInfo, content, certificate);
  const canonical = canonicalLines(content);
  if (!('failure' in first) || first.failure !== 'digest-mismatch' || signed.content || canonical === content) return first;
  return tryVerify(signed, signerInfo, canonical, certificate);
}

/**
 * @param {Signed} signed @param {SignerInfo} signerInfo @param {Uint8Array} content @param {Certificate} certificate
 * @returns {Promise<{verified: VerifiedSigner, content: Uint8Array} | {failure: string}>}
 */
async function tryVerify(signed, signerInfo, content, certificate) {
  try {
    return { verified: await verifySigner(signed, signerInfo, content, certificate), content };
  } catch (error) {
    return { failure: error instanceof CmsError ? error.code : 'signature-invalid' };
  }
}

/** @param {Proof} proof @param {Judging} judging @returns {Promise<Judgement>} */
async function judgeProof(proof, judging) {
  const { verified } = proof;
  const { emails } = verified.certificate;
  const [mailbox, person] = (await validateBoth(proof, judging)).map((verdict) => settled(verdict, verified.certificate));
  if (mailbox.ok && emails.length) return judgeMailbox(proof, mailbox, person, judging);
  if (isPerson(person)) return judgePerson(proof, person);
  const reason = refusal(emails.length ? [mailbox, person] : [person, mailbox]);
  return OPEN_QUESTIONS.has(reason) ? { state: 'S4', signer: signerOf(verified, null), reason } : { state: 'S5', signer: null, reason };
}

/** @param {Proof} proof @param {Judging} judging @returns {Promise<Verdict[]>} as a mailbox, and as a person */
function validateBoth({ signed, verified }, judging) {
  const item = { certificate: verified.certificate.der, chain: signed.certificates, at: signingMoment(verified, judging.at) };
  const validate = /** @type {NonNullable<Judging['validate']>} */ (judging.validate);
  return validate([{ ...item, purpose: 'message-signature' }, { ...item, purpose: 'card-signature' }]);
}

/**
 * The agent lets a reader go on where no revocation list is at hand; a signature is not proved then, unless its
 * certificate names no place to ask.
 * @param {Verdict} verdict @param {Certificate} certificate
 * @returns {Verdict}
 */
function settled(verdict, certificate) {
  const asked = NAMES_REVOCATION.some((extension) => certificate.extensions.has(extension));
  return verdict.ok && verdict.revocation !== 'good' && asked ? { ok: false, error: 'revocation-unknown' } : verdict;
}

/** A path to a health anchor whose certificate names nobody proves nobody. @param {Verdict} verdict */
const isPerson = ({ ok, identity }) => ok && Boolean(identity?.idValue);

/**
 * A signature is judged at the time it claims, never later than the message was seen.
 * @param {VerifiedSigner} verified @param {Date} latest
 */
function signingMoment({ signingTime }, latest) {
  const moment = signingTime && signingTime < latest ? signingTime : latest;
  return moment.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A definite answer before an open one. @param {Verdict[]} verdicts */
function refusal(verdicts) {
  const errors = verdicts.map(({ error }) => error ?? 'certificate-untrusted');
  return errors.find((error) => /-(expired|revoked)$/.test(error)) ?? errors[0];
}

/**
 * A certificate that proves an address. It says nothing of a person, unless the same certificate, or a card inside
 * the signature, proves one.
 * @param {Proof} proof @param {Verdict} mailbox @param {Verdict} person @param {Judging} judging
 * @returns {Promise<Judgement>}
 */
async function judgeMailbox(proof, mailbox, person, judging) {
  const { verified } = proof;
  const mismatch = addressMismatch(proof);
  if (mismatch) return { state: 'S3', signer: signerOf(verified, mailbox), reason: mismatch };
  if (isPerson(person)) return withHeaders(proof, signerOf(verified, person), 'signed-by-person');
  const signer = { ...signerOf(verified, mailbox), ...NOBODY, level: mailboxLevel(proof, mailbox) };
  const cards = verified.attributes.get(PLI_OID.cardSignature) ?? [];
  if (!cards.length) return { state: 'S1b', signer, reason: proof.claim.headersProtected ? 'no-card' : 'headers-unprotected' };
  const proven = await proveCard(proof, cards, judging);
  if ('failure' in proven) return { state: 'S1b', signer, reason: proven.failure };
  return withHeaders(proof, { ...proven.signer, address: signer.address }, 'signed-by-card');
}

/** @param {Proof} proof @param {Signer} signer @param {string} reason @returns {Judgement} */
function withHeaders({ claim }, signer, reason) {
  if (!claim.headersProtected) return { state: 'S1b', signer, reason: 'headers-unprotected' };
  return { state: 'S1', signer, reason };
}

/** @param {Proof} proof @returns {string | null} why From is not the certificate's address */
function addressMismatch({ verified: { certificate }, claim: { from, outerFrom } }) {
  if (!from || !outerFrom) return 'from-hostile';
  if (!certificate.emails.some((email) => sameAddress(email, from))) return 'from-mismatch';
  return sameAddress(from, outerFrom) ? null : 'outer-from-differs';
}

/** @param {Proof} proof @param {Verdict} mailbox */
function mailboxLevel({ entry, verified }, mailbox) {
  const known = entry?.signatureCertificate && equal(entry.signatureCertificate, verified.certificate.der) ? entry.level : null;
  return (mailbox.identity?.level ?? known) === 'passkey' ? /** @type {const} */ ('passkey') : null;
}

/**
 * The card's own signature inside the mailbox's (form E2h): one attribute, one SignerInfo, over the same content.
 * @param {Proof} proof @param {import('../cms/ber.js').Element[]} values of the attribute @param {Judging} judging
 * @returns {Promise<{signer: Signer} | {failure: string}>}
 */
async function proveCard(proof, values, judging) {
  const card = values.length === 1 ? await verifyCard(values[0].raw, proof.content) : null;
  if (!card) return { failure: 'card-signature-invalid' };
  const validate = /** @type {NonNullable<Judging['validate']>} */ (judging.validate);
  const chain = [...card.chain, ...proof.signed.certificates];
  const at = signingMoment(card.verified, judging.at);
  const { certificate } = card.verified;
  const [answer] = await validate([{ certificate: certificate.der, chain, purpose: 'card-signature', at }]);
  const verdict = settled(answer, certificate);
  if (!verdict.ok) return { failure: `card-${verdict.error ?? 'certificate-untrusted'}` };
  if (!isPerson(verdict)) return { failure: 'card-certificate-untrusted' };
  return { signer: signerOf(card.verified, verdict) };
}

/**
 * A detached SignedData of exactly one signer, who meant to sign (nonRepudiation) and names his certificate.
 * @param {Uint8Array} der @param {Uint8Array} content
 * @returns {Promise<{verified: VerifiedSigner, chain: Uint8Array[]} | null>}
 */
async function verifyCard(der, content) {
  try {
    const signed = parseSigned(der);
    const certificate = signerCertificate(signed, signed.signers[0]);
    if (signed.signers.length !== 1 || signed.content || !certificate?.keyUsage.has('nonRepudiation')) return null;
    const verified = await verifySigner(signed, signed.signers[0], content, certificate);
    return verified.namesCertificate ? { verified, chain: signed.certificates } : null;
  } catch {
    return null;
  }
}

/**
 * A card's certificate signing by itself: it names a person and, mostly, no address; the directory links the two.
 * @param {Proof} proof @param {Verdict} card
 * @returns {Judgement}
 */
function judgePerson(proof, card) {
  const signer = signerOf(proof.verified, card);
  if (proof.verified.certificate.emails.length) {
    const mismatch = addressMismatch(proof);
    return mismatch ? { state: 'S3', signer, reason: mismatch } : withHeaders(proof, signer, 'signed-by-person');
  }
  const { from, outerFrom } = proof.claim;
  if (!from || !outerFrom) return { state: 'S3', signer, reason: 'from-hostile' };
  if (!sameAddress(from, outerFrom)) return { state: 'S3', signer, reason: 'outer-from-differs' };
  if (!proof.entry?.rppsNumber || signer.idType !== 'RPPS') return { state: 'N', signer, reason: 'no-directory-entry' };
  if (proof.entry.rppsNumber !== signer.idValue) return { state: 'S3', signer, reason: 'directory-differs' };
  return withHeaders(proof, signer, 'matched-by-directory');
}

/** @param {VerifiedSigner} verified @param {Verdict | null} verdict @returns {Signer} */
function signerOf({ certificate, signingTime }, verdict) {
  const identity = verdict?.identity;
  return {
    level: identity?.level ?? null,
    idType: identity?.idType ?? '',
    idValue: identity?.idValue ?? '',
    name: identity?.name || certificate.commonName,
    profession: identity?.profession ?? '',
    address: certificate.emails[0] ?? '',
    authority: verdict?.authority ?? '',
    signedAt: signingTime?.toISOString() ?? null,
  };
}
