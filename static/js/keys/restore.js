/**
 * After a restored backup a vault takes an older log by the operator's signed statement and the person's word, never by one of both
 * (docs/FORMATS.md, *Restore statement*). The rules are those of a bridge (bridge/cms/restore.py), by the same vectors.
 * @module
 */
import { STRICT_LIMITS } from '../cms/ber.js';
import { sha256 } from '../cms/digest.js';
import { equal, toBase64 } from '../cms/octets.js';
import { PLI_OID } from '../cms/oids.js';
import { parseSigned, readableCertificates, signerCertificate, verifySigner } from '../cms/signed.js';
import { LogRefused, RestoreUnconfirmed } from './errors.js';
import { decodeRestore } from './formats.js';
import { verifyChain } from './membership-log.js';
import { issuerOf } from './path.js';

/** @typedef {import('../cms/certificate.js').Certificate} Certificate */
/** @typedef {import('./formats.js').RestoreStatement} RestoreStatement */
/** @typedef {import('./membership-log.js').ChainLink} ChainLink */
/** @typedef {import('./heads.js').RememberedHead} RememberedHead */

/**
 * The head to go on from, where the log at hand lacks what was seen, everything holds and the person agreed; null where nothing has to
 * be forgotten.
 * @param {{restore?: Uint8Array, restoreAgreed?: string, encryptionCertificate: Certificate, chain: Uint8Array[]}} sealed restoreAgreed: SHA-256 of the statement, base64
 * @param {{mailboxId: Uint8Array, entries: ChainLink[], known: RememberedHead | null, anchors: import('./path.js').Anchor[], now: Date}} facts
 * @returns {Promise<RememberedHead | null>}
 * @throws {LogRefused} restore, rollback, fork, gap
 * @throws {RestoreUnconfirmed}
 */
export async function putBack({ restore, restoreAgreed, encryptionCertificate, chain }, { mailboxId, entries, known, anchors, now }) {
  if (!restore || !known || extendsHead(entries, known)) return null;
  const above = readableCertificates(chain);
  const stated = await verifyRestore(restore, (authority) => isIssuer(authority, encryptionCertificate, { above, anchors, now }));
  const { entry } = checkRestore(stated, { mailboxId, entries, known, now });
  const statement = toBase64(await sha256(restore));
  if (restoreAgreed !== statement) throw new RestoreUnconfirmed({ statement, address: entry.address, seq: stated.seq, restoredAt: stated.time.toISOString(), lastAt: entry.time.toISOString() });
  return { seq: stated.seq, hash: stated.head, time: entry.time, restored: stated.time };
}

/**
 * What an authority of the operator signed.
 * @param {Uint8Array} der @param {(signer: Certificate) => Promise<boolean>} isAuthority
 * @returns {Promise<RestoreStatement>}
 * @throws {LogRefused} restore
 */
export async function verifyRestore(der, isAuthority) {
  try {
    const signed = parseSigned(der, STRICT_LIMITS);
    const [signer, second] = signed.signers;
    const certificate = signerCertificate(signed, signer);
    if (signed.contentType !== PLI_OID.restore || second || !signed.content || !certificate || !(await isAuthority(certificate))) throw new LogRefused('restore');
    const { namesCertificate, signingTime } = await verifySigner(signed, signer, null, certificate);
    const stated = decodeRestore(signed.content);
    if (!namesCertificate || signingTime?.getTime() !== stated.time.getTime()) throw new LogRefused('restore');
    return stated;
  } catch {
    throw new LogRefused('restore');
  }
}

/**
 * Whether a statement speaks of this log, now, and of a loss later than what was seen.
 * @param {RestoreStatement} stated
 * @param {{mailboxId: Uint8Array, entries: ChainLink[], known: Pick<RememberedHead, 'restored' | 'time'>, now: Date}} facts
 * @returns {ChainLink} with which the restored log ends
 * @throws {LogRefused} restore, rollback, fork, gap
 */
export function checkRestore({ mailboxId: named, seq, head, time }, { mailboxId, entries, known, now }) {
  if (!equal(named, mailboxId) || time > now) throw new LogRefused('restore');
  if (known.restored && time <= known.restored) throw new LogRefused('rollback'); // an old statement serves once
  if (known.time && time < known.time) throw new LogRefused('rollback'); // made before what would be forgotten
  verifyChain(entries, { seq, hash: head });
  const last = entries.find(({ entry }) => entry.seq === seq);
  if (!last) throw new LogRefused('gap');
  return last;
}

/** @param {ChainLink[]} entries @param {RememberedHead} known */
function extendsHead(entries, known) {
  try {
    verifyChain(entries, known);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether an authority issued the mailbox's certificate, and an operator whom the page knows vouches for it.
 * @param {Certificate} authority @param {Certificate} certificate
 * @param {{above: Certificate[], anchors: import('./path.js').Anchor[], now: Date}} trust
 */
async function isIssuer(authority, certificate, { above, anchors, now }) {
  const operators = anchors.filter(({ purposes }) => purposes.includes('operator'));
  const issuer = await issuerOf(certificate, { chain: above, anchors: operators, purpose: 'encrypt', at: now });
  return equal(issuer.spki, authority.spki);
}
