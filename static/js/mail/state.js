/**
 * Signature states (DESIGN §6, security reference §3.4). A state says what a reader may believe: who signed, proved
 * how, and whether that is the person the From field names.
 *
 * S1 signed by a person with a proven identity; S1b text signed, by a proven address or without the header fields;
 * S2 signed by a delegate for a mailbox; S3 a valid signature of somebody else than From; S4 could not
 * be checked; S5 as unsigned; N a valid card signature whose holder no directory links to the address.
 */
import { sha256 } from '../cms/digest.js';
import { equal } from '../cms/octets.js';
import { CONTENT_TYPE } from '../cms/oids.js';
import { sameAddress } from '../mime/address.js';
import { checkDelegation } from './delegation.js';
import { signatureDetails } from './signature-details.js';
import { signersOf } from './signers.js';
import { answersTo, isReadable, questionsOf } from './statement.js';
import { verifyAll } from './verifying.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/signed.js').Signed} Signed */
/** @typedef {import('./verifying.js').Proof} Proof */
/** @typedef {import('./statement.js').Statement} Statement */
/** @typedef {import('../keys/agent.js').Verdict} Verdict */
/** @typedef {import('../keys/agent.js').UnverifiedCertificate} UnverifiedCertificate */
/** @typedef {import('./signature-details.js').SignatureDetails} SignatureDetails */
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
 * @typedef {object} Signature
 * @property {SignatureState} state
 * @property {Signer | null} signer
 * @property {string} reason stable code, worded in viewers/signature.js
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
 * @property {Uint8Array[]} [ocsps] about these certificates and the owner's card
 * @property {Array<{idType: string, idValue: string}>} [granters] owner and managers, of now and before
 */

/**
 * @typedef {object} Judging what a signature is judged by
 * @property {((items: UnverifiedCertificate[]) => Promise<Verdict[]>) | null} validate null where nothing can check a path
 * @property {(address: string) => Promise<DirectoryPerson | null>} directory
 * @property {(address: string) => Promise<Uint8Array[]>} known certificates known for an address, DER
 * @property {Date} at the latest moment at which the message can have been signed
 * @property {(covered: Uint8Array) => void} [holds] told that these octets are signed, while the agent is asked by whom
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

/**
 * What a signature of mail covers (RFC 8551 §2.4); what was signed for a log, a time stamp or a proof is no letter.
 * @type {ReadonlySet<string>}
 */
const OF_MAIL = new Set(Object.values(CONTENT_TYPE));

/** More signers than anybody has: looking at them all would only cost time. */
const MAX_SIGNERS = 4;

/** @param {string} reason @returns {Signature} */
export const unsigned = (reason = 'unsigned') => ({ state: 'S5', signer: null, reason, intact: false, details: null, card: null });

/**
 * Certificates are sent to the agent while the octets are hashed: its answers count only for signatures that hold.
 * @param {Signed | null} signed the innermost signature layer; null if it could not be read
 * @param {Uint8Array} content the octets it should cover
 * @param {Claim} claim
 * @param {Judging} judging
 * @returns {Promise<{signature: Signature, proofs: Proof[], covered: Uint8Array}>} proofs: of every SignerInfo, where all hold;
 *   covered: the octets as they were signed
 */
export async function judgeSignature(signed, content, claim, judging) {
  const refused = (/** @type {string} */ reason) => ({ signature: unsigned(reason), proofs: [], covered: content });
  if (!signed) return refused('signature-malformed');
  if (!OF_MAIL.has(signed.contentType)) return refused('signature-malformed');
  if (signed.signers.length === 0) return refused('no-signer');
  if (signed.signers.length > MAX_SIGNERS) return refused('several-signers');
  const entry = claim.from ? judging.directory(claim.from) : Promise.resolve(null);
  const statements = await signersOf(signed, claim.from, entry, judging.known);
  if (!statements) return { signature: { ...unsigned('certificate-missing'), state: 'S4' }, proofs: [], covered: content };
  const asking = ask(statements, entry, judging);
  const verified = await verifyAll(statements, content);
  if ('failure' in verified) return refused(verified.failure);
  const { proofs, covered } = verified;
  judging.holds?.(covered);
  const verdicts = await asking;
  if (!verdicts) return { signature: { ...described(proofs[0], null), ...unchecked(proofs[0]) }, proofs, covered };
  const known = await entry;
  const each = await Promise.all(proofs.map((proof, i) => judgeOne(proof, verdicts[i], { claim, entry: known })));
  return { signature: together(each), proofs, covered };
}

