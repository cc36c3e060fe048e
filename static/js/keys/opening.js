/**
 * What is checked before a grant is opened without a bridge: the log extends what was known, its acts are within the rights of
 * who signed them, the grant is one of those it shows, and the certificates are those of its binding.
 * @module
 */
import { parseCertificate } from '../cms/certificate.js';
import { sha256 } from '../cms/digest.js';
import { equal, toHex } from '../cms/octets.js';
import { GrantRefused, LogRefused } from './errors.js';
import { parseGrant } from './grants.js';
import { judgeEntries } from './log-signers.js';
import { verifyChain } from './membership-log.js';
import { replay } from './membership.js';

/** @typedef {import('./agent.js').SealedMailbox} SealedMailbox */
/** @typedef {import('./membership-log.js').LogHead} LogHead */
/** @typedef {import('./members.js').Membership} Membership */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./genesis.js').MailboxCertificates} MailboxCertificates */
/**
 * @typedef {object} CheckedMailbox
 * @property {import('./grants.js').Grant} grant
 * @property {Membership} membership
 * @property {MailboxCertificates} certificates
 */

/**
 * @param {SealedMailbox} sealed
 * @param {{lastHead: (mailboxId: Uint8Array) => Promise<LogHead | null>, anchors: import('./path.js').Anchor[], now: Date}} options
 * @returns {Promise<CheckedMailbox>}
 * @throws {GrantRefused | LogRefused | import('./errors.js').ActRefused}
 */
export async function checkSealedMailbox(sealed, { lastHead, anchors, now }) {
  const grant = await parseGrant(sealed.grant);
  const { body, bodyHash, bodyDer } = grant;
  const membership = await checkMembership({ ...sealed, bodies: [bodyDer, ...(sealed.bodies ?? [])] }, body.mailboxId, { lastHead, anchors });
  const member = membership.members.find(({ digest }) => digest === toHex(bodyHash));
  if (!member) throw new GrantRefused('grant-not-listed');
  if (member.state !== 'active') throw new GrantRefused('not-active');
  if (now < body.notBefore || (body.notAfter && now > body.notAfter)) throw new GrantRefused('not-in-force');
  return { grant, membership, certificates: await checkCertificates(body, sealed) };
}

/**
 * @param {Pick<import('./agent.js').Evidence, 'logEntries' | 'bodies' | 'bindings'>} evidence
 * @param {Uint8Array} mailboxId
 * @param {{lastHead: (mailboxId: Uint8Array) => Promise<LogHead | null>, anchors: import('./path.js').Anchor[]}} options
 * @returns {Promise<Membership>}
 */
export async function checkMembership({ logEntries, bodies, bindings }, mailboxId, { lastHead, anchors }) {
  const entries = await judgeEntries(logEntries, bindings, anchors);
  verifyChain(entries, await lastHead(mailboxId));
  if (!equal(entries[0].entry.mailboxId, mailboxId)) throw new LogRefused('fork');
  if (entries[0].entry.kind !== 'genesis') throw new LogRefused('gap'); // who may extend a log is known from its beginning only
  return replay(entries, bodies, bindings);
}

/** @param {GrantBody} body @param {SealedMailbox} sealed @returns {Promise<MailboxCertificates>} */
async function checkCertificates(body, { encryptionCertificate, signatureCertificate, chain }) {
  const encryption = parseCertificate(encryptionCertificate);
  const signature = parseCertificate(signatureCertificate);
  const expected = [body.encryptionCertificate, body.signatureCertificate, body.encryptionSpki, body.signatureSpki];
  const found = await Promise.all([encryption.der, signature.der, encryption.spki, signature.spki].map(sha256));
  if (!found.every((hash, i) => equal(hash, expected[i]))) throw new GrantRefused('certificate-mismatch');
  return { encryption, signature, chain };
}
