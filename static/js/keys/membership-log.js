/**
 * The membership log of a mailbox: signed entries, each holding the hash of the one before
 * (docs/FORMATS.md). Whoever remembers a head accepts only what extends it.
 * @module
 */
import { STRICT_LIMITS } from '../cms/ber.js';
import { sha256 } from '../cms/digest.js';
import { equal, toHex } from '../cms/octets.js';
import { PLI_OID } from '../cms/oids.js';
import { buildSigned, parseSigned, signerCertificate, verifySigner } from '../cms/signed.js';
import { LogRefused } from './errors.js';
import { NO_PREVIOUS, decodeLogEntry, encodeLogEntry } from './formats.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('./formats.js').LogEntry} LogEntry */
/** @typedef {{seq: number, hash: Uint8Array}} LogHead */
/** @typedef {{entry: LogEntry, hash: Uint8Array}} ChainLink */
/** @typedef {{entry: LogEntry, hash: Bytes, signer: Certificate, chain: Bytes[]}} SignedEntry its signature holds; who the signer is, remains to be judged */

/**
 * An entry signed by the mailbox signature key, for a person without a card.
 * @param {LogEntry} entry @param {{certificate: Certificate, sign: (tbs: Uint8Array) => Promise<Bytes>, chain: Uint8Array[]}} signer
 * @returns {Promise<Bytes>} ContentInfo
 */
export function buildLogEntry(entry, { certificate, sign, chain }) {
  return buildSigned({
    content: encodeLogEntry(entry), contentType: PLI_OID.logEntry, certificate, chain, sid: 'subjectKeyIdentifier',
    sign, signedAttributes: { signingTime: entry.time },
  });
}

/** @param {Uint8Array} der @returns {Promise<SignedEntry>} @throws {LogRefused} signature */
export async function verifyLogEntry(der) {
  try {
    const signed = parseSigned(der, STRICT_LIMITS);
    const signer = signerCertificate(signed, signed.signers[0]);
    if (signed.contentType !== PLI_OID.logEntry || signed.signers.length !== 1 || !signed.content || !signer) throw new LogRefused('signature');
    const verified = await verifySigner(signed, signed.signers[0], null, signer);
    const entry = decodeLogEntry(signed.content);
    if (!verified.namesCertificate || verified.signingTime?.getTime() !== entry.time.getTime()) throw new LogRefused('signature');
    return { entry, hash: await sha256(der), signer, chain: signed.certificates };
  } catch {
    throw new LogRefused('signature');
  }
}

/**
 * Checks that `entries` are in order without a hole and extend the head remembered.
 * @param {ChainLink[]} entries from the start, or from any entry up to the one after `last`
 * @param {LogHead | null} last null at first sight
 * @returns {LogHead} the new head
 * @throws {LogRefused} rollback, fork, gap
 */
export function verifyChain(entries, last) {
  if (entries.length === 0) throw new LogRefused(last ? 'rollback' : 'gap');
  checkStart(entries[0], last);
  entries.slice(1).forEach((entry, i) => checkFollows(entries[i], entry));
  const { entry: { seq }, hash } = entries[entries.length - 1];
  if (last) checkExtends(entries, seq, last);
  return { seq, hash };
}

/** @param {ChainLink} first @param {LogHead | null} last */
function checkStart({ entry }, last) {
  const genesis = entry.kind === 'genesis';
  if ((entry.seq === 0) !== genesis || (genesis && !equal(entry.prevHash, NO_PREVIOUS))) throw new LogRefused('fork');
  if (entry.seq > (last ? last.seq + 1 : 0)) throw new LogRefused('gap');
  if (last && entry.seq === last.seq + 1 && !equal(entry.prevHash, last.hash)) throw new LogRefused('fork');
}

/** @param {ChainLink} before @param {ChainLink} after */
function checkFollows(before, { entry }) {
  if (entry.seq > before.entry.seq + 1) throw new LogRefused('gap');
  const next = entry.seq === before.entry.seq + 1 && equal(entry.prevHash, before.hash);
  const sameMailbox = equal(entry.mailboxId, before.entry.mailboxId) && entry.address === before.entry.address;
  if (!next || !sameMailbox || entry.kind === 'genesis') throw new LogRefused('fork');
}

/** @param {ChainLink[]} entries @param {number} seq @param {LogHead} last */
function checkExtends(entries, seq, last) {
  if (seq < last.seq) throw new LogRefused('rollback');
  const known = entries.find(({ entry }) => entry.seq === last.seq);
  if (known && !equal(known.hash, last.hash)) throw new LogRefused('fork');
}

/** Whether an entry lists a hash. @param {Uint8Array[]} hashes @param {Uint8Array} wanted */
export const lists = (hashes, wanted) => hashes.some((hash) => toHex(hash) === toHex(wanted));