/**
 * Every question of every signer in one call.
 * @param {Statement[]} statements @param {Promise<DirectoryPerson | null>} entry @param {Judging} judging
 * @returns {Promise<Verdict[][] | null>} null where nothing can check a path
 */
function ask(statements, entry, { validate, at }) {
  if (!validate) return Promise.resolve(null);
  const asking = entry.then(async (known) => {
    const questions = statements.map((statement) => questionsOf(statement, at, known?.ocsps));
    const answers = await validate(questions.flat());
    return questions.map(({ length }) => answers.splice(0, length));
  });
  asking.catch(() => {}); // a signature that does not hold ends the matter before anybody waits for this
  return asking;
}

/** @typedef {Pick<Signature, 'state' | 'signer' | 'reason'>} Judgement */
/** @typedef {{claim: Claim, entry: DirectoryPerson | null}} Context what the message and the directory say of From */
/** @typedef {{mailbox: Verdict, person: Verdict, card: Verdict | undefined, granter: Verdict | undefined}} Verdicts settled */

/** @param {Proof} proof @returns {Judgement} */
const unchecked = (proof) => ({ state: 'S4', signer: signerOf(proof, null), reason: 'not-checked' });

/** @param {Proof} proof @param {Verdicts | null} verdicts @returns {Pick<Signature, 'intact' | 'details' | 'card'>} */
function described(proof, verdicts) {
  const { card } = proof;
  return {
    intact: true,
    details: signatureDetails(proof, verdicts && (verdicts.mailbox.ok || !verdicts.person.ok ? verdicts.mailbox : verdicts.person)),
    card: card && card !== 'invalid' ? signatureDetails(card, verdicts?.card ?? null) : null,
  };
}

/**
 * @param {Proof} proof @param {Verdict[]} answers @param {Context} context
 * @returns {Promise<Signature>}
 */
async function judgeOne(proof, answers, context) {
  const { mailbox, person, card, granter } = answersTo(proof.statement, answers);
  const { certificate, card: part, delegation } = proof.statement;
  const verdicts = {
    mailbox: settled(mailbox, certificate), person: settled(person, certificate),
    card: card && isReadable(part) ? settled(card, part.certificate) : undefined,
    granter: granter && delegation && delegation !== 'refused' ? settled(granter, delegation.signer) : undefined,
  };
  return { ...described(proof, verdicts), ...underFrom(proof, context.claim, await judgeProof(proof, verdicts, context)) };
}

/**
 * Of several addresses in one certificate the signer has the one he wrote under.
 * @param {Proof} proof @param {Claim} claim @param {Judgement} judgement
 * @returns {Judgement}
 */
function underFrom({ verified: { certificate } }, { from }, judgement) {
  const address = certificate.emails.find((email) => from && sameAddress(email, from));
  return judgement.signer && address ? { ...judgement, signer: { ...judgement.signer, address } } : judgement;
}

/**
 * Several signers count as one only if each proves the very address of the others; then the least of them says how much.
 * @param {Signature[]} each @returns {Signature}
 */
function together(each) {
  const [first] = each;
  if (each.length === 1) return first.state === 'S5' ? { ...first, details: null, card: null } : first;
  const address = first.signer?.address ?? '';
  const agree = each.every(({ state, signer }) => /^S(1b?|2)$/.test(state) && signer && sameAddress(signer.address, address));
  return agree ? (each.find(({ state }) => state === 'S1b') ?? first) : unsigned('several-signers');
}

/** @param {Proof} proof @param {Verdicts} verdicts @param {Context} context @returns {Promise<Judgement>} */
async function judgeProof(proof, verdicts, context) {
  const { mailbox, person } = verdicts;
  const { emails } = proof.verified.certificate;
  if (mailbox.ok && emails.length) return judgeMailbox(proof, verdicts, context);
  if (isPerson(person)) return judgePerson(proof, person, context);
  const reason = refusal(emails.length ? [mailbox, person] : [person, mailbox]);
  return OPEN_QUESTIONS.has(reason) ? { state: 'S4', signer: signerOf(proof, null), reason } : { state: 'S5', signer: null, reason };
}

