/**
 * What is checked before a passkey's grant is opened: the log extends what was known and lists the
 * grant, its signers are believed, and the certificates and the binding are those it names.
 * @module
 */
import { parseCertificate } from '../cms/certificate.js';
import { sha256 } from '../cms/digest.js';
import { equal } from '../cms/octets.js';
import { readableCertificates } from '../cms/signed.js';
import { GrantRefused, LogRefused } from './errors.js';
import { decodeBinding } from './formats.js';
import { parseGrant } from './grants.js';
import { lists, verifyChain, verifyLogEntry } from './membership-log.js';
import { checkPath } from './path.js';

/** @typedef {import('./agent.js').SealedMailbox} SealedMailbox */
/** @typedef {import('./membership-log.js').SignedEntry} SignedEntry */
/** @typedef {import('./membership-log.js').LogHead} LogHead */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./genesis.js').MailboxCertificates} MailboxCertificates */
/**
 * @typedef {object} CheckedMailbox
 * @property {import('./grants.js').Grant} grant
 * @property {LogHead} head
 * @property {import('./agent.js').Identity} identity
 * @property {MailboxCertificates} certificates
 */

/**
 * @param {SealedMailbox} sealed
 * @param {{lastHead: (mailboxId: Uint8Array) => Promise<LogHead | null>, anchors: import('./path.js').Anchor[], now: Date}} options
 * @returns {Promise<CheckedMailbox>}
 * @throws {GrantRefused | LogRefused}
 */
export async function checkSealedMailbox(sealed, { lastHead, anchors, now }) {
  const grant = await parseGrant(sealed.grant);
  const { body } = grant;
  const entries = await Promise.all(sealed.logEntries.map(verifyLogEntry));
  const head = verifyChain(entries, await lastHead(body.mailboxId));
  if (!equal(entries[0].entry.mailboxId, body.mailboxId)) throw new LogRefused('fork');
  for (const entry of entries) await checkSigner(entry, body, anchors);
  checkListed(grant, entries);
  if (now < body.notBefore || (body.notAfter && now > body.notAfter)) throw new GrantRefused('not-in-force');
  const certificates = await checkCertificates(body, sealed);
  return { grant, head, certificates, identity: await boundIdentity(body, entries, sealed.bindings) };
}

/** A log is signed by the mailbox's own key, or by cards of health professionals. @param {SignedEntry} signed @param {GrantBody} body @param {import('./path.js').Anchor[]} anchors */
async function checkSigner({ entry, signer, chain }, { signatureSpki }, anchors) {
  if (equal(await sha256(signer.spki), signatureSpki)) return;
  const options = { chain: readableCertificates(chain), anchors, purpose: /** @type {const} */ ('card-signature'), at: entry.time };
  await checkPath(signer, options).catch(() => {
    throw new LogRefused('signature');
  });
}

/** @param {import('./grants.js').Grant} grant @param {SignedEntry[]} entries */
function checkListed({ body, bodyHash }, entries) {
  const found = entries.find(({ entry }) => lists(entry.grants, bodyHash));
  if (!found) throw new GrantRefused('grant-not-listed');
  const { mailboxId, address, seq, prevHash } = found.entry;
  const same = equal(mailboxId, body.mailboxId) && address === body.address && seq === body.logSeq && equal(prevHash, body.prevLogHash);
  if (!same) throw new GrantRefused('mailbox-mismatch');
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

/** Who the log says the mailbox of this epoch belongs to. @param {GrantBody} body @param {SignedEntry[]} entries @param {Uint8Array[]} bindings */
async function boundIdentity(body, entries, bindings) {
  for (const der of bindings) {
    const hash = await sha256(der);
    if (!entries.some(({ entry }) => lists(entry.bindings, hash))) continue;
    const binding = decodeBinding(der);
    const same = equal(binding.encryptionSpki, body.encryptionSpki) && equal(binding.signatureSpki, body.signatureSpki);
    if (binding.epoch === body.epoch && same && equal(binding.mailboxId, body.mailboxId)) return binding.identity;
  }
  throw new GrantRefused('identity-mismatch');
}
