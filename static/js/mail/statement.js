/**
 * What one SignerInfo of a message states, read before anything of it is verified, so that the agent is asked about
 * every certificate at once and while the octets are still being hashed.
 *
 * Form E2h (DESIGN §6): the mailbox signs; a signed attribute holds the card's own detached SignedData over the same
 * octets; another may hold the delegation by which that card's holder writes for the mailbox.
 */
import { onlyValue } from '../cms/attributes.js';
import { ATTRIBUTE, CONTENT_TYPE, PLI_OID } from '../cms/oids.js';
import { names } from '../cms/recipients.js';
import { parseSigned, readableCertificates } from '../cms/signed.js';
import { readDelegation } from './delegation.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('../cms/signed.js').Signed} Signed */
/** @typedef {import('../cms/signed.js').Signer} SignerInfo */
/** @typedef {import('../keys/agent.js').UnverifiedCertificate} UnverifiedCertificate */
/** @typedef {import('./delegation.js').ReadDelegation} ReadDelegation */

/**
 * @typedef {object} Statement
 * @property {Signed} signed
 * @property {SignerInfo} signerInfo
 * @property {Certificate} certificate of the signer, as named; nobody has vouched for it yet
 * @property {Uint8Array[]} chain certificates that may lead from it to an anchor, DER
 * @property {Certificate[]} sent along with the message
 * @property {Date | null} signingTime as claimed
 * @property {CardPart | 'unreadable' | null} card null where there is none
 * @property {ReadDelegation | 'refused' | null} delegation refused: one that cannot hold, whoever vouches
 */

/** @typedef {{signed: Signed, signerInfo: SignerInfo, certificate: Certificate, chain: Uint8Array[], signingTime: Date | null}} CardPart */

/**
 * @param {Signed} signed
 * @param {SignerInfo} signerInfo
 * @param {Pick<Statement, 'certificate' | 'chain' | 'sent'>} signer
 * @returns {Promise<Statement>}
 */
export async function readStatement(signed, signerInfo, { certificate, chain, sent }) {
  const attributes = attributesOf(signerInfo);
  // Each has one value, or cms/attributes.js refuses them all.
  const [card] = attributes.get(PLI_OID.cardSignature) ?? [];
  const [delegation] = attributes.get(PLI_OID.delegation) ?? [];
  return {
    signed, signerInfo, certificate, chain, sent, signingTime: signingTimeOf(signerInfo),
    card: card ? (readCard(card.raw, chain) ?? 'unreadable') : null,
    delegation: delegation ? await readDelegation(delegation.raw).catch(() => 'refused') : null,
  };
}

/** @param {SignerInfo} signerInfo none where they cannot be read: verifying says so */
function attributesOf(signerInfo) {
  try {
    return signerInfo.attributes;
  } catch {
    return new Map();
  }
}

/** @param {SignerInfo} signerInfo */
function signingTimeOf(signerInfo) {
  try {
    return onlyValue(signerInfo.attributes, ATTRIBUTE.signingTime)?.time() ?? null;
  } catch {
    return null;
  }
}

/**
 * A detached SignedData of exactly one signer, who meant to sign (nonRepudiation).
 * @param {Uint8Array} der
 * @param {Uint8Array[]} around certificates of the message
 * @returns {CardPart | null}
 */
function readCard(der, around) {
  try {
    const signed = parseSigned(der);
    const [signerInfo, second] = signed.signers;
    const certificate = readableCertificates(signed.certificates).find((each) => names(signerInfo.sid, each));
    if (second || signed.content || signed.contentType !== CONTENT_TYPE.data || !certificate?.keyUsage.has('nonRepudiation')) return null;
    return { signed, signerInfo, certificate, chain: [...signed.certificates, ...around], signingTime: signingTimeOf(signerInfo) };
  } catch {
    return null;
  }
}

/**
 * What to ask the agent about a statement, in one call: the signer as a mailbox and as a person, the card's holder,
 * and who let him write for the mailbox.
 * @param {Statement} statement
 * @param {Date} latest moment at which the message can have been signed
 * @param {Uint8Array[]} [ocsps] responses that the directory gave with the sender
 * @returns {UnverifiedCertificate[]}
 */
export function questionsOf({ certificate, chain, signingTime, card, delegation }, latest, ocsps = []) {
  const signer = { certificate: certificate.der, chain, at: moment(signingTime, latest) };
  /** @type {UnverifiedCertificate[]} */
  const questions = [{ ...signer, purpose: 'message-signature' }, { ...signer, purpose: 'card-signature' }];
  if (isReadable(card)) questions.push({ certificate: card.certificate.der, chain: card.chain, at: moment(card.signingTime, latest), purpose: 'card-signature' });
  if (delegation && delegation !== 'refused') {
    const { signer: granter, chain: enclosed, entry } = delegation;
    questions.push({ certificate: granter.der, chain: [...enclosed, ...chain], at: moment(entry.time, latest), purpose: 'card-signature' });
  }
  return ocsps.length ? questions.map((question) => ({ ...question, ocsps })) : questions;
}

/**
 * The answers under the names of the questions.
 * @template T
 * @param {Statement} statement
 * @param {T[]} answers
 * @returns {{mailbox: T, person: T, card: T | undefined, granter: T | undefined}}
 */
export function answersTo({ card }, [mailbox, person, ...more]) {
  return isReadable(card) ? { mailbox, person, card: more[0], granter: more[1] } : { mailbox, person, card: undefined, granter: more[0] };
}

/** @param {Statement['card']} card @returns {card is CardPart} */
export const isReadable = (card) => card !== null && card !== 'unreadable';

/**
 * A signature is judged at the time it claims, never later than the message was seen.
 * @param {Date | null} claimed
 * @param {Date} latest
 * @returns {string} RFC 3339
 */
function moment(claimed, latest) {
  return (claimed && claimed < latest ? claimed : latest).toISOString().replace(/\.\d+Z$/, 'Z');
}