/**
 * The agent lets a reader go on where no revocation list is at hand; a signature is not proved then, unless its
 * certificate names no place to ask.
 * @param {Verdict} verdict @param {Certificate} certificate
 * @returns {Verdict}
 */
function settled(verdict, certificate) {
  const asked = NAMES_REVOCATION.some((extension) => certificate.extensions.has(extension));
  return verdict.ok && verdict.revocation !== 'good' && asked ? { ...verdict, ok: false, error: 'revocation-unknown' } : verdict;
}

/** A path to a health anchor whose certificate names nobody proves nobody. @param {Verdict} verdict */
const isPerson = ({ ok, identity }) => ok && Boolean(identity?.idValue);

/** A definite answer before an open one. @param {Verdict[]} verdicts */
function refusal(verdicts) {
  const errors = verdicts.map(({ error }) => error ?? 'certificate-untrusted');
  return errors.find((error) => /-(expired|revoked)$/.test(error)) ?? errors[0];
}

/**
 * A certificate that proves an address. It says nothing of a person, unless the same certificate, or a card inside
 * the signature, proves one.
 * @param {Proof} proof @param {Verdicts} verdicts @param {Context} context
 * @returns {Promise<Judgement>}
 */
async function judgeMailbox(proof, verdicts, context) {
  const { mailbox, person } = verdicts;
  const mismatch = addressMismatch(proof, context.claim);
  if (mismatch) return { state: 'S3', signer: signerOf(proof, mailbox), reason: mismatch };
  if (isPerson(person)) return withHeaders(context, signerOf(proof, person), 'signed-by-person');
  const signer = { ...signerOf(proof, mailbox), ...NOBODY, level: mailboxLevel(proof, mailbox, context.entry) };
  if (!proof.card) return { state: 'S1b', signer, reason: context.claim.headersProtected ? 'no-card' : 'headers-unprotected' };
  const failure = cardFailure(proof, verdicts.card);
  if (failure) return { state: 'S1b', signer, reason: failure };
  return judgeHolder(proof, verdicts, context, signer);
}

/**
 * Why the card's part proves nobody; a part that does not hold is told apart from a card that may not sign.
 * @param {Proof} proof @param {Verdict} [verdict]
 */
function cardFailure({ card }, verdict) {
  if (card === 'invalid' || !verdict) return 'card-signature-invalid';
  if (!verdict.ok) return `card-${verdict.error ?? 'certificate-untrusted'}`;
  return isPerson(verdict) ? null : 'card-certificate-untrusted';
}

/**
 * The card is genuine: whose is it, the owner's of the address or his delegate's?
 * @param {Proof} proof @param {Verdicts} verdicts @param {Context} context @param {Signer} mailboxSigner
 * @returns {Promise<Judgement>}
 */
async function judgeHolder(proof, verdicts, context, mailboxSigner) {
  const card = /** @type {import('./verifying.js').Verified} */ (proof.card);
  const signer = { ...signerOf(card, /** @type {Verdict} */ (verdicts.card)), address: mailboxSigner.address };
  const owner = ownerOf(context.entry);
  if (proof.statement.delegation) {
    const reason = await delegationFailure(proof, verdicts, context, grantersOf(context.entry));
    if (!reason) return withHeaders(context, signer, 'signed-for-mailbox', 'S2');
    return reason === 'delegation-unchecked' ? { state: 'S1b', signer: mailboxSigner, reason } : { state: 'S3', signer, reason };
  }
  const another = owner && signer.idType === owner.idType && signer.idValue !== owner.idValue;
  if (another) return { state: 'S3', signer, reason: 'directory-differs' };
  // Where From stands outside what the card signed, anybody may have put the card's part under his own.
  if (!context.claim.headersProtected && !owner) return { state: 'S1b', signer: mailboxSigner, reason: 'headers-unprotected' };
  return withHeaders(context, signer, 'signed-by-card');
}

/** @param {DirectoryPerson | null} entry whom the directory names for the address */
const ownerOf = (entry) => (entry?.rppsNumber ? { idType: 'RPPS', idValue: entry.rppsNumber } : null);

/**
 * Whom the directory lets make delegates: the owner, and who manages or managed the mailbox.
 * @param {DirectoryPerson | null} entry
 */
const grantersOf = (entry) => [ownerOf(entry), ...(entry?.granters ?? [])].filter((person) => person !== null);

/**
 * @param {Proof} proof @param {Verdicts} verdicts @param {Context} context @param {Array<{idType: string, idValue: string}>} granters
 * @returns {Promise<'delegation-refused' | 'delegation-unchecked' | null>}
 */
async function delegationFailure({ statement, verified }, { card, granter }, { claim }, granters) {
  const { delegation } = statement;
  if (!delegation || delegation === 'refused' || !card?.identity) return 'delegation-refused';
  if (!granter?.ok) return OPEN_QUESTIONS.has(granter?.error ?? '') ? 'delegation-unchecked' : 'delegation-refused';
  if (!granters.length) return 'delegation-unchecked';
  const nobody = { idType: '', idValue: '' };
  try {
    checkDelegation(delegation, {
      address: claim.from ?? '', signingTime: verified.signingTime, signatureSpki: await sha256(verified.certificate.spki),
      card: card.identity, granter: granter.identity ?? nobody, granters,
    });
    return null;
  } catch {
    return 'delegation-refused';
  }
}

/** @param {Context} context @param {Signer} signer @param {string} reason @param {SignatureState} [state] @returns {Judgement} */
function withHeaders({ claim }, signer, reason, state = 'S1') {
  if (!claim.headersProtected) return { state: 'S1b', signer, reason: 'headers-unprotected' };
  return { state, signer, reason };
}

/** @param {Proof} proof @param {Claim} claim @returns {string | null} why From is not the certificate's address */
function addressMismatch({ verified: { certificate } }, { from, outerFrom }) {
  if (!from || !outerFrom) return 'from-hostile';
  if (!certificate.emails.some((email) => sameAddress(email, from))) return 'from-mismatch';
  return sameAddress(from, outerFrom) ? null : 'outer-from-differs';
}

/** @param {Proof} proof @param {Verdict} mailbox @param {DirectoryPerson | null} entry */
function mailboxLevel({ verified }, mailbox, entry) {
  const known = entry?.signatureCertificate && equal(entry.signatureCertificate, verified.certificate.der) ? entry.level : null;
  return (mailbox.identity?.level ?? known) === 'passkey' ? /** @type {const} */ ('passkey') : null;
}

/**
 * A card's certificate signing by itself: it names a person and, mostly, no address; the directory links the two.
 * @param {Proof} proof @param {Verdict} card @param {Context} context
 * @returns {Judgement}
 */
function judgePerson(proof, card, context) {
  const signer = signerOf(proof, card);
  const { claim, entry } = context;
  if (proof.verified.certificate.emails.length) {
    const mismatch = addressMismatch(proof, claim);
    return mismatch ? { state: 'S3', signer, reason: mismatch } : withHeaders(context, signer, 'signed-by-person');
  }
  const { from, outerFrom } = claim;
  if (!from || !outerFrom) return { state: 'S3', signer, reason: 'from-hostile' };
  if (!sameAddress(from, outerFrom)) return { state: 'S3', signer, reason: 'outer-from-differs' };
  if (!entry?.rppsNumber || signer.idType !== 'RPPS') return { state: 'N', signer, reason: 'no-directory-entry' };
  if (entry.rppsNumber !== signer.idValue) return { state: 'S3', signer, reason: 'directory-differs' };
  return withHeaders(context, signer, 'matched-by-directory');
}

/**
 * What a certificate calls a holder whom nobody identified: it plays neither a number nor an address that were not proved.
 * @param {string} name
 */
const claimedName = (name) => (/RPPS|FINESS|\p{Nd}{5}|\S@\S/iu.test(name.normalize('NFKC')) ? '' : name);

/** @param {import('./verifying.js').Verified} proof @param {Verdict | null} verdict @returns {Signer} */
function signerOf({ verified: { certificate, signingTime } }, verdict) {
  const identity = verdict?.identity;
  return {
    level: identity?.level ?? null,
    idType: identity?.idType ?? '',
    idValue: identity?.idValue ?? '',
    name: identity?.name || claimedName(certificate.commonName),
    profession: identity?.profession ?? '',
    address: certificate.emails[0] ?? '',
    authority: verdict?.authority ?? '',
    signedAt: signingTime?.toISOString() ?? null,
  };
}
